/* Uploads one object with one PutObject, and confirms it. */
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/protocol/etag.h"
#include "s3/put/put_op.h"

/* state    action                                            next
 * SINGLE   the body is hashed; PutObject                     end if the reply has an ETag and no body;
 *                                                            else PROVE. CONFIRM after a lost reply
 * PROVE    HeadObject (s3/put/proof.c)                       end; SINGLE after a pause, twice
 * CONFIRM  the same, but only an equal checksum confirms     end
 *          that an earlier attempt wrote the object        */

#define UNPROVEN_MAX 3 /* PutObject requests whose object is not in the store */
#define PAUSE_CAP_MS 20000

/* --- PROVE, CONFIRM --- */

void put_single_end(put_op *o, const err *e)
{
    if (!e)
        put_progress(o, o->size);
    if (!e)
        s3_integrity_learn(&o->op.client->integrity, &o->carried);
    op_finish(&o->op.base, e);
}

static void put_again(void *ctx)
{
    put_op *o = ctx;
    o->later = NULL;
    put_begin(o);
}

/* PutObject had no visible effect: sends it again after a pause. */
static void not_proven(put_op *o, const err *found)
{
    err e;
    s3_client *c = o->op.client;
    s3_proof_error(&o->doubt, found, &e);
    bool may_pass = found->code == ERR_S3_NOT_FOUND || found->code == ERR_S3_CHANGED;
    if (!may_pass || ++o->unproven >= UNPROVEN_MAX) {
        put_single_end(o, &e);
        return;
    }
    log_warn("%s; sending it again", e.message);
    o->later = timer_start(
        c->t, s3_backoff_ms(c->retry_base_ms, o->unproven, PAUSE_CAP_MS, transport_random(c->t)),
        put_again, o);
}

static void proven(put_op *o, const char *etag)
{
    free(o->etag);
    o->etag = xstrdup(etag);
    put_single_end(o, NULL);
}

static void md5_judge(put_op *o, s3_hash *hash)
{
    err other = ERR_INIT;
    s3_checksum mine = s3_hash_final(hash);
    if (s3_checksum_equal(&mine, &o->proof.md5)) {
        proven(o, o->proof.etag);
        return;
    }
    (void)err_set(&other, ERR_S3_CHANGED, "HeadObject: another object exists (MD5 differs)");
    not_proven(o, &other);
}

static void md5_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    put_op *o = ctx;
    o->job = NULL;
    if (e)
        not_proven(o, e);
    else
        md5_judge(o, &task->hash);
}

/* The store reports no checksum, but its ETag is the MD5 of the stored bytes. */
static void md5_begin(put_op *o)
{
    s3_hash_task task = {.fd = o->options.fd, .len = o->size};
    s3_hash_init(&task.hash, S3_CHECKSUM_MD5);
    if (o->options.fd >= 0) {
        o->job = s3_hash_start(o->op.client, &task, md5_hashed, o);
        return;
    }
    s3_hash_update(&task.hash, o->options.data.data, o->options.data.len);
    md5_judge(o, &task.hash);
}

static void prove_done(void *ctx, const char *etag, const s3_checksum *md5, const err *e)
{
    put_op *o = ctx;
    if (e)
        not_proven(o, e);
    else if (md5->kind == S3_CHECKSUM_MD5)
        md5_begin(o);
    else
        proven(o, etag);
}

static void confirm_done(void *ctx, const char *etag, const s3_checksum *md5, const err *e)
{
    put_op *o = ctx;
    UNUSED(md5);
    if (!e) {
        proven(o, etag);
        return;
    }
    err last = *e;
    if (e->code == ERR_S3_CHANGED) {
        last = (err)ERR_INIT;
        (void)err_set(&last, ERR_S3_CHANGED,
                      "PutObject: another object exists; it was not overwritten");
        s3_name_error(&last, o->to.bucket, o->to.key);
    }
    put_single_end(o, &last);
}

static void proof_begin(put_op *o, bool by_checksum)
{
    s3_request_cancel(&o->request);
    s3_proof_cancel(&o->proof);
    o->proof = (s3_proof){.client = o->op.client,
                          .bucket = o->to.bucket,
                          .key = o->to.key,
                          .headers = o->to.headers,
                          .size = o->size,
                          .checksum = o->checksum,
                          .by_checksum = by_checksum,
                          .began_ms = o->began_ms,
                          .on_done = by_checksum ? confirm_done : prove_done,
                          .ctx = o};
    s3_proof_start(&o->proof);
}

/* --- SINGLE --- */

static bool single_head(void *ctx, const http_reply *reply, err *e)
{
    put_op *o = ctx;
    UNUSED(e);
    o->doubt = (err)ERR_INIT;
    s3_checksum found = s3_checksum_of_reply(reply);
    const char *etag = s3_etag_of_reply(reply, &o->doubt);
    free(o->etag);
    o->etag = xstrdup_or_null(etag);
    if (found.kind != S3_CHECKSUM_NONE && found.kind == o->checksum.kind &&
        !s3_checksum_equal(&found, &o->checksum))
        (void)err_set(&o->doubt, ERR_S3_CHECKSUM, "%s is %s in the reply, the body's is %s",
                      s3_checksum_header(found.kind), found.text, o->checksum.text);
    return true;
}

/* Replies of PutObject have no body: one with a body is not from the store. */
static bool single_check(void *ctx, s3_request *r, err *e)
{
    put_op *o = ctx;
    if (o->doubt.code == ERR_NONE && !s3_reply_is_bare(&r->head, buf_slice(&r->reply), &o->doubt))
        o->doubt.cls = ERR_CLASS_ITEM;
    if (o->doubt.code == ERR_NONE)
        return true;
    *e = o->doubt;
    e->cls = ERR_CLASS_ITEM;
    return false;
}

static void single_done(void *ctx, s3_request *r, const err *e)
{
    put_op *o = ctx;
    bool tried = s3_was_tried_before(r) || o->unproven > 0;
    if (s3_digest_again(&o->digests, e)) {
        log_warn("%s; hashing and sending it again", e->message);
        put_begin(o);
    } else if (e && e->code == ERR_S3_REPLY && o->doubt.code == ERR_S3_REPLY) {
        o->doubt = *e;
        proof_begin(o, false);
    } else if (e && e->http_status == 412 && tried && o->carried.kind != S3_CHECKSUM_NONE) {
        proof_begin(o, true);
    } else if (e && put_worth_another(o, e)) {
        put_begin(o);
    } else {
        put_single_end(o, e);
    }
}

static void single_send(put_op *o, s3_hash_task *task)
{
    s3_request *r = &o->request;
    o->checksum = s3_hash_final(&task->hash);
    memcpy(o->sha256_hex, task->sha256_hex, sizeof o->sha256_hex);
    o->doubt = (err)ERR_INIT;
    if (o->began_ms == 0)
        o->began_ms = clock_now_ms(o->op.client->t);
    s3_request_cancel(r);
    *r = (s3_request){.operation = "PutObject",
                      .method = "PUT",
                      .bucket = o->to.bucket,
                      .key = o->to.key,
                      .object_headers = o->to.headers,
                      .error_in_ok = true,
                      .on_done = single_done,
                      .ctx = o};
    r->on_head = single_head;
    r->on_check = single_check;
    r->on_refusal = s3_refuses_digest;
    r->payload_sha256 = o->sha256_hex[0] ? o->sha256_hex : NULL;
    r->more_headers = o->to.fields.items;
    r->more_header_count = o->to.fields.count;
    s3_request_header(r, "If-None-Match", o->to.if_none_match);
    s3_request_header(r, "If-Match", o->to.if_match);
    if (o->carried.kind != S3_CHECKSUM_NONE)
        s3_request_header(r, s3_checksum_header(o->carried.kind), o->checksum.text);
    put_set_body(o, r, 0, o->size);
    s3_request_start(o->op.client, r);
}

static void single_hashed(void *ctx, s3_hash_task *task, const err *e)
{
    put_op *o = ctx;
    o->job = NULL;
    if (e) {
        err last = *e;
        s3_name_error(&last, o->to.bucket, o->to.key);
        put_single_end(o, &last);
    } else {
        single_send(o, task);
    }
}

void put_single(put_op *o)
{
    s3_hash_task task;
    if (put_hash_at_once(o, &task, 0, o->size))
        single_send(o, &task);
    else
        o->job = s3_hash_start(o->op.client, &task, single_hashed, o);
}
