/* The completion script for bash, made from the tables of options. */
#include "s3/cli/print.h"
#include "s3/cli/rows.h"

static void print_flag(const char *key, const char *before)
{
    fputs(before, stdout);
    for (const char *p = key; *p; p++)
        putchar(*p == '_' ? '-' : *p);
}

static void print_flags(const option_set *set)
{
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        bool on = row->type == OPTION_BOOL && row->fallback && str_equal(row->fallback, "true");
        if (!(row->flags & (OPTION_HIDDEN | OPTION_KEY_ONLY)))
            print_flag(row->key, on ? " --no-" : " --");
    }
}

/* Flags whose value is one of a few words. */
static void print_choices(const cli_command *command)
{
    for (size_t i = 0; i < command->options.row_count; i++) {
        const option *row = &command->options.rows[i];
        if (row->type != OPTION_ENUM)
            continue;
        printf("    %s:", command->name);
        print_flag(row->key, "--");
        fputs(") words='", stdout);
        for (size_t k = 0; row->choices[k]; k++)
            printf("%s%s", k > 0 ? " " : "", row->choices[k]);
        fputs("' ;;\n", stdout);
    }
}

static void print_script(void)
{
    fputs("# bash completion of decon-s3; made by `decon-s3 completion`.\n"
          "_decon_s3() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} words=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
          "        words='help --help --version",
          stdout);
    for (size_t i = 0; i < cli_command_count; i++)
        printf(" %s", cli_commands[i]->name);
    fputs("'\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    case $command:$before in\n",
          stdout);
    for (size_t i = 0; i < cli_command_count; i++)
        print_choices(cli_commands[i]);
    fputs("    esac\n"
          "    if [ -z \"$words\" ] && [[ $word == -* ]]; then\n"
          "        case $command in\n",
          stdout);
    for (size_t i = 0; i < cli_command_count; i++) {
        printf("        %s) words='", cli_commands[i]->name);
        print_flags(&cli_commands[i]->options);
        fputs("' ;;\n", stdout);
    }
    fputs("        esac\n"
          "    fi\n"
          "    if [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _decon_s3 decon-s3\n",
          stdout);
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
