/* Prints the bash completion script, generated from the option tables. */
#include "base/util.h"
#include "base/options/options_completion.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/commands.h"
#include "s3/cli/commands/option_rows.h"

static void print_script(void)
{
    AUTO_FREE options_command *commands = xcalloc(cli_command_count, sizeof *commands);
    for (size_t i = 0; i < cli_command_count; i++)
        commands[i] =
            (options_command){.name = cli_commands[i]->name, .options = &cli_commands[i]->options};
    options_bash_completion("decon-s3", commands, cli_command_count, stdout);
}

static bool run(cli *c, err *e)
{
    if (c->word_count > 0 && !str_equal(c->words[0], "bash"))
        return err_set(e, ERR_USAGE, "%s: completion is for bash only", c->words[0]);
    print_script();
    return print_flush(e);
}

static const option rows[] = {ROWS_OF_ALL};

const cli_command cli_command_completion = {
    .name = "completion",
    .summary = "print the completion script for bash",
    .options = SET(rows, "completion", "decon-s3 completion [bash]",
                   "Prints the script that completes commands and flags; `make install` installs "
                   "it.",
                   "Example:\n  source <(decon-s3 completion)\n"),
    .words_min = 0,
    .words_max = 1,
    .run = run,
};
