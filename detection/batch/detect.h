/* The batch command: `decon detect FILE...`.
 *
 * What:    checks files without HTTP, writes reports and cleaned files, prints the results.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_BATCH_DETECT_H
#define DETECTION_BATCH_DETECT_H

int detect_command(int argc, char **argv);

#endif
