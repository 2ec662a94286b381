/* What s5cmd requires of a command's arguments.
 *
 * What:    one function per kind of command, for s5cmd_row.prepare.
 * Owner:   words are malloc'ed, and may be replaced; the rest is borrowed.
 * Threads: any.
 * Fails:   ERR_USAGE, in s5cmd's words where it says the same.
 */
#ifndef S3_CLI_S5CMD_ARGUMENTS_H
#define S3_CLI_S5CMD_ARGUMENTS_H

#include "s3/cli/commands/command_line.h"

bool s5cmd_prepare_copy(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_sync(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_pipe(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_remove(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_cat(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_bucket(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_one(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_sum(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_list(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;
bool s5cmd_prepare_run(char **words, int count, bool raw, line_words *out, err *e) MUST_USE;

#endif
