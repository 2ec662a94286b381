#include "s3/client/request.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "s3/client/client.h"
#include "s3/client/retry_policy.h"

/* state    event                                               next
 * IDLE     s3_request_start                                    QUEUED
 * QUEUED   below the concurrency limit, with keys: sign, send  FLYING
 * FLYING   successful reply                                    IDLE, on_done
 *          reused connection closed before the first byte      QUEUED (in front, new connection)
 *          keys refused, other region, clock differs: once     QUEUED (in front)
 *          retryable: attempts and tokens are left             WAITING
 *          store unavailable, after it had answered before     WAITING (the attempt is not counted)
 *          throttled (503 SlowDown, 429), within outage_wait   WAITING (the attempt is not counted)
 *          anything else                                       IDLE, on_done with the error
 * WAITING  the pause has ended                                 QUEUED (in front)
 */

#define LONG_STALL_MS 300000
#define HASHED_BODY_MAX                                                                            \
    ((size_t)1024 * 1024) /* a larger body would block the loop while it is
                                                   hashed */
#define AUTHORIZATION_MAX ((size_t)8192)

void s3_name(const char *bucket, const char *key, char out[S3_NAME_SIZE])
{
    size_t len = key ? strlen(key) : 0;
    if (!bucket)
        snprintf(out, S3_NAME_SIZE, "s3");
    else if (len <= 260)
        snprintf(out, S3_NAME_SIZE, "s3://%.63s%s%s", bucket, key ? "/" : "", key ? key : "");
    else
        snprintf(out, S3_NAME_SIZE, "s3://%.63s/%.180s...%s", bucket, key, key + len - 70);
}

void s3_name_error(err *e, const char *bucket, const char *key)
{
    char name[S3_NAME_SIZE];
    s3_name(bucket, key, name);
    err_context(e, "%s", name);
}

void s3_request_header(s3_request *r, const char *name, const char *value)
{
    if (value && r->header_count < S3_REQUEST_HEADERS_MAX)
        r->headers[r->header_count++] = (http_header){name, value};
}

/* --- the queue --- */

static void queue_add(s3_request *r, bool in_front)
{
    s3_client *c = r->client;
    r->state = S3_REQUEST_QUEUED;
    r->sequence = ++c->queue_sequence;
    list_insert(&c->queue, &r->link, in_front ? c->queue.first : NULL);
    c->stats.queued++;
    s3_client_wake(c);
}

void s3_request_queue_again(s3_request *r)
{
    queue_add(r, true);
}

static void queue_remove(s3_request *r)
{
    s3_client *c = r->client;
    list_remove(&c->queue, &r->link);
    r->state = S3_REQUEST_IDLE;
    c->stats.queued--;
}

static void release(s3_request *r)
{
    buf_deinit(&r->reply);
    buf_deinit(&r->authorization);
    free(move(r->session_token));
    free(move(r->many_headers));
    s3_target_deinit(&r->target);
}

void s3_request_start(s3_client *c, s3_request *r)
{
    r->client = c;
    r->attempt = r->outage_tries = r->throttled_tries = r->tokens_taken = 0;
    r->renewed = r->redirected = r->clock_set = r->fresh_connection = r->repeated = false;
    r->payload_hash[0] = '\0';
    buf_init(&r->reply, r->reply_max_bytes ? r->reply_max_bytes : S3_REPLY_MAX_BYTES);
    buf_init(&r->authorization, AUTHORIZATION_MAX);
    queue_add(r, false);
}

/* The transport has finished it; the client may send another one. */
static void landed(s3_request *r)
{
    r->call = NULL;
    r->state = S3_REQUEST_IDLE;
    r->client->stats.in_flight--;
}

void s3_request_cancel(s3_request *r)
{
    switch (r->state) {
    case S3_REQUEST_IDLE:
        break;
    case S3_REQUEST_QUEUED:
        queue_remove(r);
        break;
    case S3_REQUEST_FLYING:
        http_cancel(r->client->t, r->call);
        landed(r);
        s3_client_wake(r->client);
        break;
    case S3_REQUEST_WAITING:
        timer_stop(r->client->t, r->pause);
        r->pause = NULL;
        r->state = S3_REQUEST_IDLE;
        break;
    }
    release(r);
}

/* --- sending --- */

static void hash_payload(s3_request *r)
{
    if (r->payload_hash[0])
        return;
    if (r->payload_sha256)
        snprintf(r->payload_hash, sizeof r->payload_hash, "%s", r->payload_sha256);
    else if (r->body_file_bytes > 0 || r->body.len > HASHED_BODY_MAX)
        snprintf(r->payload_hash, sizeof r->payload_hash, "%s", S3_UNSIGNED);
    else
        s3_sign_payload_hash(r->body, r->payload_hash);
}

static http_header *headers_of(s3_request *r)
{
    return r->many_headers ? r->many_headers : r->sent_headers;
}

static bool sign(s3_request *r, size_t *count, const s3_keys *keys, err *e)
{
    http_header *h = headers_of(r);
    s3_sign_date(clock_wall_s(r->client->t) + r->client->endpoint.clock_offset_s, r->date);
    hash_payload(r);
    h[(*count)++] = (http_header){"x-amz-date", r->date};
    h[(*count)++] = (http_header){"x-amz-content-sha256", r->payload_hash};
    free(r->session_token); /* a copy: the keys may be renewed while the request is in flight */
    r->session_token = keys->session_token ? xstrdup(keys->session_token) : NULL;
    if (r->session_token)
        h[(*count)++] = (http_header){"x-amz-security-token", r->session_token};
    s3_sign_request request = {.method = r->method,
                               .path = r->target.path,
                               .query = r->target.query,
                               .headers = h,
                               .header_count = *count,
                               .payload_hash = r->payload_hash,
                               .amz_date = r->date,
                               .region = r->region,
                               .service = "s3",
                               .key = s3_client_signing_key(r->client, keys, r->date, r->region)};
    buf_clear(&r->authorization);
    if (!s3_sign(&request, keys, &r->authorization, e))
        return false;
    h[(*count)++] = (http_header){"Authorization", buf_str(&r->authorization)};
    return true;
}

static bool on_head(void *ctx, const http_reply *reply, err *e);
static bool on_body(void *ctx, slice data, err *e);
static void on_done(void *ctx, const http_result *result);

static void fill_http(s3_request *r, size_t header_count)
{
    const s3_client *c = r->client;
    r->http =
        (http_request){.method = r->method,
                       .url = r->target.url,
                       .headers = headers_of(r),
                       .header_count = header_count,
                       .body = r->body,
                       .body_fd = r->body_fd,
                       .body_file_offset = r->body_file_offset,
                       .body_file_bytes = r->body_file_bytes,
                       .connect_timeout_ms = c->connect_timeout_ms,
                       .stall_timeout_ms = r->long_wait ? MAX(LONG_STALL_MS, c->stall_timeout_ms)
                                                        : c->stall_timeout_ms,
                       .no_reuse = r->fresh_connection,
                       .on_head = on_head,
                       .on_body = on_body,
                       .on_done = on_done,
                       .ctx = r};
}

/* Host and the owner's headers; those of object_options.c and of the signature are added later. */
static size_t gather_headers(s3_request *r)
{
    size_t count = 0;
    free(move(r->many_headers));
    if (r->more_header_count > 0)
        r->many_headers =
            xcalloc(ARRAY_LEN(r->sent_headers) + r->more_header_count, sizeof *r->many_headers);
    http_header *h = headers_of(r);
    h[count++] = (http_header){"Host", r->target.host};
    for (size_t i = 0; i < r->header_count; i++)
        h[count++] = r->headers[i];
    for (size_t i = 0; i < r->more_header_count; i++)
        h[count++] = r->more_headers[i];
    return count;
}

/* Google Cloud Storage decodes objects with Content-Encoding: gzip in transit unless the client
 * accepts gzip. Source: "Transcoding of gzip-compressed files" in its documentation. */
static bool asks_for_stored_bytes(const s3_request *r)
{
    bool reads = strcmp(r->operation, "GetObject") == 0 || strcmp(r->operation, "HeadObject") == 0;
    return reads && (r->client->asks_gzip || strstr(r->target.host, ".googleapis.com") != NULL);
}

static const s3_headers *object_headers(const s3_request *r)
{
    return r->object_headers ? r->object_headers : r->client->headers;
}

void s3_request_send(s3_request *r, const s3_keys *keys)
{
    s3_client *c = r->client;
    queue_remove(r);
    if (r->on_keys) {
        r->on_keys(r->ctx, keys);
        return;
    }
    if (r->on_send)
        r->on_send(r->ctx, r);
    buf_clear(&r->reply);
    r->head = (s3_reply){0};
    r->success_status = false;
    snprintf(r->region, sizeof r->region, "%s", s3_client_region(c, r->bucket));
    r->generation = c->credentials.generation;
    s3_target_deinit(&r->target);
    s3_endpoint_target(&c->endpoint, r->region, r->bucket, r->key, r->query, &r->target);
    size_t count = gather_headers(r);
    err e = ERR_INIT;
    if (!s3_headers_add(object_headers(r), r->operation, r->target.url, headers_of(r), &count,
                        &e) ||
        (keys && !sign(r, &count, keys, &e))) {
        s3_request_fail(r, &e);
        return;
    }
    /* Unsigned: Google's servers change it in transit. */
    if (asks_for_stored_bytes(r))
        headers_of(r)[count++] = (http_header){"Accept-Encoding", "gzip"};
    fill_http(r, count);
    r->attempt++;
    r->state = S3_REQUEST_FLYING;
    c->stats.in_flight++;
    c->stats.requests++;
    r->call = http_send(c->t, &r->http);
}

/* --- the reply --- */

static int64_t store_now_s(const s3_request *r)
{
    return clock_wall_s(r->client->t) + r->client->endpoint.clock_offset_s;
}

static bool on_head(void *ctx, const http_reply *reply, err *e)
{
    s3_request *r = ctx;
    s3_reply_take_head(&r->head, reply, store_now_s(r));
    r->success_status = s3_reply_is_success(r->operation, reply->status);
    return !r->success_status || !r->on_head || r->on_head(r->ctx, reply, e);
}

static bool on_body(void *ctx, slice data, err *e)
{
    s3_request *r = ctx;
    r->client->stats.bytes_received += data.len;
    if (r->success_status && r->on_body)
        return r->on_body(r->ctx, data, e);
    if (buf_append_slice(&r->reply, data) || !r->success_status)
        return true; /* the beginning of an error's body is enough */
    return err_set(e, ERR_S3_REPLY, "the reply exceeds %zu bytes", r->reply.max_bytes);
}

static void finish(s3_request *r, const err *e)
{
    r->on_done(r->ctx, r, e); /* may cancel it, may free it */
}

/* Ends with an error: adds context to its message and makes its class final. */
void s3_request_fail(s3_request *r, const err *e)
{
    err last = *e;
    char name[S3_NAME_SIZE];
    if (r->state == S3_REQUEST_QUEUED)
        queue_remove(r);
    unsigned tries = r->attempt + (r->throttled_tries ? r->throttled_tries - 1 : 0);
    if (tries > 1 && last.cls == ERR_CLASS_RETRY)
        err_append(&last, " (after %u attempts)", tries);
    s3_name(r->bucket, r->key, name);
    err_subject(&last, "%s", r->operation);
    err_context(&last, "%s", name);
    if (last.cls == ERR_CLASS_RETRY)
        last.cls = ERR_CLASS_ITEM;
    finish(r, &last);
}

static void succeed(s3_request *r)
{
    s3_client *c = r->client;
    s3_outage_success(&c->outage, clock_now_ms(c->t));
    c->stats.bytes_sent += r->body_file_bytes + r->body.len;
    s3_throttle_success(&c->throttle, r->tokens_taken);
    finish(r, NULL);
}

static void judge_reply(s3_request *r)
{
    err e = ERR_INIT;
    if (!s3_reply_take_error(&r->head, buf_slice(&r->reply)))
        log_debug("%s: %d without an <Error>", r->operation, r->head.status);
    s3_reply_error(&r->head, r->operation, r->key != NULL, &e);
    if (!r->head.foreign)
        s3_headers_explain(object_headers(r), r->operation, &e);
    s3_verdict verdict = s3_reply_verdict(&r->head, r->method, store_now_s(r));
    if (s3_reply_is_elsewhere(&r->head, verdict, r->region))
        verdict = S3_VERDICT_REGION;
    if (r->on_refusal && r->on_refusal(r->ctx, &r->head))
        verdict = S3_VERDICT_FAIL;
    if (verdict == S3_VERDICT_RETRY || verdict == S3_VERDICT_THROTTLED)
        e.cls = ERR_CLASS_RETRY;
    s3_request_judge(r, verdict, &e);
}

/* A 2xx reply whose content shows a failure. If the address has never answered as an S3 store, a
 * page is not retried. */
static void judge_content(s3_request *r, err *e)
{
    if (s3_reply_take_error(&r->head, buf_slice(&r->reply))) {
        judge_reply(r);
        return;
    }
    bool is_page = s3_reply_explain(&r->head, buf_slice(&r->reply), e);
    bool is_store = r->client->outage.answered;
    if (is_page && !is_store && e->cls == ERR_CLASS_RETRY)
        e->cls = ERR_CLASS_ITEM;
    if (is_page && is_store && strcmp(r->method, "GET") == 0)
        e->cls = ERR_CLASS_RETRY; /* perhaps a temporary failure of a proxy */
    s3_verdict may_pass = e->code == ERR_S3_THROTTLED ? S3_VERDICT_THROTTLED : S3_VERDICT_RETRY;
    s3_request_judge(r, e->cls == ERR_CLASS_RETRY ? may_pass : S3_VERDICT_FAIL, e);
}

static void on_done(void *ctx, const http_result *result)
{
    s3_request *r = ctx;
    s3_client *c = r->client;
    err e = ERR_INIT;
    r->repeated = r->repeated || result->repeated;
    landed(r);
    if (!result->ok)
        s3_request_judge(r, s3_broken_verdict(result), &result->error);
    else if (!r->success_status ||
             (r->error_in_ok && s3_reply_take_error(&r->head, buf_slice(&r->reply))))
        judge_reply(r);
    else if (r->on_check && !r->on_check(r->ctx, r, &e))
        judge_content(r, &e);
    else
        succeed(r);
    s3_client_pump(c);
}

bool s3_was_tried_before(const s3_request *r)
{
    return r->attempt > 1 || r->fresh_connection || r->repeated;
}
