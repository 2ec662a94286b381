/* The list of commands; each one's table is at the end of its file. */
#include "decon/base/buf.h"
#include "base/util.h"
#include "s3/cli/commands/commands.h"

#include "s3/cli/commands/option_rows_copy.h"

const char *const cli_addressing_styles[] = {"auto", "path", "virtual", NULL};
const char *const cli_verify_levels[] = {"none", "stream", "jsonl", NULL};
const char *const cli_log_levels[] = {"error", "warn", "info", "debug", NULL};

extern const cli_command cli_command_ls, cli_command_cp, cli_command_mv, cli_command_sync,
    cli_command_cat, cli_command_stat, cli_command_du, cli_command_rm, cli_command_mb,
    cli_command_rb, cli_command_presign, cli_command_run, cli_command_abort_uploads,
    cli_command_serve, cli_command_completion, cli_command_whoami, cli_command_tag,
    cli_command_versioning;

const cli_command *const cli_commands[] = {
    &cli_command_ls,      &cli_command_cp,
    &cli_command_mv,      &cli_command_sync,
    &cli_command_cat,     &cli_command_stat,
    &cli_command_tag,     &cli_command_du,
    &cli_command_rm,      &cli_command_mb,
    &cli_command_rb,      &cli_command_versioning,
    &cli_command_presign, &cli_command_abort_uploads,
    &cli_command_run,     &cli_command_serve,
    &cli_command_whoami,  &cli_command_completion,
};
const size_t cli_command_count = ARRAY_LEN(cli_commands);

/* Names of commands in other tools. */
static const struct {
    const char *name, *command;
} other_names[] = {
    {"copy", "cp"},
    {"get", "cp"},
    {"put", "cp"},
    {"pipe", "cp"},
    {"upload", "cp"},
    {"move", "mv"},
    {"rename", "mv"},
    {"list", "ls"},
    {"dir", "ls"},
    {"delete", "rm"},
    {"del", "rm"},
    {"remove", "rm"},
    {"info", "stat"},
    {"size", "du"},
    {"mkdir", "mb"},
    {"rmdir", "rb"},
    {"batch", "run"},
    {"mirror", "sync"},
    {"rsync", "sync"},
    {"url", "presign"},
    {"id", "whoami"},
    {"credentials", "whoami"},
    {"tags", "tag"},
    {"tagging", "tag"},
    {"bucket-version", "versioning"},
};

static const char *nearest_command(const char *name)
{
    const char *names[32];
    for (size_t i = 0; i < ARRAY_LEN(other_names); i++)
        if (str_equal(other_names[i].name, name))
            return other_names[i].command;
    for (size_t i = 0; i < cli_command_count; i++)
        names[i] = cli_commands[i]->name;
    return nearest_name(name, names, cli_command_count);
}

const cli_command *cli_find_command(const char *name, err *e)
{
    if (str_equal(name, "head"))
        name = "stat"; /* of s5cmd and the AWS API */
    for (size_t i = 0; i < cli_command_count; i++)
        if (str_equal(cli_commands[i]->name, name))
            return cli_commands[i];
    const char *nearest = nearest_command(name);
    err_set(e, ERR_USAGE, "'%s' is not a command%s%s%s; decon-s3 --help lists them", name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

/* The number of words of the flag at argv[at] in any command's table; 0 if it is unknown. */
static int flag_words(int argc, char **argv, int at)
{
    int words = 0;
    for (size_t i = 0; i < cli_command_count; i++)
        words = MAX(words, options_flag_arguments(&cli_commands[i]->options, argc, argv, at));
    return words;
}

bool cli_command_first(int argc, char **argv, err *e)
{
    int at = 0;
    while (at < argc && argv[at][0] == '-') {
        int words = flag_words(argc, argv, at);
        if (words == 0)
            return err_set(
                e, ERR_USAGE,
                "%s: unknown flag, before any command; decon-s3 --help lists the commands",
                argv[at]);
        at += words;
    }
    if (at >= argc)
        return err_set(e, ERR_USAGE, "the command is missing; decon-s3 --help lists them");
    char *command = argv[at];
    memmove(argv + 1, argv, (size_t)at * sizeof *argv);
    argv[0] = command;
    return true;
}

/* The commands that have the flag at argv[at]; "" for none. */
static void append_owners(int argc, char **argv, int at, buf *out)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (options_flag_arguments(&cli_commands[i]->options, argc, argv, at) > 0)
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "", cli_commands[i]->name);
}

void cli_explain_flag(const cli_command *command, int argc, char **argv, err *e)
{
    AUTO(buf) owners = BUF(512);
    for (int at = 1; at < argc && !str_equal(argv[at], "--"); at++) {
        int words = options_flag_arguments(&command->options, argc, argv, at);
        if (words > 0 || argv[at][0] != '-' || !argv[at][1]) {
            at += MAX(words - 1, 0);
            continue;
        }
        append_owners(argc, argv, at, &owners);
        if (owners.len == 0)
            return;
        int len = (int)strcspn(argv[at], "=");
        bool versions = str_starts_with(argv[at], "--all-versions");
        *e = (err)ERR_INIT;
        err_set(e, ERR_USAGE, "%.*s: is a flag of %s, not of %s%s", len, argv[at], buf_str(&owners),
                command->name, versions ? "; ls --all-versions shows ids for --version-id" : "");
        return;
    }
}
