/* Commands of s5cmd as commands of decon-s3.
 *
 * What:    a table of the commands, their flags and checks. s5cmd_translate replaces the words of a
 *          command by those of the command that does it here.
 * Owner:   line_words are the caller's; commands are static.
 * Threads: any.
 * Fails:   ERR_USAGE: unknown or refused command or flag, and arguments that s5cmd refuses too.
 */
#ifndef S3_CLI_S5CMD_TRANSLATE_H
#define S3_CLI_S5CMD_TRANSLATE_H

#include "s3/cli/commands/command_line.h"
#include "s3/cli/session/context.h"
#include "s3/cli/s5cmd/flags.h"

typedef struct s5cmd_row {
    const char *name, *summary;
    const char *usage; /* arguments, for help; NULL: refused, with `summary` as advice */
    const char *ours;  /* the command of decon-s3; NULL: `command` */
    const cli_command *command;
    s5cmd_flags flags;
    /* Checks the arguments; may replace them; may add flags of ours to `out`, and
     * replace its first word. */
    bool (*prepare)(char **arguments, int count, bool raw, line_words *out, err *e);
} s5cmd_row;

extern const s5cmd_row s5cmd_rows[];
extern const size_t s5cmd_row_count;

const s5cmd_row *s5cmd_find(const char *name); /* NULL: none */

/* NULL on failure. */
const cli_command *s5cmd_translate(line_words *words, err *e) MUST_USE;

/* Commands with their own output format. */
extern const cli_command s5cmd_command_ls, s5cmd_command_du, s5cmd_command_head,
    s5cmd_command_bucket_version;

#endif
