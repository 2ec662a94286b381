/* The states that write to the store, prove the writes, and check the input again. */
#include "orchestrator/flow/flow_private.h"

#include <strings.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/fleet/crash_marks.h"
#include "orchestrator/fleet/provenance.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/transfer/upload.h"

#define REPORT_CONTENT_TYPE  "application/x-ndjson"
#define CLEANED_CONTENT_TYPE "application/octet-stream"
#define MARK_CONTENT_TYPE    "application/json"
#define MARK_MAX_BYTES       ((size_t)32 << 10) /* of a key of 1,024 bytes, escaped */

static const char *known_etag(const item *it)
{
    return it->planned.etag[0] || !it->local.read_etag ? it->planned.etag : it->local.read_etag;
}

static void make_provenance(const flow *f, const item *it, provenance *out)
{
    provenance_make(
        &(provenance_facts){.input_etag = known_etag(it),
                            .input_size_bytes = it->planned.size_bytes,
                            .lines_known = it->local.lines_known || it->planned.size_bytes == 0,
                            .lines = it->local.verdict.lines,
                            .checksum = it->local.checksum,
                            .version_id = it->local.version_id,
                            .contaminated_lines = it->result.contaminated_lines,
                            .settings =
                                it->job.settings ? it->job.settings : f->o.server->fingerprint},
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
                           .proof = &it->result.proof,
                           .on_done = flow_operation_done,
                           .ctx = it};
}

static upload_target cleaned_target(const flow *f, item *it, const provenance *p)
{
    return target(f, it, &f->o.config->places.cleaned, it->planned.outputs.cleaned_key, p);
}

static const char *commit_key(const item *it)
{
    const output_names *names = &it->planned.outputs;
    return it->result.contaminated ? names->report_key : names->marker_key;
}

static upload_target commit_target(const flow *f, item *it, const provenance *p)
{
    return target(f, it, &f->o.config->places.report, commit_key(it), p);
}

/* --- UPLOADING, COPYING, PROVING: the cleaned object --- */

bool flow_enter_uploading(flow *f, item *it, err *e)
{
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    upload_target to = cleaned_target(f, it, &p);
    it->result.cleaned_current = true;
    if (it->result.recoded_fd)
        it->operation = upload_file(&to, it->result.recoded_fd, CLEANED_CONTENT_TYPE, e);
    else if (flow_result_unchanged(&it->result.cleaned, e))
        it->operation = upload_file(&to, it->result.cleaned.fd, CLEANED_CONTENT_TYPE, e);
    return it->operation != NULL;
}

bool flow_enter_copying(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    upload_target to = cleaned_target(f, it, &p);
    it->result.cleaned_current = true;
    it->operation = upload_copy(
        &to, &(s3_copy_options){.from_bucket = flow_input_bucket(f),
                                .from_key = it->planned.key,
                                .from_etag = it->planned.etag[0] ? it->planned.etag : NULL,
                                .size_known = true,
                                .size_bytes = it->planned.size_bytes});
    return true;
}

bool flow_enter_proving(flow *f, item *it, err *e)
{
    UNUSED(e);
    upload_target to = cleaned_target(f, it, NULL);
    it->operation = upload_confirm(&to);
    return true;
}

/* --- RECHECKING: is the input still the version that was read? --- */

static bool is_same_version(const item *it, const s3_object *object)
{
    const char *read = it->local.read_etag ? it->local.read_etag : it->planned.etag;
    if (object->size_bytes != it->planned.size_bytes)
        return false;
    return !read[0] || !object->etag || !object->etag[0] || s3_etag_equal(read, object->etag);
}

static void set_change(const flow *f, item *it, const s3_object *object, err *e)
{
    err_set(e, ERR_S3_CHANGED,
            "s3://%s/%s: replaced while it was processed (ETag %s and %llu bytes, now %s and %llu "
            "bytes)%s",
            flow_input_bucket(f), it->planned.key, it->planned.etag,
            (unsigned long long)it->planned.size_bytes, object->etag ? object->etag : "none",
            (unsigned long long)object->size_bytes,
            it->planned.renewed
                ? "; it keeps changing, nothing was committed: run again when it is complete"
                : "");
    if (it->planned.renewed)
        return;
    it->planned.new_etag = xstrdup(object->etag ? object->etag : "");
    it->planned.new_size_bytes = object->size_bytes;
}

static void note_version(item *it, const s3_object *object)
{
    for (size_t i = 0; i < object->metadata_count; i++)
        if (strcasecmp(object->metadata[i].name, "x-amz-version-id") == 0 &&
            strcmp(object->metadata[i].value, "null") != 0) {
            free(it->local.version_id);
            it->local.version_id = xstrdup(object->metadata[i].value);
        }
}

static bool take_recheck(const flow *f, item *it, const s3_object *object, const err *error, err *e)
{
    if (error && error->code != ERR_S3_NOT_FOUND) {
        *e = *error;
        return false;
    }
    if (!error && is_same_version(it, object)) {
        note_version(it, object);
        *e = it->suspicion;
        return !err_is_set(e);
    }
    if (error)
        err_set(e, ERR_S3_NOT_FOUND,
                "s3://%s/%s: deleted while it was processed; nothing was committed",
                flow_input_bucket(f), it->planned.key);
    else
        set_change(f, it, object, e);
    if (!it->planned.new_etag)
        it->local.state = ITEM_LOCAL_NONE; /* DISCARDING removes it: no run can use it */
    return false;
}

static void on_rechecked(void *ctx, const s3_object *object, const err *error)
{
    item *it = ctx;
    err e = ERR_INIT;
    flow *f = it->flow;
    bool same = take_recheck(f, it, object, error, &e);
    if (same && f->o.feed)
        it->operation = f->o.feed->confirm(f->o.feed->ctx, it, flow_operation_done);
    else
        flow_operation_done(it, same ? NULL : &e);
}

bool flow_enter_rechecking(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->operation = s3_head(f->o.s3, flow_input_bucket(f), it->planned.key, on_rechecked, it);
    return true;
}

/* --- COMMITTING, CONFIRMING, SUPERSEDING --- */

static bool commit(flow *f, item *it, const provenance *p, err *e)
{
    upload_target to = commit_target(f, it, p);
    if (!it->result.contaminated)
        it->operation = upload_empty(&to);
    else if (flow_result_unchanged(&it->result.report, e))
        it->operation = upload_file(&to, it->result.report.fd, REPORT_CONTENT_TYPE, e);
    return it->operation != NULL;
}

/* Near misses are stored before the commit object, like the cleaned file. */
static void on_near_uploaded(void *ctx, const err *error)
{
    item *it = ctx;
    err e = ERR_INIT;
    AUTO(provenance) p = {0};
    make_provenance(it->flow, it, &p);
    if (error || !commit(it->flow, it, &p, &e))
        flow_operation_done(it, error ? error : &e);
}

bool flow_enter_committing(flow *f, item *it, err *e)
{
    AUTO(provenance) p = {0};
    make_provenance(f, it, &p);
    if (!it->result.near.path) {
        bool was_done = it->planned.had_report || it->planned.had_marker;
        it->result.near_stale = was_done && f->o.server->keeps_near;
        return commit(f, it, &p, e);
    }
    upload_target to = target(f, it, &f->o.config->places.report, it->planned.outputs.near_key, &p);
    to.on_done = on_near_uploaded;
    if (flow_result_unchanged(&it->result.near, e))
        it->operation = upload_file(&to, it->result.near.fd, REPORT_CONTENT_TYPE, e);
    return it->operation != NULL;
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
    const write_proof *p = &it->result.proof;
    const char *etag = known_etag(it);
    provenance_match match =
        provenance_compare(p->metadata, p->metadata_count, etag, it->planned.size_bytes);
    if (match == PROVENANCE_UNKNOWN && etag[0])
        tell_of_metadata(f);
    return match != PROVENANCE_OTHER ||
           err_set(e, ERR_S3_REPLY,
                   "s3://%s/%s: the commit object in the store was made of another version of the "
                   "input; another host may work on the same files, run again",
                   f->o.config->places.report.bucket, commit_key(it));
}

static void on_confirmed(void *ctx, const err *error)
{
    item *it = ctx;
    err e = ERR_INIT;
    bool ok = !error && is_ours(it->flow, it, &e);
    flow_operation_done(it, ok || error ? error : &e);
}

bool flow_enter_confirming(flow *f, item *it, err *e)
{
    UNUSED(e);
    upload_target to = commit_target(f, it, NULL);
    to.on_done = on_confirmed;
    it->operation = upload_confirm(&to);
    return true;
}

/* The key of a stale output; NULL: none is left. */
static const char *stale_output(const item *it)
{
    const item_planned *p = &it->planned;
    const item_result *r = &it->result;
    if (r->contaminated ? p->had_marker : p->had_report)
        return r->contaminated ? p->outputs.marker_key : p->outputs.report_key;
    if (r->cleaned_written && !r->cleaned_current)
        return p->outputs.cleaned_key;
    return r->near_stale ? p->outputs.near_key : NULL;
}

bool flow_has_stale(const item *it)
{
    return stale_output(it) || it->planned.crashes;
}

/* Of the newest crash of this version. */
static char *mark_key(const flow *f, const item *it)
{
    return crash_mark_key(f->o.config->places.report.prefix, it->planned.key, it->planned.etag,
                          it->planned.crashes);
}

static void on_superseded(void *ctx, const err *error)
{
    item *it = ctx;
    const char *key = stale_output(it);
    bool *other = it->result.contaminated ? &it->planned.had_marker : &it->planned.had_report;
    if (!error && *other)
        *other = false;
    else if (!error && key == it->planned.outputs.cleaned_key)
        it->result.cleaned_written = false;
    else if (!error && key)
        it->result.near_stale = false;
    else if (!error)
        it->planned.crashes--;
    flow_operation_done(it, error);
}

bool flow_enter_superseding(flow *f, item *it, err *e)
{
    UNUSED(e);
    const char *key = stale_output(it);
    bool cleaned = key == it->planned.outputs.cleaned_key;
    AUTO_FREE char *mark = key ? NULL : mark_key(f, it);
    const places *p = &f->o.config->places;
    upload_target to = target(f, it, cleaned ? &p->cleaned : &p->report, key ? key : mark, NULL);
    to.on_done = on_superseded;
    it->operation = upload_remove(&to);
    return true;
}

/* --- MARKING: a job ended its process --- */

/* Without the mark the file continues anyway. */
static void on_marked(void *ctx, const err *error)
{
    if (error)
        log_warn("%s; other runs do not know that the file ended the process of its job",
                 error->message);
    flow_operation_done(ctx, NULL);
}

bool flow_enter_marking(flow *f, item *it, err *e)
{
    UNUSED(e);
    char host[RUN_MACHINE_BYTES];
    AUTO(buf) text = BUF(MARK_MAX_BYTES);
    crash_mark_write(&(crash_mark_facts){.key = it->planned.key,
                                         .etag = it->planned.etag,
                                         .size_bytes = it->planned.size_bytes,
                                         .message = it->error.message,
                                         .host = run_machine(host),
                                         .time_s = clock_wall_s(f->o.transport)},
                     &text);
    it->planned.crashes++;
    AUTO_FREE char *key = mark_key(f, it);
    upload_target to = target(f, it, &f->o.config->places.report, key, NULL);
    to.on_done = on_marked;
    it->operation = upload_text(&to, buf_slice(&text), MARK_CONTENT_TYPE);
    return true;
}

/* --- PROBING: one key was refused; is the folder writable? --- */

static void on_probed(void *ctx, const err *error)
{
    item *it = ctx;
    const flow *f = it->flow;
    const places *p = &f->o.config->places;
    const place *where = it->result.refused_cleaned ? &p->cleaned : &p->report;
    err e = error ? *error : (err)ERR_INIT;
    if (error)
        err_context(&e, "s3://%s/%s must be writable for the outputs", where->bucket,
                    where->prefix);
    flow_operation_done(it, error ? &e : NULL);
}

bool flow_enter_probing(flow *f, item *it, err *e)
{
    UNUSED(e);
    const places *p = &f->o.config->places;
    const place *where = it->result.refused_cleaned ? &p->cleaned : &p->report;
    AUTO_FREE char *key = xasprintf("%s" PLACES_PROBE_NAME, where->prefix);
    it->operation = s3_probe_write(f->o.s3, where->bucket, key, on_probed, it);
    return true;
}
