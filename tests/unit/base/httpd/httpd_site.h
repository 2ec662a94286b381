/* An HTTP server whose behaviour the target selects, and its clients. */
#ifndef TESTS_UNIT_BASE_HTTPD_HTTPD_SITE_H
#define TESTS_UNIT_BASE_HTTPD_HTTPD_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/httpd/httpd.h"

/* --- the server's side: the target selects its behaviour --- */

typedef struct counters {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned begun, released, bodies_after_reply;
    size_t longest_piece; /* of a body */
} counters;

static inline void count(counters *c, unsigned *what)
{
    pthread_mutex_lock(&c->lock);
    ++*what;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static inline void begin(void *ctx, httpd_request *r, void **user)
{
    counters *c = ctx;
    count(c, &c->begun);
    buf *body = xcalloc(1, sizeof *body);
    buf_init(body, 16 << 20);
    *user = body;
    if (str_starts_with(httpd_raw_target(r), "/early"))
        httpd_reply(r, 403, NULL, 0, SLICE_LIT("early"));
}

static inline void body(void *ctx, httpd_request *r, void **user, slice data)
{
    counters *c = ctx;
    if (httpd_replied(r))
        count(c, &c->bodies_after_reply);
    pthread_mutex_lock(&c->lock);
    c->longest_piece = MAX(c->longest_piece, data.len);
    pthread_mutex_unlock(&c->lock);
    buf_append_slice(*user, data);
    if (str_starts_with(httpd_raw_target(r), "/midway"))
        httpd_reply(r, 409, NULL, 0, SLICE_LIT("midway"));
}

static inline void append_header(void *ctx, const char *name, const char *value)
{
    buf_printf(ctx, "%s=%s;", name, value);
}

static inline void reply_from_file(httpd_request *r, uint64_t offset, uint64_t len)
{
    char path[] = "/tmp/test-httpd-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    httpd_reply_file(r, 206, (const http_header[]){{"X-File", "yes"}}, 1, fd, offset, len);
}

static inline void end(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx);
    const char *target = httpd_raw_target(r);
    buf *out = *user;
    assert_false(httpd_replied(r));
    if (str_equal(target, "/nothing"))
        return;
    if (str_equal(target, "/empty-header"))
        httpd_reply(r, 200, (const http_header[]){{"X-Nothing", ""}}, 1, (slice){0});
    else if (str_equal(target, "/file"))
        reply_from_file(r, 2, 5);
    else if (str_equal(target, "/file/empty"))
        reply_from_file(r, 0, 0);
    else if (str_equal(target, "/head"))
        httpd_reply_head(r, 200, (const http_header[]){{"ETag", "\"e\""}}, 1, 5368709120);
    else if (str_equal(target, "/cut"))
        httpd_reply_cut(r, 200, NULL, 0, SLICE_LIT("half"), 8);
    else if (str_equal(target, "/cut/at-once"))
        httpd_reply_cut(r, 200, NULL, 0, (slice){0}, 8);
    else if (str_equal(target, "/twice")) {
        httpd_reply(r, 200, NULL, 0, SLICE_LIT("one"));
        httpd_reply(r, 500, NULL, 0, SLICE_LIT("two"));
    } else if (str_equal(target, "/gone")) {
        httpd_reply(r, 204, (const http_header[]){{"Content-Length", "7"}}, 1, (slice){0});
    } else {
        buf_printf(out, "|%s %s|", httpd_method(r), target);
        httpd_each_header(r, append_header, out);
        buf_printf(out, "|%s", httpd_header(r, "x-case") ? httpd_header(r, "x-case") : "none");
        httpd_reply(r, 200, NULL, 0, buf_slice(out));
    }
}

static inline void release(void *ctx, httpd_request *r, void **user)
{
    UNUSED(r);
    counters *c = ctx;
    buf_deinit(*user);
    free(*user);
    count(c, &c->released);
}

typedef struct fixture {
    counters counters;
    httpd *server;
} fixture;

static inline int start_server(void **state, size_t memory_bytes)
{
    fixture *f = xcalloc(1, sizeof *f);
    err e = ERR_INIT;
    pthread_mutex_init(&f->counters.lock, NULL);
    pthread_cond_init(&f->counters.changed, NULL);
    httpd_handler handler = {
        .begin = begin, .body = body, .end = end, .release = release, .ctx = &f->counters};
    f->server = httpd_start(&(httpd_options){.memory_bytes = memory_bytes}, &handler, &e);
    assert_non_null(f->server);
    assert_true(httpd_port(f->server) > 0);
    *state = f;
    return 0;
}

static inline int set_up(void **state)
{
    return start_server(state, 0);
}

static inline int tear_down(void **state)
{
    fixture *f = *state;
    httpd_stop(f->server);
    assert_int_equal(f->counters.begun, f->counters.released);
    pthread_cond_destroy(&f->counters.changed);
    pthread_mutex_destroy(&f->counters.lock);
    free(f);
    return 0;
}

/* --- the client's side --- */

typedef struct client {
    int fd;
    buf in; /* received, not yet read */
    char head[4096];
    char body[4096];
} client;

static inline void client_open(client *c, const fixture *f)
{
    *c = (client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buf_init(&c->in, 1 << 20);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(httpd_port(f->server))};
    assert_int_equal(connect(c->fd, (struct sockaddr *)&at, sizeof at), 0);
    struct timeval patience = {.tv_sec = 20}; /* a bug must fail the test, not hang it */
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static inline void client_close(client *c)
{
    close(c->fd);
    buf_deinit(&c->in);
}
DEFINE_AUTO(client, client_close)

static void client_send(client *c, const char *words)
{
    size_t len = strlen(words);
    assert_int_equal(send(c->fd, words, len, MSG_NOSIGNAL), len);
}

/* False at the end of the stream. */
static inline bool client_more(client *c)
{
    char piece[4096];
    ssize_t got = recv(c->fd, piece, sizeof piece, 0);
    assert_true(got >= 0);
    return buf_append(&c->in, piece, (size_t)got) && got > 0;
}

static inline int client_head(client *c)
{
    const char *stop;
    while (!(stop = strstr(buf_str(&c->in), "\r\n\r\n")))
        assert_true(client_more(c));
    size_t len = (size_t)(stop - c->in.data) + 4;
    snprintf(c->head, sizeof c->head, "%.*s", (int)len, c->in.data);
    buf_consume(&c->in, len);
    assert_true(str_starts_with(c->head, "HTTP/1.1 "));
    return (int)strtol(c->head + 9, NULL, 10);
}

static inline void client_take(client *c, size_t len)
{
    while (c->in.len < len)
        assert_true(client_more(c));
    snprintf(c->body, sizeof c->body, "%.*s", (int)len, buf_str(&c->in));
    buf_consume(&c->in, len);
}

/* A whole reply by its Content-Length; yields the status. */
static inline int client_reply(client *c)
{
    int status = client_head(c);
    const char *length = strstr(c->head, "Content-Length: ");
    client_take(c, length ? strtoul(length + 16, NULL, 10) : 0);
    return status;
}

#endif
