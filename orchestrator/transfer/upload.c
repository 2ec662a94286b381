#include "base/util.h"
#include "orchestrator/transfer/upload.h"

#include <errno.h>
#include <unistd.h>

#include "base/security/fs_below.h"

typedef struct upload {
    op op;
    upload_target to;
    char *bucket, *key; /* copies, for messages */
    char *text;
    int fd;
    bool asked_checksum;
    s3_copy_options copy; /* strings of the source are borrowed */
    s3_op *request;
} upload;

static void upload_stop(op *o)
{
    upload *u = (upload *)o;
    s3_op_cancel(move(u->request));
}

static void upload_free(op *o)
{
    upload *u = (upload *)o;
    if (u->fd >= 0)
        close(u->fd);
    free(u->text);
    free(u->bucket);
    free(u->key);
    free(u);
}

static const op_kind upload_kind = {.stop = upload_stop, .free = upload_free};

static upload *upload_new(const upload_target *to)
{
    upload *u = op_new(&upload_kind, sizeof *u, NULL, NULL);
    u->op.on_done = to->on_done;
    u->op.ctx = to->ctx;
    u->to = *to;
    u->to.bucket = u->bucket = xstrdup(to->bucket);
    u->to.key = u->key = xstrdup(to->key);
    u->fd = -1;
    return u;
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    upload *u = ctx;
    if (!error) {
        u->to.proof->etag = xstrdup_or_null(result->etag);
        u->to.proof->checksum = result->checksum;
    }
    op_finish(&u->op, error);
}

/* --- confirmation --- */

static bool fits(const upload *u, const s3_object *object, err *e)
{
    const write_proof *p = u->to.proof;
    if (object->size_bytes != p->size_bytes)
        return err_set(
            e, ERR_S3_REPLY,
            "s3://%s/%s: size mismatch after upload: sent %llu bytes, the store has %llu",
            u->bucket, u->key, (unsigned long long)p->size_bytes,
            (unsigned long long)object->size_bytes);
    bool same_kind =
        p->checksum.kind != S3_CHECKSUM_NONE && p->checksum.kind == object->checksum.kind;
    if (same_kind && !s3_checksum_equal(&p->checksum, &object->checksum))
        return err_set(e, ERR_S3_REPLY,
                       "s3://%s/%s: %s mismatch after upload: sent %s, the store has %s", u->bucket,
                       u->key, s3_checksum_name(p->checksum.kind), p->checksum.text,
                       object->checksum.text);
    bool no_etag = !object->etag || !object->etag[0];
    if (same_kind || p->copied || (p->etag && no_etag) || s3_etag_equal(p->etag, object->etag))
        return true;
    if (!p->etag)
        return err_set(e, ERR_S3_REPLY,
                       "s3://%s/%s: unconfirmed upload: the store returned neither an ETag nor a "
                       "checksum; check the service at this endpoint",
                       u->bucket, u->key);
    return err_set(e, ERR_S3_REPLY,
                   "s3://%s/%s: ETag mismatch after upload: the store returned %s and now has %s; "
                   "another program may write to this key",
                   u->bucket, u->key, p->etag, object->etag);
}

static void on_head(void *ctx, const s3_object *object, const err *error);

/* The checksum is requested only if the ETag is not sufficient: under SSE-KMS it needs another
 * permission. */
static bool needs_checksum(const upload *u, const s3_object *object)
{
    const write_proof *p = u->to.proof;
    return !u->asked_checksum && p->checksum.kind != S3_CHECKSUM_NONE &&
           object->size_bytes == p->size_bytes && !s3_etag_equal(p->etag, object->etag);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    upload *u = ctx;
    err e = ERR_INIT;
    if (!error && needs_checksum(u, object)) {
        u->asked_checksum = true;
        u->request = s3_head_checksum(u->to.s3, u->bucket, u->key, on_head, u);
        return;
    }
    if (!error && !fits(u, object, &e))
        error = &e;
    if (!error) {
        write_proof_keep_metadata(u->to.proof, object->metadata, object->metadata_count);
        u->to.proof->last_modified_s = object->last_modified_s;
    }
    op_finish(&u->op, error);
}

static void on_removed(void *ctx, const err *error)
{
    upload *u = ctx;
    op_finish(&u->op, error && error->code == ERR_S3_NOT_FOUND ? NULL : error);
}

op *upload_file(const upload_target *to, int fd, const char *content_type, err *e)
{
    fs_identity file;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0 || !fs_identity_of(own, &file)) {
        err_set_errno(e, ERR_IO, errno, "s3://%s/%s: cannot read its local file", to->bucket,
                      to->key);
        util_auto_close(&own);
        return NULL;
    }
    upload *u = upload_new(to);
    u->fd = own;
    write_proof_deinit(to->proof);
    to->proof->size_bytes = file.size_bytes;
    u->request = s3_put(to->s3, &(s3_put_options){.bucket = to->bucket,
                                                  .key = to->key,
                                                  .fd = own,
                                                  .size_bytes = file.size_bytes,
                                                  .content_type = content_type,
                                                  .fields = to->metadata,
                                                  .field_count = to->metadata_count,
                                                  .on_done = on_put,
                                                  .ctx = u});
    return op_started(&u->op);
}

op *upload_text(const upload_target *to, slice text, const char *content_type)
{
    upload *u = upload_new(to);
    u->text = text.len ? slice_dup(text) : xstrdup("");
    write_proof_deinit(to->proof);
    to->proof->size_bytes = text.len;
    u->request = s3_put(to->s3, &(s3_put_options){.bucket = to->bucket,
                                                  .key = to->key,
                                                  .data = {.data = u->text, .len = text.len},
                                                  .fd = -1,
                                                  .content_type = content_type,
                                                  .fields = to->metadata,
                                                  .field_count = to->metadata_count,
                                                  .on_done = on_put,
                                                  .ctx = u});
    return op_started(&u->op);
}

op *upload_empty(const upload_target *to)
{
    return upload_text(to, SLICE_LIT(""), NULL);
}

op *upload_confirm(const upload_target *to)
{
    upload *u = upload_new(to);
    u->request = s3_head(to->s3, to->bucket, to->key, on_head, u);
    return op_started(&u->op);
}

op *upload_remove(const upload_target *to)
{
    upload *u = upload_new(to);
    u->request = s3_delete(to->s3, to->bucket, to->key, on_removed, u);
    return op_started(&u->op);
}

/* User metadata is limited to 2 KiB: if the source's leaves too little, this program's is
 * omitted. */
static void on_copied(void *ctx, const err *error)
{
    upload *u = ctx;
    if (error && u->copy.field_count && str_equal(error->s3_code, "MetadataTooLarge")) {
        u->copy.fields = NULL;
        u->copy.field_count = 0;
        u->copy.to_bucket = u->bucket;
        u->copy.to_key = u->key;
        u->request = s3_copy(u->to.s3, &u->copy);
        return;
    }
    op_finish(&u->op, error);
}

op *upload_copy(const upload_target *to, const s3_copy_options *from)
{
    upload *u = upload_new(to);
    s3_copy_options options = *from;
    write_proof_deinit(to->proof);
    to->proof->size_bytes = from->size_bytes;
    to->proof->copied = true;
    options.to_bucket = to->bucket;
    options.to_key = to->key;
    options.fields = to->metadata;
    options.field_count = to->metadata_count;
    options.on_done = on_copied;
    options.ctx = u;
    u->copy = options;
    u->request = s3_copy(to->s3, &options);
    return op_started(&u->op);
}
