/* XML replies: the reader alone, its errors, and the operations that read such replies (listing,
 * uploads, copy, multi-object delete), which get the input once and an error after that. Each
 * operation ends exactly once for any input. */
#include <stdlib.h>
#include <string.h>

#include "decon/base/log.h"
#include "decon/s3/buckets.h"
#include "decon/s3/delete_many.h"
#include "s3/client/reply.h"
#include "decon/s3/s3.h"
#include "decon/s3/uploads.h"
#include "base/util.h"
#include "s3/protocol/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* --- a transport whose replies are all in memory: requests and timers are steps in one queue --- */

typedef struct step {
    struct step *next;
    http_request request;    /* of a call */
    void (*fire)(void *ctx); /* of a timer */
    void *ctx;
} step;

typedef struct world {
    transport transport;
    step *first;
    slice answer;
    unsigned answers; /* bytes given so far */
    unsigned ends;    /* on_done of the operation */
} world;

static step *append(world *w, step *s)
{
    step **at = &w->first;
    while (*at)
        at = &(*at)->next;
    *at = s;
    return s;
}

static void drop(world *w, const void *which)
{
    for (step **at = &w->first; *at; at = &(*at)->next)
        if (*at == which) {
            step *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
}

static http_call *on_send(transport *t, const http_request *request)
{
    step *s = xcalloc(1, sizeof *s);
    s->request = *request;
    return (http_call *)append((world *)t, s);
}

static void on_cancel(transport *t, http_call *call)
{
    drop((world *)t, call);
}

static timer *on_timer_start(transport *t, uint64_t delay_ms, void (*fire)(void *ctx), void *ctx)
{
    UNUSED(delay_ms);
    step *s = xcalloc(1, sizeof *s);
    s->fire = fire;
    s->ctx = ctx;
    return (timer *)append((world *)t, s);
}

static void on_timer_stop(transport *t, timer *pending)
{
    drop((world *)t, pending);
}

static uint64_t zero(transport *t)
{
    UNUSED(t);
    return 0;
}

static int64_t on_wall_s(transport *t)
{
    UNUSED(t);
    return 1800000000;
}

static void answer(world *w, const http_request *r)
{
    bool first = w->answers++ == 0;
    http_reply head = {.status = first ? 200 : 404};
    http_result result = {.ok = true, .status = head.status, .first_byte = true};
    slice body = first ? w->answer : SLICE_LIT("<Error><Code>NoSuchBucket</Code></Error>");
    if (r->on_head && !r->on_head(r->ctx, &head, &result.error))
        result.ok = false;
    if (result.ok && r->on_body && !r->on_body(r->ctx, body, &result.error))
        result.ok = false;
    result.body_bytes = body.len;
    r->on_done(r->ctx, &result);
}

static void run_all(world *w)
{
    for (unsigned count = 0; w->first; count++) {
        expect(count < 10000); /* the operation has not ended */
        step *s = w->first;
        w->first = s->next;
        if (s->fire)
            s->fire(s->ctx);
        else
            answer(w, &s->request);
        free(s);
    }
}

/* --- the operations --- */

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    UNUSED(ctx), UNUSED(e);
    expect(object->key != NULL);
    return true;
}

static bool on_prefix(void *ctx, const char *prefix, err *e)
{
    UNUSED(ctx), UNUSED(e);
    expect(prefix != NULL);
    return true;
}

static bool on_upload(void *ctx, const s3_upload *upload, err *e)
{
    UNUSED(ctx), UNUSED(e);
    expect(upload->key && upload->upload_id);
    return true;
}

static void on_done(void *ctx, const err *error)
{
    world *w = ctx;
    w->ends++;
    expect(!error || error->message[0] != '\0');
}

static void on_key_error(void *ctx, const char *key, const char *version, const err *error)
{
    UNUSED(ctx);
    UNUSED(version);
    expect(key && error->message[0] != '\0');
}

static void on_deleted(void *ctx, size_t left, const err *error)
{
    UNUSED(left);
    on_done(ctx, error);
}

static void start(s3_client *c, world *w, unsigned which)
{
    static const char *const keys[] = {"a", "b"};
    if (which == 0)
        s3_list(c, &(s3_list_options){.bucket = "bucket",
                                      .delimiter = "/",
                                      .on_object = on_object,
                                      .on_prefix = on_prefix,
                                      .on_done = on_done,
                                      .ctx = w});
    else if (which == 1)
        s3_list_uploads(
            c, &(s3_list_uploads_options){
                   .bucket = "bucket", .on_upload = on_upload, .on_done = on_done, .ctx = w});
    else if (which == 2)
        s3_copy(c, &(s3_copy_options){.from_bucket = "bucket",
                                      .from_key = "from",
                                      .size_known = true,
                                      .to_bucket = "bucket",
                                      .to_key = "to",
                                      .on_done = on_done,
                                      .ctx = w});
    else
        s3_delete_many(c, &(s3_delete_many_options){.bucket = "bucket",
                                                    .keys = keys,
                                                    .key_count = ARRAY_LEN(keys),
                                                    .on_key_error = on_key_error,
                                                    .on_done = on_deleted,
                                                    .ctx = w});
}

static void try_operation(slice document, unsigned which)
{
    static const transport_ops ops = {.send = on_send,
                                      .cancel = on_cancel,
                                      .timer_start = on_timer_start,
                                      .timer_stop = on_timer_stop,
                                      .now_ms = zero,
                                      .wall_s = on_wall_s,
                                      .random = zero};
    world w = {.transport = {&ops}, .answer = document};
    err e = ERR_INIT;
    s3_config config = {
        .endpoint = "http://127.0.0.1:1", .region = "us-east-1", .no_sign_request = true};
    s3_client *c = s3_client_new(&w.transport, &config, &e);
    expect(c != NULL);
    start(c, &w, which);
    run_all(&w);
    expect(w.ends == 1);
    s3_client_free(c);
    expect(w.first == NULL);
}

/* --- the reader --- */

static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    UNUSED(e);
    *(size_t *)ctx += strlen(text);
    expect(path[0] != '\0' && path[0] != '/' && strlen(path) < S3_XML_PATH_MAX_BYTES);
    expect(strlen(text) <= S3_XML_TEXT_MAX_BYTES);
    return true;
}

/* Escaped text is read back unchanged if XML can represent it. */
static void try_escaping(slice text)
{
    AUTO(buf) document = BUF(1 << 20);
    err e = ERR_INIT;
    size_t ignored = 0;
    buf_append_str(&document, "<a>");
    if (!s3_xml_escape(text, &document))
        return;
    buf_append_str(&document, "</a>");
    if (!s3_xml_read(buf_slice(&document), on_element, &ignored, &e))
        return;
    AUTO_FREE char *back = s3_xml_find(buf_slice(&document), "a");
    AUTO_FREE char *same = slice_dup(text);
    expect(back && strcmp(back, same) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const log_options quiet = {.level = LOG_ERROR};
    slice document = {(const char *)data, size};
    log_setup(&quiet);
    size_t text_bytes = 0;
    err e = ERR_INIT;
    bool ok = s3_xml_read(document, on_element, &text_bytes, &e);
    expect(ok || e.message[0] != '\0');
    expect(text_bytes <= size ||
           memchr(data, '&', size)); /* text never grows, except by references such as `&#160;` */
    s3_reply reply = {.status = 500};
    s3_reply_take_error(&reply, document);
    s3_reply_verdict(&reply, "GET", 0);
    s3_reply_error(&reply, "GetObject", true, &e);
    try_escaping(document);
    for (unsigned which = 0; which < 4; which++)
        try_operation(document, which);
    return 0;
}
