#include "base/util.h"
#include "base/httpd/httpd_private.h"

#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_MEMORY_BYTES ((size_t)128 * 1024)
#define CONNECTION_LIMIT        4096U
/* Connections get half of the allowed open files: each may have a file open. */
#define FILES_PER_CONNECTION 2U
/* The share of the connections that one address beyond loopback may have. */
#define ADDRESS_SHARE  8
#define SWEEP_EVERY_MS 1000

struct httpd {
    struct MHD_Daemon *daemon;
    httpd_handler handler;
    uint16_t port;
    httpd_limits *limits;
    /* the thread that closes connections past their deadline */
    pthread_t sweeper;
    bool sweeper_runs;
    uint64_t sweep_every_ms;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t stopped;
    bool stopping;
};

/* --- limits --- */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void shut_connection(void *ctx, int fd)
{
    UNUSED(ctx);
    shutdown(fd, SHUT_RDWR); /* libmicrohttpd sees the end of the stream and closes it */
}

static bool has_unread(void *ctx, int fd)
{
    UNUSED(ctx);
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 && count > 0;
}

static enum MHD_Result accept_called(void *ctx, const struct sockaddr *from, socklen_t len)
{
    UNUSED(len);
    const httpd *h = ctx;
    return httpd_limits_accept(h->limits, from) ? MHD_YES : MHD_NO;
}

static void connection_called(void *ctx, struct MHD_Connection *connection, void **state,
                              enum MHD_ConnectionNotificationCode code)
{
    httpd *h = ctx;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        httpd_limits_remove(h->limits, *state);
        return;
    }
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *from =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *state = httpd_limits_add(h->limits, fd->connect_fd, from->client_addr, now_ms());
}

static httpd_connection *limited(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void *sweep(void *ctx)
{
    httpd *h = ctx;
    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        uint64_t at_ms = now_ms() + h->sweep_every_ms;
        struct timespec at = {.tv_sec = (time_t)(at_ms / 1000),
                              .tv_nsec = (long)(at_ms % 1000) * 1000000};
        pthread_cond_timedwait(&h->stopped, &h->lock, &at);
        httpd_limits_sweep(h->limits, now_ms());
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void *uri_seen(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    httpd *h = ctx;
    httpd_request *r = xcalloc(1, sizeof *r);
    r->server = h;
    r->limited = limited(connection);
    r->handler = &h->handler;
    r->connection = connection;
    r->target = xstrdup(uri);
    return r;
}

static void completed(void *ctx, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode why)
{
    UNUSED(ctx), UNUSED(connection), UNUSED(why);
    httpd_request *r = *state;
    *state = NULL;
    if (!r)
        return;
    if (r->method && r->handler->release)
        r->handler->release(r->handler->ctx, r, &r->user);
    if (r->reply)
        MHD_destroy_response(r->reply);
    httpd_limits_request_end(r->server->limits, r->limited, now_ms());
    free(r->method);
    free(r->target);
    free(r);
}

static enum MHD_Result queue_reply(httpd_request *r)
{
    r->queued = true;
    return MHD_queue_response(r->connection, r->status, r->reply);
}

static bool body_follows(const httpd_request *r)
{
    const char *length = httpd_header(r, "Content-Length");
    return httpd_header(r, "Transfer-Encoding") || (length && strcmp(length, "0") != 0);
}

static bool waits_for_continue(const httpd_request *r, const char *version)
{
    const char *expect = httpd_header(r, "Expect");
    return expect && strcasecmp(expect, "100-continue") == 0 && str_equal(version, "HTTP/1.1");
}

static enum MHD_Result access_first(httpd_request *r, const char *method, const char *version)
{
    r->method = xstrdup(method);
    httpd_limits_request(r->server->limits, r->limited, body_follows(r), now_ms());
    r->handler->begin(r->handler->ctx, r, &r->user);
    if (r->dropped)
        return MHD_NO;
    if (r->reply && body_follows(r) && waits_for_continue(r, version))
        return queue_reply(r);
    return MHD_YES;
}

static enum MHD_Result access_last(httpd_request *r)
{
    httpd_limits_body_end(r->server->limits, r->limited);
    if (!r->reply && r->handler->end)
        r->handler->end(r->handler->ctx, r, &r->user);
    if (r->dropped)
        return MHD_NO;
    if (!r->reply)
        httpd_reply(r, 500, NULL, 0, SLICE_LIT("the server gave no reply to this request\n"));
    return queue_reply(r);
}

static enum MHD_Result access_called(void *ctx, struct MHD_Connection *connection, const char *url,
                                     const char *method, const char *version,
                                     const char *upload_data, size_t *upload_size, void **state)
{
    UNUSED(ctx), UNUSED(connection), UNUSED(url);
    httpd_request *r = *state;
    if (!r->method)
        return access_first(r, method, version);
    if (r->queued)
        return MHD_YES;
    if (*upload_size == 0)
        return access_last(r);
    httpd_limits_body(r->server->limits, r->limited, *upload_size);
    if (!r->reply && r->handler->body)
        r->handler->body(r->handler->ctx, r, &r->user,
                         (slice){.data = upload_data, .len = *upload_size});
    *upload_size = 0; /* consumed */
    return r->dropped ? MHD_NO : MHD_YES;
}

/* --- start and stop --- */

static unsigned connection_limit(const httpd_options *o)
{
    struct rlimit files = {0};
    if (o->connections)
        return o->connections;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return CONNECTION_LIMIT;
    return (unsigned)MIN(MAX(files.rlim_cur / FILES_PER_CONNECTION, 16), CONNECTION_LIMIT);
}

static struct MHD_Daemon *daemon_start(httpd *h, int fd, const httpd_options *o, unsigned threads)
{
    unsigned idle_s = o->idle_timeout_s ? o->idle_timeout_s : 60;
    size_t memory_bytes = o->memory_bytes ? o->memory_bytes : CONNECTION_MEMORY_BYTES;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)idle_s, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)memory_bytes, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)connection_limit(o), NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)uri_seen, h},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)completed, h},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_called, h},
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, accept_called, h,
                            access_called, h, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

static httpd *httpd_new(const httpd_options *o, const httpd_handler *handler, uint16_t port)
{
    httpd *h = xcalloc(1, sizeof *h);
    uint64_t head_ms = o->head_ms ? o->head_ms : HTTPD_HEAD_MS;
    httpd_limits_options limits = {.connections = connection_limit(o),
                                   .per_address = MAX(connection_limit(o) / ADDRESS_SHARE, 1),
                                   .head_ms = head_ms,
                                   .idle_ms = (o->idle_timeout_s ? o->idle_timeout_s : 60) *
                                              (uint64_t)1000,
                                   .shut = shut_connection,
                                   .has_unread = has_unread};
    h->handler = *handler;
    h->port = port;
    h->limits = httpd_limits_new(&limits);
    h->sweep_every_ms = MIN(SWEEP_EVERY_MS, head_ms / 2 + 1);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&h->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

/* Threads inherit a mask that blocks all signals: the program's threads handle them. */
static bool start_threads(httpd *h, int fd, const httpd_options *options, unsigned threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    h->sweeper_runs = pthread_create(&h->sweeper, NULL, sweep, h) == 0;
    if (h->sweeper_runs)
        h->daemon = daemon_start(h, fd, options, threads); /* owns fd from here */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return h->daemon != NULL;
}

httpd *httpd_start(const httpd_options *options, const httpd_handler *handler, err *e)
{
    const char *address = options->address ? options->address : "127.0.0.1";
    int fd = httpd_listen(address, options->port, e);
    if (fd < 0)
        return NULL;
    unsigned threads = options->thread_count ? options->thread_count : 4;
    httpd *h = httpd_new(options, handler, httpd_port_of(fd));
    if (start_threads(h, fd, options, threads))
        return h;
    err_set(e, ERR_IO,
            "HTTP server on port %u of %s: cannot start its %u threads; use fewer, or raise the "
            "limits of processes and open files",
            h->port, address, threads);
    close(fd);
    httpd_stop(h);
    return NULL;
}

uint16_t httpd_port(const httpd *h)
{
    return h->port;
}

void httpd_stop(httpd *h)
{
    if (!h)
        return;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->stopped);
    pthread_mutex_unlock(&h->lock);
    if (h->sweeper_runs)
        pthread_join(h->sweeper, NULL);
    httpd_limits_free(h->limits);
    pthread_cond_destroy(&h->stopped);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
