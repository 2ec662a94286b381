/* The commands of decon-server: `serve` (the default), `detect`, `review`, `completion`.
 *
 * What:    server_main runs the command that argv names and returns the exit status.
 * Owner:   argv stays the caller's. Threads: the main thread. Fails: by the exit status, after one
 *          line on standard error.
 */
#ifndef DETECTION_COMMANDS_H
#define DETECTION_COMMANDS_H

int server_main(int argc, char **argv);

#endif
