#include "orchestrator/certify/certificate_sample.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/s3/etag.h"
#include "decon/s3/uri.h"
#include "orchestrator/runtime/store_heads.h"

typedef struct sample_run {
    const certificate_check *check;
    const char *bucket;
    certificate_sample *out;
    size_t next;
    err error; /* the first error: no more requests are sent */
} sample_run;

static char *next_key(void *ctx, size_t *index)
{
    sample_run *r = ctx;
    if (r->next == r->check->drawn_count || err_is_set(&r->error))
        return NULL;
    *index = r->next++;
    return xstrdup(r->check->drawn[*index].key);
}

static bool same_kind(const certificate_drawn *line, const s3_object *object)
{
    return line->checksum.kind != S3_CHECKSUM_NONE && line->checksum.kind == object->checksum.kind;
}

/* What differs; NULL: nothing. */
static const char *difference(const certificate_drawn *line, const s3_object *object)
{
    if (line->size_bytes != object->size_bytes)
        return "size";
    if (line->etag[0] && object->etag && !s3_etag_equal(line->etag, object->etag))
        return "ETag";
    if (same_kind(line, object) && !s3_checksum_equal(&line->checksum, &object->checksum))
        return "checksum";
    return NULL;
}

static void report(sample_run *r, const certificate_drawn *line, const char *what)
{
    r->out->different++;
    log_error("s3://%s/%s: not as certified: %s", r->bucket, line->key, what);
}

static void take_head(void *ctx, size_t index, const s3_object *object, const err *error)
{
    sample_run *r = ctx;
    const certificate_drawn *line = &r->check->drawn[index];
    if (error && error->code == ERR_S3_NOT_FOUND) {
        report(r, line, "it no longer exists");
    } else if (error) {
        if (!err_is_set(&r->error))
            r->error = *error;
    } else if (difference(line, object)) {
        AUTO_FREE char *what = xasprintf("its %s differs", difference(line, object));
        report(r, line, what);
    } else {
        r->out->same++;
        r->out->with_checksum += same_kind(line, object);
    }
}

bool certificate_sample_compare(const certificate_check *c, store_session *session,
                                certificate_sample *out, err *e)
{
    AUTO(s3_uri) input = {0};
    *out = (certificate_sample){.same = 0};
    if (!s3_uri_parse(c->head.input, &input, e))
        return false;
    sample_run run = {.check = c, .bucket = input.bucket, .out = out};
    store_session_head(session, &(store_heads){.bucket = input.bucket,
                                               .with_checksum = true,
                                               .next = next_key,
                                               .take = take_head,
                                               .ctx = &run});
    if (err_is_set(&run.error))
        *e = run.error;
    return !err_is_set(&run.error);
}
