/* The commands of decon: `server`, `detect`, `review`, `compare`, `evals`, `completion`.
 *
 * What:    decon_main runs the command that argv names and returns the exit status. A program whose
 *          name begins with decon-server runs `server` if no command is named.
 * Owner:   argv stays the caller's. Threads: the main thread. Fails: by the exit status, after one
 *          line on standard error.
 */
#ifndef DETECTION_COMMANDS_H
#define DETECTION_COMMANDS_H

int decon_main(int argc, char **argv);

#endif
