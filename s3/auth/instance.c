#include "decon/s3/instance.h"

#include "base/op.h"
#include "base/util.h"
#include "s3/auth/imds.h"

typedef struct metadata_op {
    op op;
    s3_imds imds;
    s3_instance_done on_done;
    char *copy; /* of the text; NULL: it is empty */
} metadata_op;

static void metadata_stop(op *o)
{
    s3_imds_cancel(&((metadata_op *)o)->imds);
}

static void metadata_free(op *o)
{
    metadata_op *m = (metadata_op *)o;
    free(m->copy);
    free(m);
}

static void metadata_report(op *o, const err *error)
{
    metadata_op *m = (metadata_op *)o;
    m->on_done(o->ctx, slice_from(m->copy), error);
}

static const op_kind metadata_kind = {
    .stop = metadata_stop, .free = metadata_free, .report = metadata_report};

static void on_failure(void *ctx, const s3_role_keys *keys, const char *reason,
                       s3_key_trouble trouble)
{
    metadata_op *m = ctx;
    err e = ERR_INIT;
    UNUSED(keys);
    err_set(&e, trouble == S3_KEYS_REFUSED ? ERR_CONFIG : ERR_NET, "EC2 metadata service: %s",
            reason);
    op_finish(&m->op, &e);
}

static void on_document(void *ctx, slice text)
{
    metadata_op *m = ctx;
    m->copy = text.len ? slice_dup(text) : NULL;
    op_finish(&m->op, NULL);
}

s3_op *s3_instance_metadata(transport *t, const char *(*getenv_fn)(const char *name),
                            const char *path, s3_instance_done done, void *ctx)
{
    static const s3_profile no_profile;
    metadata_op *m = op_new(&metadata_kind, sizeof *m, NULL, t);
    m->op.ctx = ctx;
    m->on_done = done;
    s3_imds_init(&m->imds, t, on_failure, m);
    m->imds.document = path;
    m->imds.on_document = on_document;
    s3_imds_start(&m->imds, getenv_fn, &no_profile);
    return op_started(&m->op);
}
