#include "s3/cli/cli.h"

#include <signal.h>

#include "base/fsutil.h"
#include "base/log.h"

#define SETTLE_POLL_MS 20

static void usage(FILE *out)
{
    fputs("Usage: decon-s3 COMMAND [OPTION]... [URI]...\n\n"
          "A client of Amazon S3 and of stores that speak like it, and a small one of its own.\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < cli_command_count; i++)
        fprintf(out, "  %-7s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs(
        "\nCredentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from\n"
        "~/.aws/credentials (AWS_PROFILE), or from the instance's role.\n"
        "\nExamples:\n"
        "  decon-s3 ls s3://my-bucket/data/\n"
        "  decon-s3 cp train.jsonl.gz s3://my-bucket/data/\n"
        "  decon-s3 cp --help\n"
        "\nExit status: 0 all went well; 1 an error was printed; 2 wrong usage; 128 + N ended by\n"
        "signal N.\n",
        out);
}

static const cli_command *find_command(const char *name, err *e)
{
    const char *names[16];
    for (size_t i = 0; i < cli_command_count; i++) {
        names[i] = cli_commands[i]->name;
        if (str_equal(names[i], name))
            return cli_commands[i];
    }
    const char *nearest = nearest_name(name, names, cli_command_count);
    err_set(e, ERR_USAGE, "'%s' is no command%s%s%s; decon-s3 --help lists them", name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

void cli_print_error(cli *c, const err *error)
{
    c->errors++;
    if (c->config && c->config->json) {
        const print_member members[] = {
            {.name = "error", .text = error->message},
            {.name = "code", .text = err_code_name(error->code)},
            {.name = "http_status",
             .number = (uint64_t)error->http_status,
             .absent = error->http_status == 0},
            {.name = "s3_code", .text = error->s3_code, .absent = !error->s3_code[0]},
            {.name = "request_id", .text = error->request_id, .absent = !error->request_id[0]},
        };
        fflush(stdout);
        print_json(members, ARRAY_LEN(members), stderr);
        return;
    }
    fflush(stdout);
    fprintf(stderr, "decon-s3: %s\n", error->message);
}

/* --- one operation at a time --- */

void cli_finish(cli_call *call, const err *error)
{
    if (error)
        call->error = *error;
    call->c->done = true;
}

void cli_on_done(void *ctx, const err *error)
{
    cli_finish(ctx, error);
}

bool cli_await(cli_call *call, s3_op *op, err *e)
{
    cli *c = call->c;
    bool finished = c->done; /* never, while operations end from the loop only */
    c->done = false;
    if (!finished && !c->signal_number)
        loop_run(c->loop, &c->done);
    if (c->signal_number) {
        s3_op_cancel(op);
        return err_set(e, ERR_CANCELLED, "interrupted by signal %d", c->signal_number);
    }
    c->done = false;
    if (err_is_set(&call->error))
        *e = call->error;
    return !err_is_set(&call->error);
}

/* --- start and end --- */

static void on_signal(void *ctx, int signal_number, unsigned count)
{
    UNUSED(count);
    cli *c = ctx;
    c->signal_number = signal_number;
    c->done = true;
}

static const char *environment(const char *name)
{
    return getenv(name);
}

static bool open_client(cli *c, err *e)
{
    const cli_config *o = c->config;
    fs_raise_file_limit();
    loop_options net = {.max_connections = (unsigned)o->workers + 8,
                        .verify_tls = true,
                        .ca_bundle = getenv("AWS_CA_BUNDLE")};
    s3_config s3 = {.endpoint = o->endpoint_url,
                    .region = o->region,
                    .profile = o->profile,
                    .addressing = (s3_addressing)o->addressing_style,
                    .no_sign_request = o->no_sign_request,
                    .max_in_flight = (unsigned)o->workers,
                    .part_size_bytes = o->part_size,
                    .getenv_fn = environment};
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of fwrite's */
    c->loop = loop_new(&net, e);
    if (!c->loop || !loop_watch_signals(c->loop, on_signal, c, e))
        return false;
    c->client = s3_client_new(loop_transport(c->loop), &s3, e);
    return c->client != NULL;
}

static void on_settle_poll(void *ctx)
{
    *(bool *)ctx = true;
}

/* After a signal multipart uploads are aborted in the background: that is waited for, unless a
 * second signal comes. */
static void settle(cli *c)
{
    c->done = false;
    for (int i = 0; i < 5000 / SETTLE_POLL_MS && !s3_client_idle(c->client) && !c->done; i++) {
        bool fired = false;
        transport *t = loop_transport(c->loop);
        timer *pending = timer_start(t, SETTLE_POLL_MS, on_settle_poll, &fired);
        while (!fired && !c->done)
            loop_run(c->loop, c->done ? &c->done : &fired);
        if (!fired)
            timer_stop(t, pending);
    }
}

static int run_command(cli *c, const cli_command *command)
{
    err e = ERR_INIT;
    bool ok = (!command->needs_client || open_client(c, &e)) && command->run(c, &e);
    if (!ok && !c->signal_number)
        cli_print_error(c, &e);
    if (c->signal_number && c->client)
        settle(c);
    s3_client_free(c->client);
    loop_free(c->loop);
    if (c->signal_number)
        return 128 + c->signal_number;
    if (!ok)
        return err_exit_status(&e);
    return c->errors > 0 ? 1 : 0;
}

static bool parse(const cli_command *command, int argc, char **argv, cli_config *config, int *first,
                  err *e)
{
    AUTO_FREE option_origin *origins = xcalloc(command->options.row_count, sizeof *origins);
    if (!options_defaults(&command->options, config, e) ||
        !options_environment(&command->options, environment, config, origins, e) ||
        !options_arguments(&command->options, argc, argv, config, origins, first, e))
        return false;
    if (config->help)
        return true;
    if (!options_check(&command->options, config, origins, e))
        return false;
    int words = argc - *first;
    if (words < command->words_min || words > command->words_max)
        return err_set(e, ERR_USAGE, "usage: %s; decon-s3 %s --help tells more",
                       command->options.usage, command->name);
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

static int usage_error(const err *e)
{
    cli c = {0};
    cli_print_error(&c, e);
    return 2;
}

int cli_main(int argc, char **argv)
{
    err e = ERR_INIT;
    cli_config config = {0};
    const char *name = argc > 1 ? argv[1] : NULL;
    if (str_equal(name, "--help") || str_equal(name, "-h") || str_equal(name, "help"))
        return print_help(NULL);
    if (str_equal(name, "--version")) {
        puts("decon-s3 " DECON_VERSION);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (!name) {
        usage(stderr);
        return 2;
    }
    const cli_command *command = find_command(name, &e);
    if (!command)
        return usage_error(&e);
    int first = 0;
    int status = 2;
    if (!parse(command, argc - 1, argv + 1, &config, &first, &e)) {
        status = usage_error(&e);
    } else if (config.help) {
        status = print_help(command);
    } else {
        log_setup(
            &(log_options){.level = (log_level)config.log_level, .json = config.json, .fd = 2});
        cli c = {.config = &config, .word_count = argc - 1 - first, .words = argv + 1 + first};
        status = run_command(&c, command);
    }
    options_deinit(&command->options, &config);
    return status;
}
