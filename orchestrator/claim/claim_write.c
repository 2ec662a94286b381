#include "base/util.h"
#include "orchestrator/claim/claim_write.h"

#include "base/json/json_read.h"

#define TRIES_MAX 5 /* of one write: each follows a refusal that leaves the owner unknown */

typedef struct claim_write {
    op op;
    claim_write_options o;
    char *bucket, *key, *nonce, *if_match;
    buf body, found;
    s3_op *request;
    unsigned tries;
    err refusal;
    char *etag;
    claim_write_done on_done;
} claim_write;

static void write_stop(op *o)
{
    claim_write *w = (claim_write *)o;
    op_cancel(move(w->request));
}

static void write_free(op *o)
{
    claim_write *w = (claim_write *)o;
    char *strings[] = {w->bucket, w->key, w->nonce, w->if_match, w->etag};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
    buf_deinit(&w->body);
    buf_deinit(&w->found);
    free(w);
}

static void write_report(op *o, const err *error)
{
    claim_write *w = (claim_write *)o;
    w->on_done(w->op.ctx, error ? NULL : w->etag, error);
}

static const op_kind write_kind = {.stop = write_stop, .free = write_free, .report = write_report};

static void send(claim_write *w);

static void finish_written(claim_write *w, const char *etag)
{
    w->etag = xstrdup(etag ? etag : "");
    op_finish(&w->op, NULL);
}

static bool nonce_is_mine(const claim_write *w)
{
    static const char *const member = "nonce";
    json_value nonce;
    AUTO(buf) scratch = BUF(CLAIM_BODY_MAX_BYTES);
    slice text;
    return w->nonce && json_read_members(buf_slice(&w->found), &member, &nonce, 1, NULL, NULL) &&
           nonce.type == JSON_STRING && json_text(&nonce, &scratch, &text) &&
           slice_equal_str(text, w->nonce);
}

/* The object has been read: determines its owner. */
static void judge_found(claim_write *w, const char *etag)
{
    if (!nonce_is_mine(w)) {
        op_finish(&w->op, NULL);
    } else if (slice_equal(buf_slice(&w->found), buf_slice(&w->body))) {
        finish_written(w, etag);
    } else { /* an earlier write of this host, whose reply was lost */
        free(w->if_match);
        w->if_match = xstrdup(etag ? etag : "");
        send(w);
    }
}

static bool on_data(void *ctx, slice data, err *e)
{
    claim_write *w = ctx;
    return buf_append_slice(&w->found, data) || err_set(e, ERR_LIMIT, "the object is not a claim");
}

static void on_restart(void *ctx)
{
    buf_clear(&((claim_write *)ctx)->found);
}

static void on_read(void *ctx, const s3_get_result *result, const err *error)
{
    claim_write *w = ctx;
    w->request = NULL;
    bool gone = error && error->code == ERR_S3_NOT_FOUND;
    if (gone && !w->if_match)
        send(w); /* it was removed meanwhile */
    else if (gone || (error && error->code == ERR_LIMIT))
        op_finish(&w->op, NULL);
    else if (error)
        op_finish(&w->op, error);
    else
        judge_found(w, result->etag);
}

static void read_owner(claim_write *w)
{
    buf_clear(&w->found);
    w->request = s3_get(w->o.s3, &(s3_get_options){.bucket = w->bucket,
                                                   .key = w->key,
                                                   .fd = -1,
                                                   .on_data = on_data,
                                                   .on_restart = on_restart,
                                                   .on_done = on_read,
                                                   .ctx = w});
}

static bool is_refusal(const claim_write *w, const err *error)
{
    return error->code == ERR_S3_CHANGED || error->http_status == 412 ||
           error->http_status == 409 || (w->if_match && error->http_status == 404);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    claim_write *w = ctx;
    w->request = NULL;
    if (!error) {
        finish_written(w, result->etag);
    } else if (is_refusal(w, error)) {
        w->refusal = *error;
        read_owner(w);
    } else {
        op_finish(&w->op, error);
    }
}

static void send(claim_write *w)
{
    if (w->tries++ == TRIES_MAX) {
        op_finish(&w->op, &w->refusal);
        return;
    }
    w->request = s3_put(w->o.s3, &(s3_put_options){.bucket = w->bucket,
                                                   .key = w->key,
                                                   .data = buf_slice(&w->body),
                                                   .fd = -1,
                                                   .content_type = "application/json",
                                                   .if_match = w->if_match,
                                                   .if_none_match = w->if_match ? NULL : "*",
                                                   .on_done = on_put,
                                                   .ctx = w});
}

op *claim_write_start(const claim_write_options *options)
{
    claim_write *w = op_new(&write_kind, sizeof *w, NULL, options->transport);
    w->op.ctx = options->ctx;
    w->on_done = options->on_done;
    w->o = *options;
    w->bucket = xstrdup(options->bucket);
    w->key = xstrdup(options->key);
    w->nonce = xstrdup_or_null(options->nonce);
    w->if_match = xstrdup_or_null(options->if_match);
    buf_init(&w->body, CLAIM_BODY_MAX_BYTES);
    buf_init(&w->found, CLAIM_BODY_MAX_BYTES);
    buf_append_slice(&w->body, options->body);
    send(w);
    return op_started(&w->op);
}
