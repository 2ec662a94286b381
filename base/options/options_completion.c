#include "base/options/options_completion.h"

#include "decon/base/buf.h"
#include "base/util.h"

static void print_flag(const char *key, const char *before, FILE *out)
{
    fputs(before, out);
    for (const char *p = key; *p; p++)
        fputc(*p == '_' ? '-' : *p, out);
}

static bool has_flag(const option *row)
{
    return !(row->flags & (OPTION_HIDDEN | OPTION_KEY_ONLY | OPTION_ACCEPTED));
}

static void print_flags(const option_set *set, FILE *out)
{
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        bool on = row->type == OPTION_BOOL && row->fallback && str_equal(row->fallback, "true");
        if (has_flag(row))
            print_flag(row->key, on ? " --no-" : " --", out);
    }
}

/* Flags whose value is one of a few words. */
static void print_choices(const options_command *command, FILE *out)
{
    for (size_t i = 0; i < command->options->row_count; i++) {
        const option *row = &command->options->rows[i];
        if (row->type != OPTION_ENUM || !has_flag(row))
            continue;
        fprintf(out, "    %s:", command->name);
        print_flag(row->key, "--", out);
        fputs(") words='", out);
        for (size_t k = 0; row->choices[k]; k++)
            fprintf(out, "%s%s", k > 0 ? " " : "", row->choices[k]);
        fputs("' ;;\n", out);
    }
}

static void print_function_name(const char *program, FILE *out)
{
    fputc('_', out);
    for (const char *p = program; *p; p++)
        fputc(*p == '-' || *p == '.' ? '_' : *p, out);
}

/* Where flags may stand without a command, the first word is a command or the start of those. */
static void print_first_word(const options_command *commands, size_t count, FILE *out)
{
    bool alone = commands[0].name[0] == '\0';
    fputs("    local names='", out);
    for (size_t i = alone; i < count; i++)
        fprintf(out, "%s%s", i > (size_t)alone ? " " : "", commands[i].name);
    fputs("'\n", out);
    if (alone)
        fputs(
            "    [[ \" $names \" == *\" $command \"* ]] && [ \"$COMP_CWORD\" != 1 ] || command=\n",
            out);
    if (!alone) /* flags may stand before the command */
        fputs("    local at\n"
              "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
              "        [[ \" $names \" == *\" ${COMP_WORDS[at]} \"* ]] && break\n"
              "    done\n"
              "    command=${COMP_WORDS[at]}\n",
              out);
    fprintf(out,
            "    if [ \"%s\" = \"$COMP_CWORD\" ]%s; then\n"
            "        COMPREPLY=($(compgen -W \"%s$names\" -- \"$word\"))\n"
            "        return\n"
            "    fi\n",
            alone ? "1" : "$at", alone ? " && [[ $word != -* ]]" : "",
            alone ? "" : "help --help --version ");
}

static void print_words(const options_command *commands, size_t count, FILE *out)
{
    fputs("    case $command:$before in\n", out);
    for (size_t i = 0; i < count; i++)
        print_choices(&commands[i], out);
    fputs("    esac\n"
          "    if [ -z \"$words\" ] && [[ $word == -* ]]; then\n"
          "        case $command in\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "        '%s') words='", commands[i].name);
        print_flags(commands[i].options, out);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n"
          "    fi\n",
          out);
}

void options_bash_completion(const char *program, const options_command *commands, size_t count,
                             FILE *out)
{
    fprintf(out, "# bash completion of %s; made by `%s completion`.\n", program, program);
    print_function_name(program, out);
    fputs("() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local command=${COMP_WORDS[1]} words=\n"
          "    COMPREPLY=()\n",
          out);
    print_first_word(commands, count, out);
    print_words(commands, count, out);
    fputs("    if [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F ",
          out);
    print_function_name(program, out);
    fprintf(out, " %s\n", program);
}
