#include "s3/cli/session/print.h"
#include "s3/cli/commands/option_rows.h"

#include <signal.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/serve/protocol/fault_injection.h"
#include "s3/serve/server.h"

#define ANNOUNCE_MAX_MS 2000 /* standard output may be a pipe without a reader */

static bool announce(const cli *c, const char *address, unsigned port, err *e)
{
    if (c->config->port_file) {
        char text[16];
        snprintf(text, sizeof text, "%u\n", port);
        if (!fs_write_file(c->config->port_file, slice_from(text), false, e))
            return false;
    }
    AUTO_FREE char *line = xasprintf("listening on http://%s:%u\n", address, port);
    return fs_print_standard(STDOUT_FILENO, slice_from(line), ANNOUNCE_MAX_MS, e);
}

/* Blocked before the server's threads start, so that signals are not delivered to them. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* A second signal does not wait for the requests that are being served. */
static void end_at_second_signal(const sigset_t *set)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

static bool run(cli *c, err *e)
{
    const cli_config *o = c->config;
    fs_raise_file_limit();
    server_options options = {.root = o->root,
                              .adopt = o->adopt,
                              .address = o->address,
                              .port = (unsigned)o->port,
                              .thread_count = (unsigned)o->threads,
                              .access_key_id = o->access_key,
                              .secret_access_key = o->secret_key,
                              .faults = (const char *const *)o->fault,
                              .log_path = o->log,
                              .region = o->region,
                              .anonymous = (auth_anonymous)o->anonymous};
    sigset_t set;
    int signal_number = 0;
    block_signals(&set);
    server *s = server_start(&options, e);
    if (!s)
        return false;
    bool ok = announce(c, o->address, server_port(s), e);
    if (ok && sigwait(&set, &signal_number) == 0)
        log_debug("signal %d: the server ends", signal_number);
    end_at_second_signal(&set);
    server_stop(s);
    return ok;
}

#define FAULT_HELP                                                                                 \
    "A fault is a comma-separated list. One item is its effect:\n"                                 \
    "  status=503           reply with this status and its S3 code; the request has no effect\n"   \
    "  status=403,code=ExpiredToken    with this S3 code (status=200: an error in a reply 200)\n"  \
    "  truncate=1000        close the connection after 1,000 bytes of the reply\n"                 \
    "  reset                close the connection without a reply; the request has no effect\n"     \
    "  lost                 the same, but the request was executed\n"                              \
    "  delay=200            delay the reply by 200 milliseconds (a thread waits: --threads)\n"     \
    "  checksum             send wrong x-amz-checksum-* headers\n"                                 \
    "  corrupt              alter one byte of the data; the checksum is correct\n"                 \
    "  etag                 the object appears changed: requests with If-Match get 412,\n"         \
    "                       others another ETag\n"                                                 \
    "  unprefixed, unordered, repeat    a listing ignores its prefix, is in reverse order, "       \
    "or\n"                                                                                         \
    "                       lists each key twice\n"                                                \
    "The other items select the requests:\n"                                                       \
    "  method=GET key=*.gz bucket=NAME query=uploadId header=Range    only such requests\n"        \
    "  count=3 every=10     only the first three of them; only each tenth of them\n"               \
    "  rate=5% seed=1       5 in 100 of them, the same in each run with this seed\n"               \
    "  once                 each key at most once\n"

static const char *const anonymous_choices[] = {"none", "read", "all", NULL};

/* clang-format off */
static const option rows_serve[] = {
    {.key = "root", .type = OPTION_STRING, .offset = AT(root), .metavar = "DIR",
     .flags = OPTION_REQUIRED, .section = "Serving",
     .help = "Folder of the buckets; created if absent. A folder of files is served read-only."},
    {.key = "adopt", .type = OPTION_BOOL, .offset = AT(adopt),
     .help = "Allow changes to a --root that is a folder of files."},
    {.key = "port", .type = OPTION_INT, .offset = AT(port), .fallback = "9000", .min = 0,
     .max = 65535, .metavar = "N", .help = "TCP port; 0: any free one, see the line on standard "
                                           "output."},
    {.key = "address", .type = OPTION_STRING, .offset = AT(address), .fallback = "127.0.0.1",
     .metavar = "IP", .help = "Address to listen on."},
    {.key = "port_file", .type = OPTION_STRING, .offset = AT(port_file), .metavar = "FILE",
     .help = "File that gets the port number as soon as the server listens."},
    {.key = "threads", .type = OPTION_INT, .offset = AT(threads), .fallback = "4", .min = 1,
     .max = 256, .metavar = "N", .help = "Threads that serve requests."},
    {.key = "access_key", .type = OPTION_STRING, .offset = AT(access_key), .metavar = "ID",
     .environment = "AWS_ACCESS_KEY_ID", .help = "Access key id that clients must sign with."},
    {.key = "secret_key", .type = OPTION_STRING, .offset = AT(secret_key), .metavar = "KEY",
     .environment = "AWS_SECRET_ACCESS_KEY", .flags = OPTION_SECRET,
     .help = "Secret key that clients must sign with."},
    {.key = "region", .type = OPTION_STRING, .offset = AT(region), .metavar = "NAME",
     .help = "Refuse signatures for other regions, naming the right one; default: accept all "
             "regions."},
    {.key = "anonymous", .type = OPTION_ENUM, .offset = AT(anonymous), .fallback = "none",
     .choices = anonymous_choices, .metavar = "WHAT",
     .help = "Which requests need no signature: none, read (GET and HEAD), all."},
    {.key = "log", .type = OPTION_STRING, .offset = AT(log), .metavar = "FILE",
     .help = "Access log, appended to: METHOD TARGET STATUS BYTES-IN BYTES-OUT, one line a "
             "request."},
    {.key = "fault", .type = OPTION_LIST, .offset = AT(fault), .metavar = "RULE",
     .check = fault_check,
     .help = "Answer some requests wrongly, for tests of clients; see below. The "
             "first matching rule applies."},
    ROWS_OF_ALL,
};
/* clang-format on */

const cli_command cli_command_serve = {
    .name = "serve",
    .summary = "a small S3 server over a folder, for trials on one machine",
    .options = SET(
        rows_serve, "serve", "decon-s3 serve --root DIR [OPTION]...",
        "Serves buckets from a folder: for trials, demonstrations and tests on one machine, "
        "not for valuable data (nothing is synced to disk or stored redundantly). Path "
        "style only; requests must be signed with the keys given here. Prints `listening "
        "on http://ADDRESS:PORT` and ends on SIGINT or SIGTERM.",
        FAULT_HELP
        "\n"
        "Examples:\n"
        "  export AWS_ACCESS_KEY_ID=trial AWS_SECRET_ACCESS_KEY=trial-secret\n"
        "  decon-s3 serve --root /tmp/store --port 9000 &\n"
        "  export AWS_ENDPOINT_URL=http://127.0.0.1:9000\n"
        "  decon-s3 mb s3://trial && decon-s3 cp file.jsonl s3://trial/\n"
        "  decon-s3 serve --root /tmp/store --fault status=503,method=GET,key=*.gz,count=3\n"
        "  decon-s3 serve --root /tmp/store --fault reset,rate=5% --fault truncate=9,rate=0.5%\n"),
    .words_min = 0,
    .words_max = 0,
    .run = run,
};
