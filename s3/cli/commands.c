/* The list of commands; each one's table stands at the end of its file. */
#include "s3/cli/rows.h"

const char *const cli_addressing_styles[] = {"auto", "path", "virtual", NULL};
const char *const cli_log_levels[] = {"error", "warn", "info", "debug", NULL};

const cli_command *const cli_commands[] = {
    &cli_command_ls, &cli_command_cp, &cli_command_cat,   &cli_command_stat,
    &cli_command_rm, &cli_command_mb, &cli_command_serve,
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);
