#include "base/util.h"
#include "s3/auth/credential_request.h"

#include "s3/protocol/http_date.h"

#define BODY_MAX_BYTES     ((size_t)64 * 1024)
#define TRIES              3
#define PAUSE_MS           ((uint64_t)200) /* before the second attempt, doubled before the third */
#define CONNECT_TIMEOUT_MS 2000
#define TOTAL_TIMEOUT_MS   10000

void s3_ask_init(s3_ask *a, transport *t, void (*on_end)(void *ctx, const s3_answer *answer),
                 void *ctx)
{
    *a = (s3_ask){.t = t, .on_end = on_end, .ctx = ctx};
    buf_init(&a->body, BODY_MAX_BYTES);
}

void s3_ask_cancel(s3_ask *a)
{
    http_cancel(a->t, move(a->call));
    timer_stop(a->t, move(a->pause));
    buf_deinit(&a->body);
}

static bool on_head(void *ctx, const http_reply *reply, err *e)
{
    s3_ask *a = ctx;
    UNUSED(e);
    if (!s3_when_parse(http_reply_header(reply, "Date"), &a->date_s))
        a->date_s = 0;
    return true;
}

static bool on_body(void *ctx, slice data, err *e)
{
    s3_ask *a = ctx;
    return buf_append_slice(&a->body, data) ||
           err_set(e, ERR_LIMIT, "the answer exceeds %zu bytes", BODY_MAX_BYTES);
}

static void send_now(s3_ask *a)
{
    a->tries++;
    a->date_s = 0;
    buf_clear(&a->body);
    a->call = http_send(a->t, &a->request);
}

static void pause_over(void *ctx)
{
    s3_ask *a = ctx;
    a->pause = NULL;
    send_now(a);
}

/* TLS errors are retried: at boot they may be caused by the network or by a wrong clock. */
static s3_key_trouble trouble_of(const s3_ask *a, const http_result *result,
                                 const s3_answer *answer)
{
    bool no_reply = result->error.cls == ERR_CLASS_RETRY || result->error.code == ERR_NET_TLS;
    if (!result->ok)
        return no_reply ? S3_KEYS_UNREACHABLE : S3_KEYS_REFUSED;
    bool busy =
        answer->status == 429 || answer->status >= 500 || (a->may_pass && a->may_pass(answer));
    return busy ? S3_KEYS_BUSY : S3_KEYS_REFUSED;
}

static void on_done(void *ctx, const http_result *result)
{
    s3_ask *a = ctx;
    a->call = NULL;
    s3_answer answer = {.status = result->status,
                        .date_s = a->date_s,
                        .body = buf_slice(&a->body),
                        .error = result->ok ? NULL : result->error.message};
    answer.trouble = trouble_of(a, result, &answer);
    if (a->tries < TRIES && answer.trouble != S3_KEYS_REFUSED) {
        uint64_t pause_ms = PAUSE_MS << (a->tries - 1);
        a->pause = timer_start(a->t, pause_ms / 2 + transport_random(a->t) % (pause_ms / 2),
                               pause_over, a);
        return;
    }
    /* The provider may start the next request inside on_end, which uses its own buffer. */
    AUTO(buf) body = a->body;
    buf_init(&a->body, BODY_MAX_BYTES);
    a->on_end(a->ctx, &answer);
}

void s3_ask_start(s3_ask *a, const http_request *request)
{
    a->request = *request;
    a->request.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    a->request.total_timeout_ms = TOTAL_TIMEOUT_MS;
    a->request.on_head = on_head;
    a->request.on_body = on_body;
    a->request.on_done = on_done;
    a->request.ctx = a;
    a->tries = 0;
    send_now(a);
}
