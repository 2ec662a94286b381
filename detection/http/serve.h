/* The server itself: `decon server`, `decon-server`.
 *
 * What:    reads the options, builds the index, accepts jobs over HTTP until a signal arrives.
 * Owner:   nothing outlives the call. Threads: the main one. Fails: by the exit status, with a line
 *          on standard error.
 */
#ifndef DETECTION_HTTP_SERVE_H
#define DETECTION_HTTP_SERVE_H

int serve_command(int argc, char **argv);

#endif
