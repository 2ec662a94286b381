#include "s3/cli/session/context.h"

#include <signal.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/session/interruption.h"
#include "s3/cli/session/jobs.h"
#include "s3/cli/session/print.h"
#include "s3/cli/session/progress.h"

#define SETTLE_POLL_MS   20
#define SETTLE_SIGNAL_MS 5000
#define SETTLE_MS        30000

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
    signal(SIGPIPE, SIG_IGN); /* a closed pipe becomes an error of fwrite */
    cli_session *s = c->session;
    bool ok = connection_open(c->config, &s->loop, &s->pool, &s->client, e) &&
              connection_open_source(c->config, s->loop, s->pool, &s->source_client, e);
    c->loop = c->session->loop;
    c->client = c->session->client;
    return ok && loop_watch_signals(c->loop, on_signal, c->session, e) && print_begin(e);
}

static bool begin_session(cli *c, err *e)
{
    const cli_config *o = c->config;
    if (!open_client(c, e))
        return false;
    c->session->jobs->window = connection_workers(o);
    c->session->progress =
        cli_progress_new(loop_transport(c->loop), o->progress && !o->quiet && !o->json);
    return true;
}

static void on_settle_poll(void *ctx)
{
    *(bool *)ctx = true;
}

/* Failed or interrupted multipart uploads are aborted in the background: waits for that, unless a
 * (second) signal arrives. */
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
        log_warn("a multipart upload may not be aborted yet; run decon-s3 abort-uploads to remove "
                 "its parts");
}

static void end_session(cli_session *s)
{
    if (s->client)
        settle(s);
    cli_progress_free(s->progress);
    s3_client_free(s->client);
    s3_client_free(s->source_client);
    loop_free(s->loop);
    pool_free(s->pool);
    free(s->synced_dir);
}

/* Operations that a command started are completed, even if the command itself stopped. */
static bool run_to_the_end(cli *c, err *e)
{
    bool ok = c->command->run(c, e);
    err last = ERR_INIT;
    if (!jobs_drain(c, &last) && ok)
        *e = last;
    ok = print_flush(ok ? e : &last) && ok && !err_is_set(&last);
    if (!ok && !c->session->signal_number)
        cli_breathe(c); /* a signal may have ended a wait for standard output */
    return ok;
}

/* After a closed pipe no message is printed. */
static void print_interruption(cli *c)
{
    jobs_cancel(c->session);
    if (c->session->signal_number != SIGPIPE)
        interrupted_print(c);
}

int cli_run_command(cli *c)
{
    err e = ERR_INIT;
    jobs all = {.window = 1};
    cli_session session = {.jobs = &all};
    c->session = &session;
    bool ok = c->command->needs_client ? begin_session(c, &e) && run_to_the_end(c, &e)
                                       : c->command->run(c, &e);
    cli_print_repeated(c);
    if (!ok && !session.signal_number)
        cli_print_error(c, &e);
    int signal_number = session.signal_number;
    if (signal_number)
        print_discard();
    if (signal_number && session.progress)
        print_interruption(c);
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
        return err_set(e, ERR_USAGE, "usage: %s; see decon-s3 %s --help", set->usage,
                       command->name);
    return true;
}
