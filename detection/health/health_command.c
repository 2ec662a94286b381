#include "detection/health/health_command.h"

#include <stdio.h>

#include "base/util.h"
#include "decon/base/loop.h"

enum { EXIT_USAGE = 2 };

typedef struct health_config {
    char *url;
    uint64_t timeout_ms;
    bool live, help;
} health_config;

#define AT(member) .offset = offsetof(health_config, member), .flags = OPTION_FLAG_ONLY

static const option rows[] = {
    {.key = "url",
     .type = OPTION_STRING,
     AT(url),
     .fallback = "http://127.0.0.1:8080",
     .metavar = "URL",
     .section = "Options",
     .help = "The detection server."},
    {.key = "timeout",
     .type = OPTION_DURATION,
     AT(timeout_ms),
     .fallback = "5",
     .min = 0.1,
     .max = 3600,
     .unit = "seconds",
     .help = "Time limit for the whole reply."},
    {.key = "live",
     .type = OPTION_BOOL,
     AT(live),
     .fallback = "false",
     .help = "Accept any reply, also while the server is still building its index."},
    {.key = "help",
     .type = OPTION_BOOL,
     AT(help),
     .letter = 'h',
     .help = "Show this help and exit."},
};

const option_set health_command_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon health",
    .usage = "decon health [--url URL] [--timeout SECONDS] [--live]",
    .intro = "Asks a detection server for /health once, for probes of containers and services.",
    .epilogue = "Exit status:\n"
                "  0    the server is ready (--live: it answers)\n"
                "  1    it is not\n"
                "  2    usage\n",
};

typedef struct health_call {
    bool done;
    http_result result;
} health_call;

static void on_done(void *ctx, const http_result *result)
{
    health_call *call = ctx;
    call->result = *result;
    call->done = true;
}

static bool ask(const health_config *c, http_result *out, err *e)
{
    health_call call = {.done = false};
    AUTO_FREE char *base = url_clean(c->url);
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        base[--len] = '\0';
    AUTO_FREE char *url = xasprintf("%s/health", base);
    AUTO_PTR(loop) l = loop_new(&(loop_options){.max_connections = 1, .verify_tls = true}, e);
    if (!l)
        return false;
    const http_request request = {.method = "GET",
                                  .url = url,
                                  .connect_timeout_ms = (int)c->timeout_ms,
                                  .total_timeout_ms = (int)c->timeout_ms,
                                  .no_proxy = true,
                                  .on_done = on_done,
                                  .ctx = &call};
    http_call *sent = http_send(loop_transport(l), &request);
    UNUSED(sent);
    loop_run(l, &call.done);
    *out = call.result;
    return true;
}

static int judge(const health_config *c, const http_result *r)
{
    AUTO_FREE char *shown = url_shown(c->url);
    bool healthy = r->ok && (c->live || r->status == 200);
    if (!r->ok)
        printf("%s: no answer: %s\n", shown, r->error.message);
    else if (healthy)
        printf("%s: %s\n", shown, r->status == 200 ? "ready" : "answers");
    else
        printf("%s: not ready (status %d)\n", shown, r->status);
    return fflush(stdout) == 0 && healthy ? 0 : 1;
}

static bool read_options(int argc, char **argv, health_config *c, err *e)
{
    option_origin origins[ARRAY_LEN(rows)] = {0};
    int positional = argc;
    return options_defaults(&health_command_options, c, e) &&
           options_arguments(&health_command_options, argc, argv, c, origins, &positional, e) &&
           (positional == argc ||
            err_set(e, ERR_USAGE, "%s: not an option; see decon health --help", argv[positional]));
}

int health_command(int argc, char **argv)
{
    health_config c = {.url = NULL};
    http_result result = {.ok = false};
    err e = ERR_INIT;
    int status = EXIT_USAGE;
    if (!read_options(argc, argv, &c, &e)) {
        fprintf(stderr, "decon health: %s\n", e.message);
    } else if (c.help) {
        options_help(&health_command_options, stdout);
        status = fflush(stdout) == 0 ? 0 : 1;
    } else if (ask(&c, &result, &e)) {
        status = judge(&c, &result);
    } else {
        fprintf(stderr, "decon health: %s\n", e.message);
        status = 1;
    }
    options_deinit(&health_command_options, &c);
    return status;
}
