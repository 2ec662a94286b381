#include "orchestrator/monitor/metrics_server.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/httpd/host_check.h"
#include "base/httpd/httpd.h"
#include "base/util.h"
#include "orchestrator/monitor/metrics.h"
#include "orchestrator/monitor/status_page.h"

#define ALIVE_S     60
#define CONNECTIONS 64
#define ADDRESS     "127.0.0.1"

struct metrics_server {
    httpd *http;
    char *address;
    pthread_mutex_t lock; /* of what follows */
    buf metrics, status;
    bool ready;
    time_t published_s; /* monotonic */
};

/* --- the address --- */

static bool split(const char *listen, char **address, uint16_t *port, err *e)
{
    uint64_t number = 0;
    const char *colon = strrchr(listen, ':');
    const char *digits = colon ? colon + 1 : listen;
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool brackets = len > 2 && listen[0] == '[' && listen[len - 1] == ']';
    bool two_colons = !brackets && memchr(listen, ':', len);
    if (!num_parse_u64(digits, &number) || number > 65535 || (colon && len == 0) || two_colons)
        return err_set(e, ERR_CONFIG,
                       "'%s' is not an address to listen on; write 9464, 0.0.0.0:9464 or "
                       "[::1]:9464",
                       listen);
    *port = (uint16_t)number;
    *address = !colon     ? xstrdup(ADDRESS)
               : brackets ? xstrndup(listen + 1, len - 2)
                          : xstrndup(listen, len);
    return true;
}

/* --- replies --- */

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void reply(httpd_request *r, int status, const char *type, slice body)
{
    const http_header headers[] = {{"Content-Type", type},
                                   {"Cache-Control", "no-store"},
                                   {"X-Content-Type-Options", "nosniff"},
                                   {"Content-Security-Policy", STATUS_PAGE_POLICY}};
    httpd_reply(r, status, headers, ARRAY_LEN(headers), body);
}

static void reply_word(httpd_request *r, int status, const char *word)
{
    reply(r, status, "text/plain; charset=utf-8", slice_from(word));
}

/* A copy, so that the lock is not held for a slow client. */
static void reply_published(metrics_server *m, httpd_request *r, const buf *text, const char *type)
{
    AUTO(buf) copy = BUF(METRICS_MAX_BYTES);
    pthread_mutex_lock(&m->lock);
    buf_append_slice(&copy, buf_slice(text));
    pthread_mutex_unlock(&m->lock);
    reply(r, 200, type, buf_slice(&copy));
}

static void reply_probe(metrics_server *m, httpd_request *r, bool wants_ready)
{
    pthread_mutex_lock(&m->lock);
    bool alive = now_s() - m->published_s < ALIVE_S;
    bool ok = alive && (!wants_ready || m->ready);
    pthread_mutex_unlock(&m->lock);
    reply_word(r, ok ? 200 : 503, ok ? "ok\n" : alive ? "not ready\n" : "not responding\n");
}

static bool is_allowed(const metrics_server *m, const httpd_request *r)
{
    char local[HTTPD_ADDRESS_BYTES];
    httpd_local_address(r, local);
    if (!str_starts_with(local, "127.") && !str_equal(local, "::1"))
        return true; /* the operator has opened it to other hosts */
    return host_is_allowed(&(host_rules){.listen = m->address}, httpd_header(r, "Host"), local);
}

static void answer(void *ctx, httpd_request *r, void **user)
{
    metrics_server *m = ctx;
    const char *target = httpd_raw_target(r), *method = httpd_method(r);
    AUTO_FREE char *path = xstrndup(target, strcspn(target, "?"));
    UNUSED(user);
    if (!str_equal(method, "GET") && !str_equal(method, "HEAD"))
        reply_word(r, 405, "only GET\n");
    else if (!is_allowed(m, r))
        reply_word(r, 403, "use the address that the program listens on\n");
    else if (str_equal(path, "/metrics"))
        reply_published(m, r, &m->metrics, "text/plain; version=0.0.4; charset=utf-8");
    else if (str_equal(path, "/status.json"))
        reply_published(m, r, &m->status, "application/json");
    else if (str_equal(path, "/"))
        reply(r, 200, "text/html; charset=utf-8", status_page());
    else if (str_equal(path, "/healthz") || str_equal(path, "/readyz"))
        reply_probe(m, r, str_equal(path, "/readyz"));
    else
        reply_word(r, 404, "known paths: /, /status.json, /metrics, /healthz and /readyz\n");
}

/* --- begin and end --- */

metrics_server *metrics_server_start(const char *listen, err *e)
{
    metrics_server *m = xcalloc(1, sizeof *m);
    const httpd_handler handler = {.begin = answer, .ctx = m};
    uint16_t port = 0;
    pthread_mutex_init(&m->lock, NULL);
    buf_init(&m->metrics, METRICS_MAX_BYTES);
    buf_init(&m->status, METRICS_MAX_BYTES);
    m->published_s = now_s();
    if (split(listen, &m->address, &port, e))
        m->http = httpd_start(
            &(httpd_options){
                .address = m->address, .port = port, .thread_count = 1, .connections = CONNECTIONS},
            &handler, e);
    if (m->http)
        return m;
    err_context(e, "metrics_listen");
    metrics_server_stop(m);
    return NULL;
}

char *metrics_server_url(const metrics_server *m)
{
    bool brackets = strchr(m->address, ':');
    return xasprintf("http://%s%s%s:%u", brackets ? "[" : "", m->address, brackets ? "]" : "",
                     httpd_port(m->http));
}

void metrics_server_publish(metrics_server *m, slice metrics, slice status, bool ready)
{
    pthread_mutex_lock(&m->lock);
    buf_clear(&m->metrics);
    buf_append_slice(&m->metrics, metrics);
    buf_clear(&m->status);
    buf_append_slice(&m->status, status);
    m->ready = ready;
    m->published_s = now_s();
    pthread_mutex_unlock(&m->lock);
}

void metrics_server_stop(metrics_server *m)
{
    if (!m)
        return;
    httpd_stop(m->http);
    pthread_mutex_destroy(&m->lock);
    free(m->address);
    buf_deinit(&m->metrics);
    buf_deinit(&m->status);
    free(m);
}
