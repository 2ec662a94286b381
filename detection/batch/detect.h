/* The batch command: `decon detect FILE...`.
 *
 * What:    looks through files without HTTP, writes reports and cleaned files, tells what was found.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_BATCH_DETECT_H
#define DETECTION_BATCH_DETECT_H

int detect_command(int argc, char **argv);

#endif
