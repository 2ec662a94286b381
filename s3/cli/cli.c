#include "s3/cli/cli.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/commands/commands.h"
#include "s3/cli/session/print.h"

static void usage(FILE *out)
{
    fputs("Usage: decon-s3 [OPTION]... COMMAND [OPTION]... [URI]...\n\n"
          "A client for Amazon S3 and compatible stores, with a small S3 server for trials.\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < cli_command_count; i++)
        fprintf(out, "  %-13s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs(
        "\nCredentials come from the environment, a web identity, the profile (keys, roles, SSO,\n"
        "credential_process), the container's agent or the instance's role; see decon-s3 whoami.\n"
        "\nExamples:\n"
        "  decon-s3 ls s3://my-bucket/data/\n"
        "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
        "  decon-s3 sync --dry-run ./results s3://my-bucket/results\n"
        "  decon-s3 cp --help\n"
        "\nExit status: 0 success; 1 an error was printed; 2 wrong usage; 128 + N ended by\n"
        "signal N.\n",
        out);
}

static int print_help(const cli_command *command)
{
    cli c = {0};
    err e = ERR_INIT;
    if (command)
        options_help(&command->options, stdout);
    else
        usage(stdout);
    if (print_flush(&e))
        return 0;
    cli_print_error(&c, &e);
    return 1;
}

static bool has_word(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++)
        if (str_equal(argv[i], word))
            return true;
    return false;
}

static int run(const cli_command *command, int argc, char **argv, const cli_verifier *verifier)
{
    err e = ERR_INIT;
    cli_config config = {0};
    cli c = {.verifier = verifier};
    int status = 2;
    if (!cli_parse(command, argc, argv, &config, &c, &e)) {
        cli_explain_flag(command, argc, argv, &e);
        config.json = has_word(argc, argv, "--json");
        c.command = command;
        c.config = &config;
        cli_print_error(&c, &e);
    } else if (config.help) {
        status = print_help(command);
    } else {
        log_setup(&(log_options){
            .level = (log_level)config.log_level, .json = config.json, .fd = 2, .queued = true});
        status = cli_run_command(&c);
    }
    options_deinit(&command->options, &config);
    return status;
}

static int version(void)
{
    puts("decon-s3 " DECON_VERSION);
    return fflush(stdout) == 0 ? 0 : 1;
}

int cli_main(int argc, char **argv, const cli_verifier *verifier)
{
    err e = ERR_INIT;
    cli c = {0};
    const char *name = argc > 1 ? argv[1] : NULL;
    bool help = str_equal(name, "help");
    if (!name) {
        usage(stderr);
        return 2;
    }
    if (str_equal(name, "--help") || str_equal(name, "-h") || (help && argc == 2))
        return print_help(NULL);
    if (str_equal(name, "--version"))
        return version();
    if (name[0] == '-' && !cli_command_first(argc - 1, argv + 1, &e)) {
        bool wants_help = has_word(argc, argv, "--help") || has_word(argc, argv, "-h");
        if (wants_help)
            return print_help(NULL);
        cli_print_error(&c, &e);
        return 2;
    }
    const cli_command *command = cli_find_command(help ? argv[2] : argv[1], &e);
    if (command)
        return help ? print_help(command) : run(command, argc - 1, argv + 1, verifier);
    cli_print_error(&c, &e);
    return 2;
}
