#include "s3/cli/cli.h"

#include <signal.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "s3/serve/server.h"

static bool announce(const cli *c, const char *address, unsigned port, err *e)
{
    if (c->config->port_file) {
        char text[16];
        snprintf(text, sizeof text, "%u\n", port);
        if (!fs_write_file(c->config->port_file, slice_from(text), false, e))
            return false;
    }
    printf("listening on http://%s:%u\n", address, port);
    return print_flush(e);
}

/* Blocked before the server's threads start, so that none of them is woken by one. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool cli_serve(cli *c, err *e)
{
    const cli_config *o = c->config;
    server_options options = {.root = o->root,
                              .address = o->address,
                              .port = (unsigned)o->port,
                              .thread_count = (unsigned)o->threads,
                              .access_key_id = o->access_key,
                              .secret_access_key = o->secret_key,
                              .faults = (const char *const *)o->fault,
                              .log_path = o->log};
    sigset_t set;
    int signal_number = 0;
    block_signals(&set);
    server *s = server_start(&options, e);
    if (!s)
        return false;
    bool ok = announce(c, o->address, server_port(s), e);
    if (ok && sigwait(&set, &signal_number) == 0)
        log_debug("signal %d: the server ends", signal_number);
    server_stop(s);
    return ok;
}
