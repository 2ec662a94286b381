/* A request to the fake transport, and its reply. */
#ifndef TESTS_UNIT_BASE_FAKE_SITE_H
#define TESTS_UNIT_BASE_FAKE_SITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "tests/fake/transport.h"

typedef struct probe {
    fake_transport *fake;
    http_request request;
    http_call *call;
    unsigned heads, bodies, dones;
    char content_length[32];
    buf body;
    http_result result;
    bool refuse, cancel_in_body;
    struct probe *next;
    buf *order; /* gets `letter` when done */
    char letter;
} probe;

static inline bool probe_head(void *ctx, const http_reply *reply, err *e)
{
    probe *p = ctx;
    p->heads++;
    const char *length = http_reply_header(reply, "content-length");
    snprintf(p->content_length, sizeof p->content_length, "%s", length ? length : "none");
    return p->refuse ? err_set(e, ERR_S3_CHANGED, "not this one") : true;
}

static inline bool probe_body(void *ctx, slice data, err *e)
{
    UNUSED(e);
    probe *p = ctx;
    p->bodies++;
    buf_append_slice(&p->body, data);
    if (p->cancel_in_body)
        http_cancel(fake_transport_base(p->fake), p->call);
    return true;
}

static inline void probe_send(probe *p)
{
    p->call = http_send(fake_transport_base(p->fake), &p->request);
}

static inline void probe_done(void *ctx, const http_result *result)
{
    probe *p = ctx;
    p->dones++;
    p->result = *result;
    if (p->order)
        buf_append_char(p->order, p->letter);
    if (p->next)
        probe_send(p->next);
}

static inline void probe_init(probe *p, fake_transport *f, const char *method, const char *url)
{
    *p = (probe){.fake = f};
    buf_init(&p->body, 1 << 20);
    p->request = (http_request){.method = method,
                                .url = url,
                                .body_fd = -1,
                                .on_head = probe_head,
                                .on_body = probe_body,
                                .on_done = probe_done,
                                .ctx = p};
}

static inline void probe_deinit(probe *p)
{
    buf_deinit(&p->body);
}
DEFINE_AUTO(probe, probe_deinit)

static int set_up(void **state)
{
    *state = fake_new();
    return 0;
}

static inline int tear_down(void **state)
{
    fake_free(*state);
    return 0;
}

#endif
