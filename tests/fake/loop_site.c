#include "base/util.h"
#include "tests/fake/loop_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/loop/loop_private.h"

/* --- a server that echoes its requests --- */

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

int loop_site_bound_socket(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void canned_start(canned *c, const char *const *answers)
{
    c->answers = answers;
    c->listener = loop_site_bound_socket(&c->port);
    assert_int_equal(listen(c->listener, 8), 0);
    assert_int_equal(pthread_create(&c->thread, NULL, canned_main, c), 0);
}

void canned_end(canned *c)
{
    pthread_join(c->thread, NULL);
    close(c->listener);
}

/* --- a client call and its result --- */

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

void probe_send(probe *p)
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

void probe_init(probe *p, loop *l, const char *method, uint16_t port, const char *path)
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

void probe_deinit(probe *p)
{
    buf_deinit(&p->headers);
    buf_deinit(&p->body);
}

void probe_run(probe *p)
{
    probe_send(p);
    loop_run(p->loop, &p->done);
}

bool probe_body_has(const probe *p, const char *words)
{
    return strstr(buf_str(&p->body), words) != NULL;
}

/* --- set-up --- */

static int set_up_with(void **state, unsigned max_connections)
{
    loop_site *f = xcalloc(1, sizeof *f);
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
    f->silent = loop_site_bound_socket(&f->silent_port);
    assert_int_equal(listen(f->silent, 16), 0);
    f->loop = loop_new(&(loop_options){.max_connections = max_connections, .verify_tls = true}, &e);
    assert_non_null(f->loop);
    *state = f;
    return 0;
}

int loop_site_set_up(void **state)
{
    return set_up_with(state, 0);
}

int loop_site_set_up_one(void **state)
{
    return set_up_with(state, 1);
}

int loop_site_set_up_two(void **state)
{
    return set_up_with(state, 2);
}

int loop_site_tear_down(void **state)
{
    loop_site *f = *state;
    loop_free(f->loop);
    close(f->silent);
    httpd_stop(f->site.server);
    buf_deinit(&f->site.arrivals);
    pthread_mutex_destroy(&f->site.lock);
    free(f);
    return 0;
}
