/* GetBucketVersioning, PutBucketVersioning. */
#include "decon/s3/buckets.h"

#include <strings.h>

#include "base/util.h"
#include "s3/client/simple_op.h"
#include "s3/protocol/xml.h"

#define ROOT "VersioningConfiguration"

static const char *const statuses[] = {
    [S3_VERSIONING_ENABLED] = "Enabled", [S3_VERSIONING_SUSPENDED] = "Suspended"};

typedef struct versioning_op {
    s3_simple_op simple;
    s3_versioning_done done;
    s3_versioning state;
    bool whole, has_status; /* of the current reply */
} versioning_op;

static void versioning_report(op *p, const err *e)
{
    const versioning_op *o = (const versioning_op *)p;
    o->done(p->ctx, e ? S3_VERSIONING_OFF : o->state, e);
}

static const op_kind get_kind = {.free = s3_simple_free, .report = versioning_report};
static const op_kind set_kind = {.free = s3_simple_free};

static bool take_status(versioning_op *o, const char *text, err *e)
{
    s3_versioning state = str_equal(text, statuses[S3_VERSIONING_ENABLED]) ? S3_VERSIONING_ENABLED
                          : str_equal(text, statuses[S3_VERSIONING_SUSPENDED])
                              ? S3_VERSIONING_SUSPENDED
                              : S3_VERSIONING_OFF;
    if (state == S3_VERSIONING_OFF)
        return err_set(e, ERR_S3_REPLY, "the Status '%.64s' is unknown", text);
    if (o->has_status && o->state != state)
        return err_set(e, ERR_S3_REPLY, "the reply has two Statuses");
    o->has_status = true;
    o->state = state;
    return true;
}

/* Some stores have further elements. */
static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    versioning_op *o = ctx;
    o->whole |= str_equal(path, ROOT);
    if (str_equal(path, ROOT "/Status"))
        return take_status(o, text, e);
    return strcasecmp(path, ROOT "/Status") != 0 ||
           err_set(e, ERR_S3_REPLY, "the reply writes Status in another case");
}

static bool versioning_check(void *ctx, s3_request *r, err *e)
{
    versioning_op *o = ctx;
    o->whole = o->has_status = false;
    o->state = S3_VERSIONING_OFF; /* a bucket that never had versioning has no Status */
    if (!s3_xml_read(buf_slice(&r->reply), on_element, o, e)) {
        if (e->code == ERR_PARSE)
            e->cls = ERR_CLASS_RETRY;
        e->code = ERR_S3_REPLY;
        return false;
    }
    return o->whole || err_set(e, ERR_S3_REPLY, "the reply is not a " ROOT);
}

s3_op *s3_get_versioning(s3_client *c, const char *bucket, s3_versioning_done done, void *ctx)
{
    versioning_op *o = s3_simple_new(c, &get_kind, sizeof *o, bucket, NULL, NULL, ctx);
    o->done = done;
    s3_request *r = s3_simple_request(o, "GetBucketVersioning", "GET");
    r->query = "versioning=";
    r->on_check = versioning_check;
    s3_simple_send(o);
    return op_started(&o->simple.op.base);
}

s3_op *s3_set_versioning(s3_client *c, const char *bucket, s3_versioning state, s3_done done,
                         void *ctx)
{
    err e = ERR_INIT;
    s3_simple_op *o = s3_simple_new(c, &set_kind, sizeof *o, bucket, NULL, done, ctx);
    s3_simple_request(o, "PutBucketVersioning", "PUT")->query = "versioning=";
    buf_printf(&o->text,
               "<" ROOT " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>%s</Status>"
               "</" ROOT ">",
               state == S3_VERSIONING_OFF ? "" : statuses[state]);
    if (state != S3_VERSIONING_OFF && s3_simple_xml(o, &o->text)) {
        s3_simple_change(o);
    } else {
        err_set(&e, ERR_USAGE, "versioning can be suspended, not switched off");
        s3_name_error(&e, bucket, NULL);
        op_finish(&o->op.base, &e);
    }
    return op_started(&o->op.base);
}
