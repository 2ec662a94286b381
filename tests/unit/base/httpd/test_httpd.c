/* The HTTP server, spoken to byte by byte over a socket. */
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
} counters;

static void count(counters *c, unsigned *what)
{
    pthread_mutex_lock(&c->lock);
    ++*what;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void begin(void *ctx, httpd_request *r, void **user)
{
    counters *c = ctx;
    count(c, &c->begun);
    buf *body = xcalloc(1, sizeof *body);
    buf_init(body, 16 << 20);
    *user = body;
    if (str_starts_with(httpd_raw_target(r), "/early"))
        httpd_reply(r, 403, NULL, 0, SLICE_LIT("early"));
}

static void body(void *ctx, httpd_request *r, void **user, slice data)
{
    counters *c = ctx;
    if (httpd_replied(r))
        count(c, &c->bodies_after_reply);
    buf_append_slice(*user, data);
    if (str_starts_with(httpd_raw_target(r), "/midway"))
        httpd_reply(r, 409, NULL, 0, SLICE_LIT("midway"));
}

static void append_header(void *ctx, const char *name, const char *value)
{
    buf_printf(ctx, "%s=%s;", name, value);
}

static void reply_from_file(httpd_request *r, uint64_t offset, uint64_t len)
{
    char path[] = "/tmp/test-httpd-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    httpd_reply_file(r, 206, (const http_header[]){{"X-File", "yes"}}, 1, fd, offset, len);
}

static void end(void *ctx, httpd_request *r, void **user)
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

static void release(void *ctx, httpd_request *r, void **user)
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

static int set_up(void **state)
{
    fixture *f = xcalloc(1, sizeof *f);
    err e = ERR_INIT;
    pthread_mutex_init(&f->counters.lock, NULL);
    pthread_cond_init(&f->counters.changed, NULL);
    httpd_handler handler = {
        .begin = begin, .body = body, .end = end, .release = release, .ctx = &f->counters};
    f->server = httpd_start(&(httpd_options){.port = 0}, &handler, &e);
    assert_non_null(f->server);
    assert_true(httpd_port(f->server) > 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
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

static void client_open(client *c, const fixture *f)
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

static void client_close(client *c)
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
static bool client_more(client *c)
{
    char piece[4096];
    ssize_t got = recv(c->fd, piece, sizeof piece, 0);
    assert_true(got >= 0);
    return buf_append(&c->in, piece, (size_t)got) && got > 0;
}

static int client_head(client *c)
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

static void client_take(client *c, size_t len)
{
    while (c->in.len < len)
        assert_true(client_more(c));
    snprintf(c->body, sizeof c->body, "%.*s", (int)len, buf_str(&c->in));
    buf_consume(&c->in, len);
}

/* A whole reply by its Content-Length; yields the status. */
static int client_reply(client *c)
{
    int status = client_head(c);
    const char *length = strstr(c->head, "Content-Length: ");
    client_take(c, length ? strtoul(length + 16, NULL, 10) : 0);
    return status;
}

/* --- tests --- */

static void the_target_is_passed_unchanged(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /a%2Fb//../%zz+?q=%20&q&r=a+b HTTP/1.1\r\nHost: h\r\nX-Case: Yes\r\n"
                    "X-Empty:\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "|GET /a%2Fb//../%zz+?q=%20&q&r=a+b|Host=h;X-Case=Yes;X-Empty=;"
                                "|Yes");
    assert_non_null(strstr(c.head, "\r\nDate: "));
}

static void a_connection_serves_many(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    for (int i = 0; i < 3; i++) {
        client_send(&c, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        assert_int_equal(client_reply(&c), 200);
        assert_string_equal(c.body, "abc|POST /p|Host=h;Content-Length=3;|none");
    }
}

static void a_chunked_body_is_put_together(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_true(str_starts_with(c.body, "abcde|PUT /p|"));
}

static void continue_is_said(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_head(&c), 100);
    client_send(&c, "abc");
    assert_int_equal(client_reply(&c), 200);
    assert_true(str_starts_with(c.body, "abc|PUT"));
}

static void head_and_empty_replies_have_no_body(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    assert_non_null(strstr(c.head, "\r\nContent-Length: 5368709120\r\n"));
    assert_non_null(strstr(c.head, "\r\nETag: \"e\"\r\n"));
    client_send(&c, "HEAD /other HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    client_send(&c, "DELETE /gone HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 204);
    assert_null(strstr(c.head, "Content-Length"));
    client_send(&c, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "|GET /x|Host=h;|none");
}

static void files_are_sent_by_range(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 206);
    assert_string_equal(c.body, "23456");
    assert_non_null(strstr(c.head, "X-File: yes"));
    client_send(&c, "GET /file/empty HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 206);
    assert_string_equal(c.body, "");
    client_send(&c, "HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 206);
    assert_non_null(strstr(c.head, "Content-Length: 5\r\n"));
}

static void an_early_reply_waits_for_the_body(void **state)
{
    fixture *f = *state;
    AUTO(client) c = {0};
    client_open(&c, f);
    AUTO_FREE char *words = xcalloc(1, 300001);
    memset(words, 'w', 300000);
    for (int i = 0; i < 2; i++) { /* the connection stays open */
        client_send(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
        client_send(&c, words);
        assert_int_equal(client_reply(&c), 403);
        assert_string_equal(c.body, "early");
    }
    client_send(&c, "PUT /midway HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
    client_send(&c, words);
    assert_int_equal(client_reply(&c), 409);
    assert_string_equal(c.body, "midway");
    assert_int_equal(f->counters.bodies_after_reply, 0);
}

static void an_early_reply_spares_the_body(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_reply(&c), 403);
    assert_string_equal(c.body, "early");
    AUTO(client) get = {0}; /* no body at all: at once, and the connection stays open */
    client_open(&get, *state);
    for (int i = 0; i < 2; i++) {
        client_send(&get, "GET /early HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(client_reply(&get), 403);
    }
}

static void cut_replies_end_the_connection(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    assert_non_null(strstr(c.head, "Content-Length: 8\r\n"));
    client_take(&c, 4);
    assert_string_equal(c.body, "half");
    assert_false(client_more(&c));
    AUTO(client) other = {0};
    client_open(&other, *state);
    client_send(&other, "GET /cut/at-once HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&other), 200);
    assert_false(client_more(&other));
}

static void no_reply_is_a_500_and_the_first_reply_counts(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 500);
    client_send(&c, "GET /twice HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "one");
}

static void a_broken_upload_is_released(void **state)
{
    fixture *f = *state;
    client c;
    client_open(&c, f);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    pthread_mutex_lock(&f->counters.lock);
    while (f->counters.begun == 0)
        pthread_cond_wait(&f->counters.changed, &f->counters.lock);
    pthread_mutex_unlock(&f->counters.lock);
    client_close(&c);
    pthread_mutex_lock(&f->counters.lock);
    while (f->counters.released == 0)
        pthread_cond_wait(&f->counters.changed, &f->counters.lock);
    pthread_mutex_unlock(&f->counters.lock);
}

static void stopping_releases_exchanges_in_progress(void **state)
{
    fixture *f = *state;
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_head(&c), 100);
    httpd_stop(f->server);
    f->server = NULL;
    assert_int_equal(f->counters.released, 1);
}

static void a_taken_port_and_a_foreign_address_are_named(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    httpd_handler handler = {.begin = begin};
    httpd_options options = {.port = httpd_port(f->server)};
    assert_null(httpd_start(&options, &handler, &e));
    assert_int_equal(e.code, ERR_IO);
    char words[32];
    snprintf(words, sizeof words, "port %u of ", httpd_port(f->server));
    assert_non_null(strstr(e.message, words));
    assert_non_null(strstr(e.message, " is taken"));
    options = (httpd_options){.address = "192.0.2.1"};
    assert_null(httpd_start(&options, &handler, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.message, "192.0.2.1"));
}

/* The same server with other limits. */
static void restart(fixture *f, const httpd_options *options)
{
    err e = ERR_INIT;
    httpd_handler handler = {
        .begin = begin, .body = body, .end = end, .release = release, .ctx = &f->counters};
    httpd_stop(f->server);
    f->server = httpd_start(options, &handler, &e);
    assert_non_null(f->server);
}

#define HALF_OPEN 200

static void half_open_connections_silence_no_server(void **state)
{
    fixture *f = *state;
    client half[HALF_OPEN];
    restart(f, &(httpd_options){.thread_count = 2, .connections = 64, .head_ms = 3600000});
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        client_open(&half[i], f);
        client_send(&half[i], "GET /half HTTP/1.1\r\nHo");
    }
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    for (size_t i = 0; i < ARRAY_LEN(half); i++)
        client_close(&half[i]);
}

/* Sends until the server closes the connection; fails after 20 s. */
static void trickle(client *c, const char *words)
{
    for (int i = 0; i < 2000; i++) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (send(c->fd, words, strlen(words), MSG_NOSIGNAL) < 0)
            return;
        if (poll(&p, 1, 10) == 1)
            return; /* no request was sent, so this is the close */
    }
    fail_msg("still open");
}

static void a_head_that_trickles_in_is_cut_off(void **state)
{
    fixture *f = *state;
    restart(f, &(httpd_options){.head_ms = 200});
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "GET /half HTTP/1.1\r\n");
    trickle(&c, "X-Y: z\r\n");
    assert_int_equal(f->counters.begun, 0);
}

static void headers_without_a_value_are_sent(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /empty-header HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_non_null(strstr(c.head, "\r\nX-Nothing:"));
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(the_target_is_passed_unchanged),
        WITH(a_connection_serves_many),
        WITH(a_chunked_body_is_put_together),
        WITH(continue_is_said),
        WITH(head_and_empty_replies_have_no_body),
        WITH(files_are_sent_by_range),
        WITH(an_early_reply_waits_for_the_body),
        WITH(an_early_reply_spares_the_body),
        WITH(cut_replies_end_the_connection),
        WITH(no_reply_is_a_500_and_the_first_reply_counts),
        WITH(a_broken_upload_is_released),
        WITH(stopping_releases_exchanges_in_progress),
        WITH(a_taken_port_and_a_foreign_address_are_named),
        WITH(half_open_connections_silence_no_server),
        WITH(a_head_that_trickles_in_is_cut_off),
        WITH(headers_without_a_value_are_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
