/* Deletes one object if it is still the version that the caller knows. */
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/client/version_look.h"
#include "s3/operations/delete_object.h"
#include "s3/protocol/etag.h"

/* state    request                        next
 * CHECK    HeadObject (not at AWS, which  REMOVE if the ETag is equal; the end if it differs or the
 *          supports If-Match)             object does not exist
 * REMOVE   DeleteObject with If-Match     end. CHECK if the store refuses that header, or if a 412 may
 *                                         refer to an earlier request whose reply was lost. WITNESS
 *                                         if CHECK found the ETag: some stores refuse If-Match with
 *                                         the ETag that they report
 * WITNESS  GetObject, headers only        REMOVE without If-Match, if it has the same ETag
 * If the store ignores If-Match, another writer may act between the two requests; a store that refuses
 * it does not get it again. */

typedef struct delete_op {
    s3_simple_op simple;      /* its request: CHECK */
    s3_delete_object removal; /* REMOVE */
    char *etag;
    uint64_t size_bytes;
    bool refused; /* 412: CHECK finds out whether it was deleted or replaced */
    bool checked; /* CHECK found this ETag */
    s3_version_look witness;
    err refusal; /* 412 after that: If-Match may be unusable */
} delete_op;

static void delete_free(op *p)
{
    delete_op *o = (delete_op *)p;
    s3_delete_object_cancel(&o->removal);
    s3_version_look_cancel(&o->witness);
    free(o->etag);
    s3_simple_free(p);
}

static const op_kind delete_kind = {.free = delete_free};

static void check_begin(delete_op *o);

/* --- WITNESS --- */

static void remove_begin(delete_op *o);

static void witness_done(void *ctx, bool same, const err *e)
{
    delete_op *o = ctx;
    UNUSED(e);
    if (!same) {
        op_finish(&o->simple.op.base, &o->refusal);
        return;
    }
    log_warn("%s: HeadObject and GetObject show the same ETag: If-Match is unusable in this store; "
             "objects are compared before they are deleted",
             o->refusal.message);
    o->simple.op.client->no_conditional_delete = true;
    remove_begin(o);
}

static void witness_begin(delete_op *o, const err *refusal)
{
    o->refusal = *refusal;
    o->witness = (s3_version_look){.client = o->simple.op.client,
                                   .bucket = o->simple.bucket,
                                   .key = o->simple.key,
                                   .etag = o->etag,
                                   .on_done = witness_done,
                                   .ctx = o};
    s3_version_look_start(&o->witness);
}

/* --- REMOVE --- */

static bool refuses_condition(const err *e)
{
    return e && (e->http_status == 501 || strcmp(e->s3_code, "NotImplemented") == 0 ||
                 (e->http_status == 400 && strncmp(e->s3_code, "Invalid", 7) == 0));
}

static void remove_done(void *ctx, const err *e)
{
    delete_op *o = ctx;
    if (!e || e->code == ERR_S3_NOT_FOUND) {
        op_finish(&o->simple.op.base, NULL); /* it does not exist, as requested */
    } else if (refuses_condition(e) && !o->simple.op.client->no_conditional_delete) {
        log_info("%s: the store does not support If-Match here; objects are checked before",
                 e->message);
        o->simple.op.client->no_conditional_delete = true;
        check_begin(o);
    } else if (e->http_status == 412 && o->removal.tried) {
        o->refused = true;
        check_begin(o);
    } else if (e->http_status == 412 && o->checked && !err_is_set(&o->refusal)) {
        witness_begin(o, e);
    } else {
        op_finish(&o->simple.op.base, e);
    }
}

/* A weak ETag never matches in If-Match (RFC 9110, section 13.1.1). */
static bool is_conditional(const delete_op *o)
{
    return !o->simple.op.client->no_conditional_delete && !s3_etag_is_weak(o->etag);
}

static void remove_begin(delete_op *o)
{
    s3_delete_object_cancel(&o->removal);
    o->removal = (s3_delete_object){.client = o->simple.op.client,
                                    .bucket = o->simple.bucket,
                                    .key = o->simple.key,
                                    .if_match = is_conditional(o) ? o->etag : NULL,
                                    .etag = o->etag,
                                    .on_done = remove_done,
                                    .ctx = o};
    s3_delete_object_start(&o->removal);
}

/* --- CHECK --- */

/* A false reply to an earlier GetObject may have had the ETag of the object, but not its size. */
static bool has_size(const delete_op *o, const http_reply *reply, err *e)
{
    uint64_t size_bytes = 0;
    const char *length = http_reply_header(reply, "Content-Length");
    if (o->size_bytes == S3_SIZE_UNKNOWN || !length || !num_parse_u64(length, &size_bytes) ||
        size_bytes == o->size_bytes)
        return true;
    return err_set(e, ERR_S3_CHANGED,
                   "the object has %llu bytes, but %llu were received; it was not deleted",
                   (unsigned long long)size_bytes, (unsigned long long)o->size_bytes);
}

static bool check_head(void *ctx, const http_reply *reply, err *e)
{
    const delete_op *o = ctx;
    const char *etag = http_reply_header(reply, "ETag");
    if (s3_etag_equal(etag, o->etag) && !o->refused)
        return has_size(o, reply, e);
    return err_set(e, ERR_S3_CHANGED, "the object was replaced (ETag %s); it was not deleted",
                   etag ? etag : "missing");
}

static void check_done(void *ctx, s3_request *r, const err *e)
{
    delete_op *o = ctx;
    UNUSED(r);
    o->checked = true;
    if (!e)
        remove_begin(o);
    else
        op_finish(&o->simple.op.base, e->code == ERR_S3_NOT_FOUND ? NULL : e);
}

static void check_begin(delete_op *o)
{
    s3_delete_object_cancel(&o->removal);
    s3_request *r = s3_simple_request(o, "HeadObject", "HEAD");
    r->on_head = check_head;
    r->on_done = check_done;
    s3_simple_send(o);
}

s3_op *s3_delete_if(s3_client *c, const char *bucket, const char *key, const char *etag,
                    uint64_t size_bytes, s3_done done, void *ctx)
{
    delete_op *o = s3_simple_new(c, &delete_kind, sizeof *o, bucket, key, done, ctx);
    o->etag = xstrdup(etag);
    o->size_bytes = size_bytes;
    if (c->endpoint.custom || !is_conditional(o))
        check_begin(o);
    else
        remove_begin(o);
    return op_started(&o->simple.op.base);
}
