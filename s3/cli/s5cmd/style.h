/* Results and errors in s5cmd's words.
 *
 * What:    "cp SOURCE TARGET" on standard output and `ERROR "cp SOURCE TARGET": cause` on standard
 *          error; with --json one object per line.
 * Owner:   everything is borrowed; s5cmd_typed is malloc'ed.
 * Threads: the main thread.
 * Fails:   as s3/cli/session/print.h.
 */
#ifndef S3_CLI_S5CMD_STYLE_H
#define S3_CLI_S5CMD_STYLE_H

#include "s3/cli/session/context.h"

#define S5CMD_TIME_SIZE 32

extern const cli_style s5cmd_style;

/* An error before any command: `typed` may be NULL. */
void s5cmd_print_usage_error(bool json, const char *typed, const err *error);
/* The words, separated by blanks. */
char *s5cmd_typed(char **words, int count) MUST_USE;
/* "2026/11/23 03:00:01", or for JSON "2026-11-23T03:00:01Z". */
void s5cmd_time(int64_t time_s, bool json, char out[S5CMD_TIME_SIZE]);
/* "1.5K", as s5cmd; or the number. */
void s5cmd_size(uint64_t bytes, bool human_readable, char *out, size_t out_size);

#endif
