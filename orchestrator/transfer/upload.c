#include "orchestrator/transfer/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "decon/base/fsutil.h"

struct upload {
    upload_target to;
    char *bucket, *key; /* copies, for messages */
    int fd;
    uint64_t size_bytes;
    s3_op *op;
};

static upload *upload_new(const upload_target *to)
{
    upload *u = xcalloc(1, sizeof *u);
    u->to = *to;
    u->to.bucket = u->bucket = xstrdup(to->bucket);
    u->to.key = u->key = xstrdup(to->key);
    u->fd = -1;
    return u;
}

static void upload_free(upload *u)
{
    if (u->fd >= 0)
        close(u->fd);
    free(u->bucket);
    free(u->key);
    free(u);
}

void upload_cancel(upload *u)
{
    if (!u)
        return;
    if (u->op)
        s3_op_cancel(u->op);
    upload_free(u);
}

static void end(void *ctx, const err *error)
{
    upload *u = ctx;
    upload_target to = u->to;
    err copy = error ? *error : (err)ERR_INIT;
    upload_free(u);
    to.on_done(to.ctx, error ? &copy : NULL);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    UNUSED(result);
    end(ctx, error);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    upload *u = ctx;
    err e = ERR_INIT;
    if (!error && object->size_bytes != u->size_bytes) {
        err_set(&e, ERR_S3_REPLY, "s3://%s/%s: %llu bytes went up, %llu stand there", u->bucket,
                u->key, (unsigned long long)u->size_bytes, (unsigned long long)object->size_bytes);
        error = &e;
    }
    end(u, error);
}

static void on_removed(void *ctx, const err *error)
{
    end(ctx, error && error->code == ERR_S3_NOT_FOUND ? NULL : error);
}

upload *upload_file(const upload_target *to, const char *path, const char *content_type, err *e)
{
    uint64_t size_bytes = 0;
    if (!fs_size(path, &size_bytes, e))
        return NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
        return NULL;
    }
    upload *u = upload_new(to);
    u->fd = fd;
    u->op = s3_put(to->s3, &(s3_put_options){.bucket = to->bucket,
                                             .key = to->key,
                                             .fd = fd,
                                             .size_bytes = size_bytes,
                                             .content_type = content_type,
                                             .on_done = on_put,
                                             .ctx = u});
    return u;
}

upload *upload_empty(const upload_target *to)
{
    upload *u = upload_new(to);
    u->op = s3_put(to->s3, &(s3_put_options){.bucket = to->bucket,
                                             .key = to->key,
                                             .data = SLICE_LIT(""),
                                             .fd = -1,
                                             .on_done = on_put,
                                             .ctx = u});
    return u;
}

upload *upload_confirm(const upload_target *to, uint64_t size_bytes)
{
    upload *u = upload_new(to);
    u->size_bytes = size_bytes;
    u->op = s3_head(to->s3, to->bucket, to->key, on_head, u);
    return u;
}

upload *upload_remove(const upload_target *to)
{
    upload *u = upload_new(to);
    u->op = s3_delete(to->s3, to->bucket, to->key, on_removed, u);
    return u;
}

upload *upload_copy(const upload_target *to, const s3_copy_options *from)
{
    upload *u = upload_new(to);
    s3_copy_options options = *from;
    options.to_bucket = to->bucket;
    options.to_key = to->key;
    options.on_done = end;
    options.ctx = u;
    u->op = s3_copy(to->s3, &options);
    return u;
}
