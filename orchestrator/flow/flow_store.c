/* The states that write to the store, prove what was written, and look at the input again. */
#include "orchestrator/flow/flow_private.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/fleet/provenance.h"
#include "orchestrator/transfer/upload.h"

#define REPORT_CONTENT_TYPE  "application/x-ndjson"
#define CLEANED_CONTENT_TYPE "application/octet-stream"

static const char *known_etag(const item *it)
{
    return it->etag[0] || !it->read_etag ? it->etag : it->read_etag;
}

static void make_provenance(const flow *f, const item *it, provenance *out)
{
    provenance_make(
        &(provenance_facts){.input_etag = known_etag(it),
                            .input_size_bytes = it->size_bytes,
                            .lines_known = it->lines_known || it->size_bytes == 0,
                            .lines = it->verdict.lines,
                            .contaminated_lines = it->contaminated_lines,
                            .settings = it->settings ? it->settings : f->o.server->fingerprint},
        out);
}

static upload_target target(const flow *f, item *it, const place *where, const char *key,
                            const provenance *p)
{
    return (upload_target){.s3 = f->o.s3,
                           .bucket = where->bucket,
                           .key = key,
                           .metadata = p ? p->headers : NULL,
                           .metadata_count = p ? p->count : 0,
                           .proof = &it->proof,
                           .on_done = flow_leaf_done,
                           .ctx = it};
}

static upload_target cleaned_target(const flow *f, item *it, const provenance *p)
{
    return target(f, it, &f->o.config->places.cleaned, it->outputs.cleaned_key, p);
}

static upload_target commit_target(const flow *f, item *it, const provenance *p)
{
    const char *key = it->contaminated ? it->outputs.report_key : it->outputs.marker_key;
    return target(f, it, &f->o.config->places.report, key, p);
}

void flow_cancel_upload(flow *f, item *it)
{
    UNUSED(f);
    upload_cancel(it->leaf);
}

void flow_cancel_op(flow *f, item *it)
{
    UNUSED(f);
    op_cancel(it->leaf);
}

/* --- UPLOADING, COPYING, PROVING: the cleaned object --- */

bool flow_enter_uploading(flow *f, item *it, err *e)
{
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    upload_target to = cleaned_target(f, it, &p);
    it->cleaned_current = true;
    if (it->recoded_fd)
        it->leaf = upload_file(&to, it->recoded_fd, CLEANED_CONTENT_TYPE, e);
    else if (flow_result_unchanged(&it->cleaned, e))
        it->leaf = upload_file(&to, it->cleaned.fd, CLEANED_CONTENT_TYPE, e);
    return it->leaf != NULL;
}

bool flow_enter_copying(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    upload_target to = cleaned_target(f, it, &p);
    it->cleaned_current = true;
    it->leaf = upload_copy(&to, &(s3_copy_options){.from_bucket = flow_input_bucket(f),
                                                   .from_key = it->key,
                                                   .from_etag = it->etag[0] ? it->etag : NULL,
                                                   .size_known = true,
                                                   .size_bytes = it->size_bytes});
    return true;
}

bool flow_enter_proving(flow *f, item *it, err *e)
{
    UNUSED(e);
    upload_target to = cleaned_target(f, it, NULL);
    it->leaf = upload_confirm(&to);
    return true;
}

/* --- RECHECKING: is the input still the version that was read? --- */

static bool is_same_version(const item *it, const s3_object *object)
{
    const char *read = it->read_etag ? it->read_etag : it->etag;
    if (object->size_bytes != it->size_bytes)
        return false;
    return !read[0] || !object->etag || !object->etag[0] || s3_etag_equal(read, object->etag);
}

static void set_change(const flow *f, item *it, const s3_object *object, err *e)
{
    err_set(e, ERR_S3_CHANGED,
            "s3://%s/%s: replaced while it was worked on (ETag %s and %llu bytes, now %s and %llu "
            "bytes)%s",
            flow_input_bucket(f), it->key, it->etag, (unsigned long long)it->size_bytes,
            object->etag ? object->etag : "none", (unsigned long long)object->size_bytes,
            it->renewed
                ? "; it keeps changing, nothing was committed: run again when it is complete"
                : "");
    if (it->renewed)
        return;
    it->new_etag = xstrdup(object->etag ? object->etag : "");
    it->new_size_bytes = object->size_bytes;
}

static bool take_recheck(const flow *f, item *it, const s3_object *object, const err *error, err *e)
{
    if (error && error->code != ERR_S3_NOT_FOUND) {
        *e = *error;
        return false;
    }
    if (!error && is_same_version(it, object)) {
        *e = it->suspicion;
        return !err_is_set(e);
    }
    if (error)
        err_set(e, ERR_S3_NOT_FOUND,
                "s3://%s/%s: deleted while it was worked on; nothing was committed",
                flow_input_bucket(f), it->key);
    else
        set_change(f, it, object, e);
    if (!it->new_etag)
        free(move(it->local_path)); /* DISCARDING removes it: no later run can use it */
    return false;
}

static void on_rechecked(void *ctx, const s3_object *object, const err *error)
{
    item *it = ctx;
    err e = ERR_INIT;
    bool same = take_recheck(it->flow, it, object, error, &e);
    flow_leaf_done(it, same ? NULL : &e);
}

bool flow_enter_rechecking(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf = s3_head(f->o.s3, flow_input_bucket(f), it->key, on_rechecked, it);
    return true;
}

/* --- COMMITTING, CONFIRMING, RETIRING --- */

bool flow_enter_committing(flow *f, item *it, err *e)
{
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    upload_target to = commit_target(f, it, &p);
    if (!it->contaminated)
        it->leaf = upload_empty(&to);
    else if (flow_result_unchanged(&it->report, e))
        it->leaf = upload_file(&to, it->report.fd, REPORT_CONTENT_TYPE, e);
    return it->leaf != NULL;
}

static void tell_of_metadata(flow *f)
{
    if (!f->told_metadata)
        log_warn("the store does not keep object metadata: whether a result belongs to the current "
                 "version of its input is decided by LastModified alone");
    f->told_metadata = true;
}

static bool is_ours(flow *f, const item *it, err *e)
{
    const write_proof *p = &it->proof;
    const char *etag = known_etag(it);
    provenance_match match =
        provenance_compare(p->metadata, p->metadata_count, etag, it->size_bytes);
    if (match == PROVENANCE_UNKNOWN && etag[0])
        tell_of_metadata(f);
    return match != PROVENANCE_OTHER ||
           err_set(e, ERR_S3_REPLY,
                   "s3://%s/%s: the commit object in the store was made of another version of the "
                   "input; another host may work on the same files, run again",
                   f->o.config->places.report.bucket,
                   it->contaminated ? it->outputs.report_key : it->outputs.marker_key);
}

static void on_confirmed(void *ctx, const err *error)
{
    item *it = ctx;
    err e = ERR_INIT;
    bool ok = !error && is_ours(it->flow, it, &e);
    flow_leaf_done(it, ok || error ? error : &e);
}

bool flow_enter_confirming(flow *f, item *it, err *e)
{
    UNUSED(e);
    upload_target to = commit_target(f, it, NULL);
    to.on_done = on_confirmed;
    it->leaf = upload_confirm(&to);
    return true;
}

const char *flow_stale_output(const flow *f, const item *it)
{
    UNUSED(f);
    if (it->contaminated ? it->had_marker : it->had_report)
        return it->contaminated ? it->outputs.marker_key : it->outputs.report_key;
    return it->cleaned_written && !it->cleaned_current ? it->outputs.cleaned_key : NULL;
}

static void on_retired(void *ctx, const err *error)
{
    item *it = ctx;
    bool commit = it->contaminated ? it->had_marker : it->had_report;
    if (!error && commit)
        *(it->contaminated ? &it->had_marker : &it->had_report) = false;
    else if (!error)
        it->cleaned_written = false;
    flow_leaf_done(it, error);
}

bool flow_enter_retiring(flow *f, item *it, err *e)
{
    UNUSED(e);
    const char *key = flow_stale_output(f, it);
    bool cleaned = key == it->outputs.cleaned_key;
    const places *p = &f->o.config->places;
    upload_target to = target(f, it, cleaned ? &p->cleaned : &p->report, key, NULL);
    to.on_done = on_retired;
    it->leaf = upload_remove(&to);
    return true;
}

/* --- PROBING: one key was refused; does the folder take writes? --- */

static void on_probed(void *ctx, const err *error)
{
    item *it = ctx;
    const flow *f = it->flow;
    const places *p = &f->o.config->places;
    const place *where = it->refused_cleaned ? &p->cleaned : &p->report;
    err e = error ? *error : (err)ERR_INIT;
    if (error)
        err_context(&e, "s3://%s/%s must be writable for the outputs", where->bucket,
                    where->prefix);
    flow_leaf_done(it, error ? &e : NULL);
}

bool flow_enter_probing(flow *f, item *it, err *e)
{
    UNUSED(e);
    const places *p = &f->o.config->places;
    const place *where = it->refused_cleaned ? &p->cleaned : &p->report;
    AUTO_FREE char *key = xasprintf("%s" PLACES_PROBE_NAME, where->prefix);
    it->leaf = s3_probe_write(f->o.s3, where->bucket, key, on_probed, it);
    return true;
}
