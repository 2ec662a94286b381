/* Prints the completion script of a shell, generated from the option tables. */
#include "base/util.h"
#include "base/options/options_completion.h"
#include "s3/cli/session/print.h"
#include "s3/cli/commands/commands.h"
#include "s3/cli/commands/option_rows.h"

#define PROGRAM "decon-s3"

typedef void (*print_script)(const char *program, const options_command *commands, size_t count,
                             FILE *out);

static const struct {
    const char *name;
    print_script print;
} shells[] = {
    {"bash", options_bash_completion},
    {"zsh", options_zsh_completion},
    {"fish", options_fish_completion},
};

static print_script find_shell(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (str_equal(shells[i].name, name))
            return shells[i].print;
    return NULL;
}

static bool run(cli *c, err *e)
{
    const char *shell = c->word_count > 0 ? c->words[0] : "bash";
    print_script print = find_shell(shell);
    if (!print)
        return err_set(e, ERR_USAGE, "%s: completion is for bash, zsh and fish", shell);
    AUTO_FREE options_command *commands = xcalloc(cli_command_count, sizeof *commands);
    for (size_t i = 0; i < cli_command_count; i++)
        commands[i] = (options_command){.name = cli_commands[i]->name,
                                        .options = &cli_commands[i]->options,
                                        .summary = cli_commands[i]->summary};
    print(PROGRAM, commands, cli_command_count, stdout);
    return print_flush(e);
}

static const option rows[] = {ROWS_OF_ALL};

const cli_command cli_command_completion = {
    .name = "completion",
    .summary = "print the completion script for bash, zsh or fish",
    .options = SET(rows, "completion", "decon-s3 completion [bash|zsh|fish]",
                   "Prints the script that completes commands and flags; `make install` installs "
                   "all three.",
                   "Examples:\n  source <(decon-s3 completion)\n"
                   "  source <(decon-s3 completion zsh)\n"
                   "  decon-s3 completion fish | source\n"),
    .words_min = 0,
    .words_max = 1,
    .run = run,
};
