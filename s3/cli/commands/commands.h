/* The table of commands. */
#ifndef S3_CLI_COMMANDS_COMMANDS_H
#define S3_CLI_COMMANDS_COMMANDS_H

#include "base/util.h"
#include "s3/cli/session/context.h"

/* Each command's table is in its own file, s3/cli/commands/cmd_*.c. */
extern const cli_command *const cli_commands[];
extern const size_t cli_command_count;
/* Flags may precede the command, as in s5cmd and the AWS CLI: moves the command to argv[0], before
 * them. False if there is no command, or a flag that no command has. */
bool cli_command_first(int argc, char **argv, err *e) MUST_USE;
/* After a failed cli_parse: if the cause is a flag that other commands have, *e names them. */
void cli_explain_flag(const cli_command *command, int argc, char **argv, err *e);
const cli_command *cli_find_command(const char *name, err *e) MUST_USE;

#endif
