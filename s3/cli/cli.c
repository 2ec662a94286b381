#include "s3/cli/cli.h"

#include <signal.h>

#include "base/log.h"
#include "s3/cli/interrupted.h"
#include "s3/cli/jobs.h"
#include "s3/cli/print.h"
#include "s3/cli/progress.h"

#define SETTLE_POLL_MS   20
#define SETTLE_SIGNAL_MS 5000
#define SETTLE_MS        30000

static void usage(FILE *out)
{
    fputs("Usage: decon-s3 COMMAND [OPTION]... [URI]...\n\n"
          "A client of Amazon S3 and of stores that speak like it, and a small one of its own.\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < cli_command_count; i++)
        fprintf(out, "  %-13s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs(
        "\nCredentials come from the environment, a web identity, the profile (keys, roles, SSO,\n"
        "credential_process), the container's agent or the instance's role: decon-s3 whoami.\n"
        "\nExamples:\n"
        "  decon-s3 ls s3://my-bucket/data/\n"
        "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
        "  decon-s3 sync --dry-run ./results s3://my-bucket/results\n"
        "  decon-s3 cp --help\n"
        "\nExit status: 0 all went well; 1 an error was printed; 2 wrong usage; 128 + N ended by\n"
        "signal N.\n",
        out);
}

/* --- start and end --- */

static void on_signal(void *ctx, int signal_number, unsigned count)
{
    UNUSED(count);
    cli_session *s = ctx;
    s->signal_number = signal_number;
    s->wake = true;
}

static const char *environment(const char *name)
{
    return getenv(name);
}

static bool open_client(cli *c, err *e)
{
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of fwrite's */
    cli_session *s = c->session;
    bool ok = connection_open(c->config, &s->loop, &s->pool, &s->client, e);
    c->loop = c->session->loop;
    c->client = c->session->client;
    return ok && loop_watch_signals(c->loop, on_signal, c->session, e);
}

static bool begin_session(cli *c, err *e)
{
    const cli_config *o = c->config;
    if (!open_client(c, e))
        return false;
    c->session->jobs->window = connection_workers(o);
    c->session->progress =
        progress_new(loop_transport(c->loop), o->progress && !o->quiet && !o->json);
    return true;
}

static void on_settle_poll(void *ctx)
{
    *(bool *)ctx = true;
}

/* Multipart uploads that failed, or that a signal ended, are aborted in the background: that is waited
 * for, unless a (second) signal comes. */
static void settle(cli_session *s)
{
    transport *t = loop_transport(s->loop);
    jobs_cancel(s);
    int limit_ms = s->signal_number ? SETTLE_SIGNAL_MS : SETTLE_MS;
    s->wake = false;
    for (int i = 0; i < limit_ms / SETTLE_POLL_MS && !s3_client_idle(s->client) && !s->wake; i++) {
        bool fired = false;
        timer *pending = timer_start(t, SETTLE_POLL_MS, on_settle_poll, &fired);
        while (!fired && !s->wake)
            loop_run(s->loop, s->wake ? &s->wake : &fired);
        if (!fired)
            timer_stop(t, pending);
    }
    if (!s3_client_idle(s->client))
        log_warn(
            "a multipart upload may not be aborted yet: decon-s3 abort-uploads removes its parts");
}

static void end_session(cli_session *s)
{
    if (s->client)
        settle(s);
    progress_free(s->progress);
    s3_client_free(s->client);
    loop_free(s->loop);
    pool_free(s->pool);
}

/* What a command began goes on to its end, even where the command itself had to stop. */
static bool run_to_the_end(cli *c, err *e)
{
    bool ok = c->command->run(c, e);
    err last = ERR_INIT;
    if (!jobs_drain(c, &last) && ok)
        *e = last;
    return print_flush(ok ? e : &last) && ok && !err_is_set(&last);
}

/* Nobody waits for words where a pipe was closed. */
static void tell_interruption(cli *c)
{
    jobs_cancel(c->session);
    if (c->session->signal_number != SIGPIPE)
        interrupted_print(c);
}

static int run_command(cli *c)
{
    err e = ERR_INIT;
    jobs all = {.window = 1};
    cli_session session = {.jobs = &all};
    c->session = &session;
    bool ok = c->command->needs_client ? begin_session(c, &e) && run_to_the_end(c, &e)
                                       : c->command->run(c, &e);
    cli_print_alike(c);
    if (!ok && !session.signal_number)
        cli_print_error(c, &e);
    int signal_number = session.signal_number;
    if (signal_number && session.progress)
        tell_interruption(c);
    end_session(&session);
    c->session = NULL;
    if (signal_number)
        return 128 + signal_number;
    if (!ok)
        return err_exit_status(&e);
    return c->errors > 0 ? 1 : 0;
}

bool cli_parse(const cli_command *command, int argc, char **argv, cli_config *config, cli *c,
               err *e)
{
    const option_set *set = &command->options;
    AUTO_FREE option_origin *origins = xcalloc(set->row_count, sizeof *origins);
    int first = 0;
    if (!options_defaults(set, config, e) ||
        !options_environment(set, environment, config, origins, e) ||
        !options_arguments(set, argc, argv, config, origins, &first, e))
        return false;
    c->command = command;
    c->config = config;
    c->word_count = argc - first;
    c->words = argv + first;
    c->flag_count = first - 1;
    c->flags = argv + 1;
    if (config->help)
        return true;
    if (!options_check(set, config, origins, e))
        return false;
    if (c->word_count < command->words_min || c->word_count > command->words_max)
        return err_set(e, ERR_USAGE, "usage: %s; decon-s3 %s --help tells more", set->usage,
                       command->name);
    return true;
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

static int run(const cli_command *command, int argc, char **argv)
{
    err e = ERR_INIT;
    cli_config config = {0};
    cli c = {0};
    int status = 2;
    if (!cli_parse(command, argc, argv, &config, &c, &e)) {
        config.json = has_word(argc, argv, "--json");
        c.command = command;
        c.config = &config;
        cli_print_error(&c, &e);
    } else if (config.help) {
        status = print_help(command);
    } else {
        log_setup(
            &(log_options){.level = (log_level)config.log_level, .json = config.json, .fd = 2});
        status = run_command(&c);
    }
    options_deinit(&command->options, &config);
    return status;
}

static int version(void)
{
    puts("decon-s3 " DECON_VERSION);
    return fflush(stdout) == 0 ? 0 : 1;
}

int cli_main(int argc, char **argv)
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
    const cli_command *command = cli_find_command(help ? argv[2] : name, &e);
    if (command)
        return help ? print_help(command) : run(command, argc - 1, argv + 1);
    cli_print_error(&c, &e);
    return 2;
}
