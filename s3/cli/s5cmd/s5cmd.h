/* The command line of s5cmd, for scripts that were written for it.
 *
 * What:    s5cmd_main is decon-s3 reached by the name `s5cmd`: global flags before the command, its
 *          commands and flags, its output, and its exit statuses 0 and 1.
 * Owner:   arguments are borrowed.
 * Threads: the main thread.
 * Fails:   prints the error and returns 1.
 */
#ifndef S3_CLI_S5CMD_S5CMD_H
#define S3_CLI_S5CMD_S5CMD_H

int s5cmd_main(int argc, char **argv);

#endif
