/* The event loop against a server of its own on 127.0.0.1. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <pthread.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/httpd.h"
#include "base/loop.h"
#include "base/loop_private.h"

/* --- a server that tells what it got --- */

typedef struct site {
    httpd *server;
    pthread_mutex_t lock;
    buf arrivals; /* targets, a line each; under the lock */
} site;

typedef struct visit {
    buf body;
    buf echo;
} visit;

static void site_begin(void *ctx, httpd_request *r, void **user)
{
    site *s = ctx;
    visit *v = xcalloc(1, sizeof *v);
    buf_init(&v->body, 64 << 20);
    buf_init(&v->echo, 64 << 20);
    *user = v;
    pthread_mutex_lock(&s->lock);
    buf_printf(&s->arrivals, "%s\n", httpd_raw_target(r));
    pthread_mutex_unlock(&s->lock);
    if (str_starts_with(httpd_raw_target(r), "/refuse"))
        httpd_reply(r, 403, NULL, 0, SLICE_LIT("refused"));
}

static void site_body(void *ctx, httpd_request *r, void **user, slice data)
{
    UNUSED(ctx), UNUSED(r);
    visit *v = *user;
    buf_append_slice(&v->body, data);
}

static void echo_header(void *ctx, const char *name, const char *value)
{
    buf_printf(ctx, "%s: %s\n", name, value);
}

static void big_reply(httpd_request *r, size_t size)
{
    AUTO_FREE char *data = xcalloc(1, size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 31 + i / 251);
    httpd_reply(r, 200, NULL, 0, (slice){.data = data, .len = size});
}

static void site_end(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx);
    visit *v = *user;
    const char *target = httpd_raw_target(r);
    const http_header kept[] = {{"X-One", "first"}, {"x-one", "second"}};
    if (str_equal(target, "/cut")) {
        httpd_reply_cut(r, 200, NULL, 0, SLICE_LIT("only this"), 100);
    } else if (str_starts_with(target, "/big/")) {
        big_reply(r, strtoul(target + 5, NULL, 10));
    } else if (str_equal(httpd_method(r), "HEAD")) {
        httpd_reply_head(r, 200, kept, 2, 123456789012);
    } else {
        buf_printf(&v->echo, "%s %s\n", httpd_method(r), target);
        httpd_each_header(r, echo_header, &v->echo);
        buf_append_char(&v->echo, '\n');
        buf_append_slice(&v->echo, buf_slice(&v->body));
        httpd_reply(r, 200, kept, 2, buf_slice(&v->echo));
    }
}

static void site_release(void *ctx, httpd_request *r, void **user)
{
    UNUSED(ctx), UNUSED(r);
    visit *v = *user;
    buf_deinit(&v->body);
    buf_deinit(&v->echo);
    free(v);
}

/* --- a raw server: one canned answer for each connection --- */

typedef struct canned {
    int listener;
    uint16_t port;
    const char *const *answers; /* NULL-terminated: the last one */
    pthread_t thread;
} canned;

static void read_head(int fd)
{
    char window[4] = "";
    while (memcmp(window, "\r\n\r\n", 4) != 0) {
        memmove(window, window + 1, 3);
        if (read(fd, window + 3, 1) != 1)
            return;
    }
}

static void *canned_main(void *arg)
{
    const canned *c = arg;
    for (const char *const *answer = c->answers; *answer; answer++) {
        int fd = accept(c->listener, NULL, NULL);
        read_head(fd);
        assert_int_equal(write(fd, *answer, strlen(*answer)), strlen(*answer));
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

static int bound_socket(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void canned_start(canned *c, const char *const *answers)
{
    c->answers = answers;
    c->listener = bound_socket(&c->port);
    assert_int_equal(listen(c->listener, 8), 0);
    assert_int_equal(pthread_create(&c->thread, NULL, canned_main, c), 0);
}

static void canned_end(canned *c)
{
    pthread_join(c->thread, NULL);
    close(c->listener);
}

/* --- a client call and what it saw --- */

typedef struct probe {
    loop *loop;
    http_request request;
    http_call *call;
    char url[256];
    unsigned heads, bodies, dones;
    size_t largest_piece;
    buf headers, body;
    http_result result;
    bool done;
    bool refuse_head, refuse_body, cancel_in_head, cancel_in_body;
    unsigned *all_done; /* counts over several probes */
    struct probe *next; /* sent from on_done */
} probe;

static bool probe_head(void *ctx, const http_reply *reply, err *e)
{
    probe *p = ctx;
    p->heads++;
    assert_true(p->loop->active.count <= p->loop->options.max_connections);
    for (size_t i = 0; i < reply->header_count; i++)
        buf_printf(&p->headers, "%s: %s\n", reply->headers[i].name, reply->headers[i].value);
    if (p->cancel_in_head) {
        http_cancel(loop_transport(p->loop), p->call);
        p->done = true;
    }
    return p->refuse_head ? err_set(e, ERR_S3_CHANGED, "not this one") : true;
}

static bool probe_body(void *ctx, slice data, err *e)
{
    probe *p = ctx;
    p->bodies++;
    p->largest_piece = MAX(p->largest_piece, data.len);
    buf_append_slice(&p->body, data);
    if (p->cancel_in_body) {
        http_cancel(loop_transport(p->loop), p->call);
        p->done = true;
    }
    return p->refuse_body ? err_set(e, ERR_NO_SPACE, "full") : true;
}

static void probe_send(probe *p)
{
    p->call = http_send(loop_transport(p->loop), &p->request);
}

static void probe_done(void *ctx, const http_result *result)
{
    probe *p = ctx;
    p->dones++;
    p->result = *result;
    p->done = true;
    if (p->all_done)
        ++*p->all_done;
    if (p->next)
        probe_send(p->next);
}

static void probe_init(probe *p, loop *l, const char *method, uint16_t port, const char *path)
{
    *p = (probe){.loop = l};
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%u%s", port, path);
    buf_init(&p->headers, 1 << 20);
    buf_init(&p->body, 64 << 20);
    p->request = (http_request){.method = method,
                                .url = p->url,
                                .body_fd = -1,
                                .no_proxy = true,
                                .on_head = probe_head,
                                .on_body = probe_body,
                                .on_done = probe_done,
                                .ctx = p};
}

static void probe_deinit(probe *p)
{
    buf_deinit(&p->headers);
    buf_deinit(&p->body);
}
DEFINE_AUTO(probe, probe_deinit)

static void probe_run(probe *p)
{
    probe_send(p);
    loop_run(p->loop, &p->done);
}

static bool body_has(const probe *p, const char *words)
{
    return strstr(buf_str(&p->body), words) != NULL;
}

/* --- set-up --- */

typedef struct fixture {
    site site;
    loop *loop;
    uint16_t port;
    int silent; /* listens, and never answers */
    uint16_t silent_port;
} fixture;

static int set_up_with(void **state, unsigned max_connections)
{
    fixture *f = xcalloc(1, sizeof *f);
    err e = ERR_INIT;
    pthread_mutex_init(&f->site.lock, NULL);
    buf_init(&f->site.arrivals, 1 << 20);
    httpd_handler handler = {.begin = site_begin,
                             .body = site_body,
                             .end = site_end,
                             .release = site_release,
                             .ctx = &f->site};
    f->site.server = httpd_start(&(httpd_options){.thread_count = 3}, &handler, &e);
    assert_non_null(f->site.server);
    f->port = httpd_port(f->site.server);
    f->silent = bound_socket(&f->silent_port);
    assert_int_equal(listen(f->silent, 16), 0);
    f->loop = loop_new(&(loop_options){.max_connections = max_connections, .verify_tls = true}, &e);
    assert_non_null(f->loop);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 0);
}

static int set_up_one_connection(void **state)
{
    return set_up_with(state, 1);
}

static int set_up_two_connections(void **state)
{
    return set_up_with(state, 2);
}

static int tear_down(void **state)
{
    fixture *f = *state;
    loop_free(f->loop);
    close(f->silent);
    httpd_stop(f->site.server);
    buf_deinit(&f->site.arrivals);
    pthread_mutex_destroy(&f->site.lock);
    free(f);
    return 0;
}

/* --- requests --- */

static void get_sends_nothing_that_was_not_asked_for(void **state)
{
    fixture *f = *state;
    const http_header headers[] = {{"X-Mine", "a  b"}, {"x-empty", ""}, {"Host", "example.com"}};
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/a/../b/./%2e%41//c+d?x=%20&y");
    p.request.headers = headers;
    p.request.header_count = ARRAY_LEN(headers);
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.heads, 1);
    assert_int_equal(p.dones, 1);
    assert_string_equal(buf_str(&p.body), "GET /a/../b/./%2e%41//c+d?x=%20&y\n"
                                          "Host: example.com\n"
                                          "User-Agent: decon/" DECON_VERSION "\n"
                                          "X-Mine: a  b\n"
                                          "x-empty: \n\n");
    assert_int_equal(p.result.body_bytes, p.body.len);
    assert_non_null(strstr(buf_str(&p.headers), "X-One: first\nx-one: second\n"));
}

static void connections_are_used_again(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        AUTO(probe) p;
        probe_init(&p, f->loop, "GET", f->port, "/again");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_int_equal(p.result.reused, i > 0);
    }
    AUTO(probe) fresh;
    probe_init(&fresh, f->loop, "GET", f->port, "/again");
    fresh.request.no_reuse = true;
    probe_run(&fresh);
    assert_false(fresh.result.reused);
}

static void body_comes_gathered(void **state)
{
    fixture *f = *state;
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/big/1000000");
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.body.len, 1000000);
    assert_int_equal(p.result.body_bytes, 1000000);
    assert_int_equal(p.largest_piece, 65536);
    assert_int_equal(p.bodies, 16); /* 15 full ones and the rest */
    for (size_t i = 0; i < p.body.len; i++)
        if (p.body.data[i] != (char)(i * 31 + i / 251))
            fail_msg("byte %zu differs", i);
}

static void head_states_a_length_without_a_body(void **state)
{
    fixture *f = *state;
    AUTO(probe) p;
    probe_init(&p, f->loop, "HEAD", f->port, "/head");
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 200);
    assert_int_equal(p.bodies, 0);
    assert_non_null(strstr(buf_str(&p.headers), "Content-Length: 123456789012\n"));
    AUTO(probe) next;
    probe_init(&next, f->loop, "GET", f->port, "/next");
    probe_run(&next);
    assert_true(next.result.reused);
}

static void bodies_are_sent_from_slices(void **state)
{
    fixture *f = *state;
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        AUTO(probe) p;
        probe_init(&p, f->loop, methods[i], f->port, "/send");
        p.request.body = SLICE_LIT("some words");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_true(body_has(&p, "Content-Length: 10\n"));
        assert_true(str_ends_with(buf_str(&p.body), "\n\nsome words"));
        assert_false(body_has(&p, "Content-Type"));
        assert_false(body_has(&p, "Accept"));
        assert_false(body_has(&p, "Expect"));
        assert_true(str_starts_with(buf_str(&p.body), methods[i]));
    }
}

static void no_body_is_said_where_one_is_expected(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *method;
        bool says_length;
    } rows[] = {{"POST", true}, {"PUT", true}, {"DELETE", false}, {"GET", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(probe) p;
        probe_init(&p, f->loop, rows[i].method, f->port, "/none");
        probe_run(&p);
        assert_true(p.result.ok);
        assert_int_equal(body_has(&p, "Content-Length: 0\n"), rows[i].says_length);
        assert_true(str_starts_with(buf_str(&p.body), rows[i].method));
    }
}

static int file_of(size_t size)
{
    char path[] = "/tmp/test-loop-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    AUTO_FREE char *data = xcalloc(1, size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i % 23);
    assert_int_equal(write(fd, data, size), size);
    return fd;
}

static void a_range_of_a_file_is_sent(void **state)
{
    fixture *f = *state;
    AUTO_FD fd = file_of(3000000);
    AUTO(probe) p;
    probe_init(&p, f->loop, "PUT", f->port, "/file");
    p.request.body_fd = fd;
    p.request.body_file_offset = 5;
    p.request.body_file_bytes = 2500000;
    probe_run(&p);
    assert_true(p.result.ok);
    assert_true(body_has(&p, "Content-Length: 2500000\n"));
    assert_true(body_has(&p, "Expect: 100-continue\n"));
    const char *sent = strstr(buf_str(&p.body), "\n\n") + 2;
    assert_int_equal(strlen(sent), 2500000);
    assert_int_equal(sent[0], 'a' + 5);
    assert_int_equal(sent[2499999], 'a' + (2499999 + 5) % 23);
    assert_int_equal(p.heads, 1); /* 100 Continue is none */
}

static void a_file_that_is_too_short_fails(void **state)
{
    fixture *f = *state;
    AUTO_FD fd = file_of(10);
    AUTO(probe) p;
    probe_init(&p, f->loop, "PUT", f->port, "/file");
    p.request.body_fd = fd;
    p.request.body_file_bytes = 20;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_IO);
    assert_non_null(strstr(p.result.error.message, "became shorter"));
}

static void a_refused_upload_gives_its_status(void **state)
{
    fixture *f = *state;
    AUTO_FD fd = file_of(3000000);
    AUTO(probe) p;
    probe_init(&p, f->loop, "PUT", f->port, "/refuse");
    p.request.body_fd = fd;
    p.request.body_file_bytes = 3000000;
    probe_run(&p);
    assert_true(p.result.ok);
    assert_int_equal(p.result.status, 403);
    assert_string_equal(buf_str(&p.body), "refused");
    /* Also without Expect: the server takes the body first. */
    AUTO(probe) small;
    probe_init(&small, f->loop, "PUT", f->port, "/refuse");
    small.request.body_fd = fd;
    small.request.body_file_bytes = 900000;
    probe_run(&small);
    assert_true(small.result.ok);
    assert_int_equal(small.result.status, 403);
}

static void a_line_break_in_a_header_is_refused(void **state)
{
    fixture *f = *state;
    const http_header headers[] = {{"X-Mine", "a\r\nX-Other: b"}};
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/");
    p.request.headers = headers;
    p.request.header_count = 1;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_INTERNAL);
    assert_int_equal(f->site.arrivals.len, 0);
}

/* --- failures --- */

static void a_short_body_is_truncated(void **state)
{
    fixture *f = *state;
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/cut");
    probe_run(&p);
    assert_false(p.result.ok);
    assert_int_equal(p.result.error.code, ERR_TRUNCATED);
    assert_int_equal(p.result.status, 200);
    assert_true(p.result.first_byte);
    assert_int_equal(p.result.body_bytes, 9);
    assert_string_equal(buf_str(&p.body), "only this");
}

static void a_refused_connection_is_no_address_answers(void **state)
{
    fixture *f = *state;
    /* Bound, not listening: nobody else can take the port meanwhile. */
    uint16_t port;
    AUTO_FD bound = bound_socket(&port);
    UNUSED(bound);
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", port, "/path?X-Amz-Signature=secret");
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_NET_DNS);
    assert_int_equal(p.result.error.curl_code, CURLE_COULDNT_CONNECT);
    assert_int_equal(p.result.status, 0);
    assert_false(p.result.first_byte);
    assert_false(p.result.reused);
    assert_int_equal(p.heads, 0);
    char start[64];
    snprintf(start, sizeof start, "GET http://127.0.0.1:%u/path: ", port);
    assert_true(str_starts_with(p.result.error.message, start));
    assert_null(strstr(p.result.error.message, "secret"));
}

static void a_silent_server_runs_into_the_limit(void **state)
{
    fixture *f = *state;
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->silent_port, "/silent");
    p.request.total_timeout_ms = 50;
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_TIMEOUT);
    assert_non_null(strstr(p.result.error.message, "/silent: "));
}

static void urls_of_other_kinds_are_refused(void **state)
{
    fixture *f = *state;
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/");
    p.request.url = "file:///etc/passwd";
    probe_run(&p);
    assert_int_equal(p.result.error.code, ERR_CONFIG);
    assert_int_equal(p.heads, 0);
}

static void names_and_passwords_are_not_shown(void **state)
{
    UNUSED(state);
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"http://u:secret@host:1/p@q?x=1", "GET http://host:1/p@q"},
        {"https://host", "GET https://host"},
        {"http://host?x=/a@b", "GET http://host"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *shown =
            easy_shown_name(&(http_request){.method = "GET", .url = rows[i].url});
        assert_string_equal(shown, rows[i].shown);
    }
}

typedef struct canned_row {
    const char *answer;
    err_code code;
    int status;
    const char *body;
    bool first_byte;
} canned_row;

static const canned_row canned_rows[] = {
    {"HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     ERR_NONE, 200, "hi", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n",
     ERR_NONE, 200, "hi", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", ERR_TRUNCATED, 200, "hi",
     true},
    {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhiho", ERR_NONE, 200,
     "hiho", true},
    {"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", ERR_NONE, 302, "",
     true},
    {"", ERR_NET, 0, "", false},
    {"SSH-2.0-OpenSSH_9.2\r\n", ERR_NET, 0, "", false},
};

static void odd_servers_are_told_apart(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(canned_rows); i++) {
        const canned_row *row = &canned_rows[i];
        canned c;
        canned_start(&c, (const char *const[]){row->answer, NULL});
        AUTO(probe) p;
        probe_init(&p, f->loop, "GET", c.port, "/");
        probe_run(&p);
        canned_end(&c);
        if (p.result.error.code != row->code)
            fail_msg("row %zu: %s", i, p.result.error.message);
        assert_int_equal(p.result.status, row->status);
        assert_string_equal(buf_str(&p.body), row->body);
        assert_int_equal(p.result.first_byte, row->first_byte);
        assert_int_equal(p.heads, row->status ? 1 : 0);
        assert_null(strstr(buf_str(&p.headers), "X-A"));
        assert_null(strstr(buf_str(&p.headers), "X-Trailer"));
    }
}

/* --- callbacks that end a call --- */

static void a_callback_that_refuses_ends_the_call(void **state)
{
    fixture *f = *state;
    AUTO(probe) head;
    probe_init(&head, f->loop, "GET", f->port, "/big/200000");
    head.refuse_head = true;
    probe_run(&head);
    assert_int_equal(head.result.error.code, ERR_S3_CHANGED);
    assert_int_equal(head.bodies, 0);
    AUTO(probe) body;
    probe_init(&body, f->loop, "GET", f->port, "/big/200000");
    body.refuse_body = true;
    probe_run(&body);
    assert_int_equal(body.result.error.code, ERR_NO_SPACE);
    assert_int_equal(body.bodies, 1);
    AUTO(probe) last; /* the piece that is handed over at the very end */
    probe_init(&last, f->loop, "GET", f->port, "/big/100");
    last.refuse_body = true;
    probe_run(&last);
    assert_int_equal(last.result.error.code, ERR_NO_SPACE);
    assert_int_equal(last.dones, 1);
}

static void a_callback_may_cancel_its_own_call(void **state)
{
    fixture *f = *state;
    static const char *const paths[] = {"/big/200000", "/big/100"};
    for (int i = 0; i < 4; i++) {
        AUTO(probe) p;
        probe_init(&p, f->loop, "GET", f->port, paths[i % 2]);
        p.cancel_in_head = i < 2;
        p.cancel_in_body = i >= 2;
        probe_run(&p);
        assert_int_equal(p.dones, 0);
        assert_int_equal(p.bodies, i < 2 ? 0 : 1);
        AUTO(probe) next; /* the handle and the loop are fine */
        probe_init(&next, f->loop, "GET", f->port, "/next");
        probe_run(&next);
        assert_true(next.result.ok);
        assert_int_equal(f->loop->active.count, 0);
    }
}

typedef struct canceller {
    fixture *fixture;
    probe *victims;
    size_t count;
} canceller;

static void cancel_others(void *ctx, const http_result *result)
{
    canceller *c = ctx;
    assert_true(result->ok);
    for (size_t i = 0; i < c->count; i++)
        http_cancel(loop_transport(c->fixture->loop), c->victims[i].call);
    c->victims[0].done = true;
}

static void others_can_be_cancelled_queued_or_active(void **state)
{
    fixture *f = *state;
    probe victims[3];
    for (size_t i = 0; i < ARRAY_LEN(victims); i++)
        probe_init(&victims[i], f->loop, "GET", f->silent_port, "/silent");
    canceller c = {.fixture = f, .victims = victims, .count = ARRAY_LEN(victims)};
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/first");
    p.request.ctx = &c;
    p.request.on_head = NULL;
    p.request.on_body = NULL;
    p.request.on_done = cancel_others;
    probe_send(&victims[0]); /* active: it hangs */
    probe_send(&p);          /* active */
    probe_send(&victims[1]); /* queued: there are two connections */
    probe_send(&victims[2]);
    loop_run(f->loop, &victims[0].done);
    assert_int_equal(f->loop->active.count, 0);
    assert_int_equal(f->loop->queued.count, 0);
    for (size_t i = 0; i < ARRAY_LEN(victims); i++) {
        assert_int_equal(victims[i].dones, 0);
        probe_deinit(&victims[i]);
    }
}

/* --- queueing --- */

static void requests_beyond_the_connections_wait_in_order(void **state)
{
    fixture *f = *state;
    probe probes[6];
    unsigned all_done = 0;
    for (unsigned i = 0; i < ARRAY_LEN(probes); i++) {
        char path[16];
        snprintf(path, sizeof path, "/%u", i);
        probe_init(&probes[i], f->loop, "GET", f->port, path);
        probes[i].all_done = &all_done;
    }
    probes[0].next = &probes[5]; /* sent from a callback: behind those that wait already */
    for (unsigned i = 0; i < 5; i++)
        probe_send(&probes[i]);
    assert_int_equal(all_done, 0); /* no callback inside http_send */
    loop_run(f->loop, &probes[5].done);
    assert_int_equal(all_done, 6);
    assert_string_equal(buf_str(&f->site.arrivals), "/0\n/1\n/2\n/3\n/4\n/5\n");
    for (unsigned i = 0; i < ARRAY_LEN(probes); i++) {
        assert_true(probes[i].result.ok);
        assert_int_equal(probes[i].result.reused, i > 0);
        probe_deinit(&probes[i]);
    }
}

static void freeing_a_loop_drops_what_is_under_way(void **state)
{
    fixture *f = *state;
    AUTO(probe) hanging;
    probe_init(&hanging, f->loop, "GET", f->silent_port, "/silent");
    AUTO(probe) first;
    probe_init(&first, f->loop, "GET", f->port, "/first");
    probe_send(&hanging);
    probe_run(&first);
    AUTO(probe) unsent;
    probe_init(&unsent, f->loop, "GET", f->port, "/unsent");
    probe_send(&unsent);
    timer_start(loop_transport(f->loop), 60000, NULL, NULL);
    loop_free(f->loop);
    f->loop = NULL;
    assert_int_equal(hanging.dones + unsent.dones, 0);
}

/* --- timers, wake-ups, signals --- */

typedef struct ticker {
    loop *loop;
    buf order;
    bool done;
    timer *victim;
} ticker;

static void tick_a(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'a');
}

static void tick_b(void *ctx)
{
    buf_append_char(&((ticker *)ctx)->order, 'b');
}

static void tick_end(void *ctx)
{
    ((ticker *)ctx)->done = true;
}

static void tick_and_change(void *ctx)
{
    ticker *t = ctx;
    buf_append_char(&t->order, 'c');
    timer_stop(loop_transport(t->loop), t->victim);
    timer_start(loop_transport(t->loop), 0, tick_a, t);
    timer_start(loop_transport(t->loop), 30, tick_end, t);
}

static void timers_fire_in_order(void **state)
{
    fixture *f = *state;
    transport *t = loop_transport(f->loop);
    ticker k = {.loop = f->loop};
    buf_init(&k.order, 100);
    timer_start(t, 20, tick_b, &k);
    timer_start(t, 3, tick_a, &k);
    timer *stopped = timer_start(t, 1, tick_b, &k);
    timer_start(t, 3, tick_b, &k);
    k.victim = timer_start(t, 10, tick_b, &k);
    timer_start(t, 5, tick_and_change, &k);
    timer_stop(t, stopped);
    assert_int_equal(k.order.len, 0);
    loop_run(f->loop, &k.done);
    assert_string_equal(buf_str(&k.order), "abcab");
    buf_deinit(&k.order);
}

typedef struct heap_check {
    uint64_t last_ms;
    unsigned fired;
    struct heap_timer {
        struct heap_check *check;
        uint64_t due_ms;
        timer *timer;
    } timers[400];
} heap_check;

static void heap_fired(void *ctx)
{
    struct heap_timer *t = ctx;
    assert_true(t->due_ms >= t->check->last_ms);
    t->check->last_ms = t->due_ms;
    t->check->fired++;
    t->timer = NULL;
}

static void many_timers_stay_sorted(void **state)
{
    fixture *f = *state;
    heap_check *check = xcalloc(1, sizeof *check);
    uint32_t chance = 12345;
    for (size_t i = 0; i < ARRAY_LEN(check->timers); i++) {
        struct heap_timer *t = &check->timers[i];
        chance = chance * 1664525 + 1013904223;
        t->check = check;
        t->timer = timer_start(loop_transport(f->loop), 1000 + chance % 97, heap_fired, t);
        t->due_ms = t->timer->due_ms;
    }
    for (size_t i = 0; i < ARRAY_LEN(check->timers); i += 3)
        timer_stop(loop_transport(f->loop), check->timers[i].timer);
    for (size_t i = 0; i < f->loop->timers.count; i++)
        f->loop->timers.items[i]->due_ms -= 1200; /* all are due: the order stays */
    loop_timers_fire(f->loop);
    assert_int_equal(check->fired, 400 - 134);
    assert_int_equal(f->loop->timers.count, 0);
    free(check);
}

typedef struct job {
    pool_task task;
    loop *loop;
    pthread_t ran_on;
    unsigned runs;
    bool done;
} job;

static void job_run(pool_task *task)
{
    job *j = (job *)task;
    j->ran_on = pthread_self();
    j->runs++;
}

static void job_done(pool_task *task)
{
    ((job *)task)->done = true;
}

static void workers_wake_the_loop(void **state)
{
    fixture *f = *state;
    for (unsigned threads = 0; threads < 3; threads++) {
        err e = ERR_INIT;
        AUTO_PTR(pool) p = pool_new(threads, &e);
        assert_non_null(p);
        loop_attach_pool(f->loop, p);
        job j = {.task = {.run = job_run, .done = job_done}};
        pool_submit(p, &j.task);
        assert_false(j.done);
        loop_run(f->loop, &j.done);
        assert_int_equal(j.runs, 1);
        assert_int_equal(pthread_equal(j.ran_on, pthread_self()) != 0, threads == 0);
        loop_attach_pool(f->loop, NULL);
    }
}

static void stop_in_timer(void *ctx)
{
    loop_stop(ctx);
}

static void a_stop_ends_one_run(void **state)
{
    fixture *f = *state;
    timer_start(loop_transport(f->loop), 1, stop_in_timer, f->loop);
    loop_run(f->loop, NULL);
    AUTO(probe) p;
    probe_init(&p, f->loop, "GET", f->port, "/after");
    probe_run(&p);
    assert_true(p.result.ok);
    bool already = true;
    loop_run(f->loop, &already); /* returns at once */
}

typedef struct signal_log {
    int numbers[2];
    unsigned count;
    bool done;
} signal_log;

static void signal_came(void *ctx, int signal_number, unsigned count)
{
    signal_log *log = ctx;
    assert_int_equal(count, log->count + 1);
    log->numbers[log->count++] = signal_number;
    log->done = count == 2;
}

static void signals_come_on_the_loop(void **state)
{
    fixture *f = *state;
    signal_log log = {.count = 0};
    err e = ERR_INIT;
    assert_true(loop_watch_signals(f->loop, signal_came, &log, &e));
    /* To this thread: the server's are not asked. */
    raise(SIGTERM);
    raise(SIGINT);
    assert_int_equal(log.count, 0);
    loop_run(f->loop, &log.done);
    assert_int_equal(log.numbers[0] + log.numbers[1], SIGTERM + SIGINT);
}

static void clocks_and_chance_move(void **state)
{
    fixture *f = *state;
    transport *t = loop_transport(f->loop);
    assert_true(clock_now_ms(t) > 0);
    assert_true(clock_wall_s(t) > 1700000000);
    assert_true(transport_random(t) != transport_random(t));
}

int main(void)
{
#define WITH(name, up) cmocka_unit_test_setup_teardown(name, up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(get_sends_nothing_that_was_not_asked_for, set_up),
        WITH(connections_are_used_again, set_up),
        WITH(body_comes_gathered, set_up),
        WITH(head_states_a_length_without_a_body, set_up),
        WITH(bodies_are_sent_from_slices, set_up),
        WITH(no_body_is_said_where_one_is_expected, set_up),
        WITH(a_range_of_a_file_is_sent, set_up),
        WITH(a_file_that_is_too_short_fails, set_up),
        WITH(a_refused_upload_gives_its_status, set_up),
        WITH(a_line_break_in_a_header_is_refused, set_up),
        WITH(a_short_body_is_truncated, set_up),
        WITH(a_refused_connection_is_no_address_answers, set_up),
        WITH(a_silent_server_runs_into_the_limit, set_up),
        WITH(urls_of_other_kinds_are_refused, set_up),
        WITH(names_and_passwords_are_not_shown, set_up),
        WITH(odd_servers_are_told_apart, set_up),
        WITH(a_callback_that_refuses_ends_the_call, set_up),
        WITH(a_callback_may_cancel_its_own_call, set_up),
        WITH(others_can_be_cancelled_queued_or_active, set_up_two_connections),
        WITH(requests_beyond_the_connections_wait_in_order, set_up_one_connection),
        WITH(freeing_a_loop_drops_what_is_under_way, set_up),
        WITH(timers_fire_in_order, set_up),
        WITH(many_timers_stay_sorted, set_up),
        WITH(workers_wake_the_loop, set_up),
        WITH(a_stop_ends_one_run, set_up),
        WITH(signals_come_on_the_loop, set_up),
        WITH(clocks_and_chance_move, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
