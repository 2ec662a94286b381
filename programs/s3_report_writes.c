#include "programs/s3_report_writes.h"

#include "base/util.h"
#include "orchestrator/claim/claim_write.h"
#include "orchestrator/fleet/provenance.h"
#include "programs/s3_reports.h"

/* An object below a URI, and the session to reach it. */
typedef struct target {
    store_session *session;
    s3_uri at;
    char *key;
} target;

static void target_deinit(target *t)
{
    s3_uri_deinit(&t->at);
    free(t->key);
}
DEFINE_AUTO(target, target_deinit)

static bool target_open(target *t, void *ctx, const char *uri, const char *name, err *e)
{
    s3_reports *r = ctx;
    if (!s3_uri_parse(uri, &t->at, e) || !s3_reports_open(&r->writes, e))
        return false;
    t->session = &r->writes.session;
    t->key = s3_reports_key(&t->at, name);
    return true;
}

/* --- HEAD --- */

typedef struct head_call {
    store_session *session;
    const report_store_write *write; /* NULL: only the ETag is needed */
    char *etag;                      /* NULL: no object */
    provenance facts;
} head_call;

static void head_call_deinit(head_call *h)
{
    free(h->etag);
    provenance_deinit(&h->facts);
}
DEFINE_AUTO(head_call, head_call_deinit)

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    head_call *h = ctx;
    bool missing = error && error->code == ERR_S3_NOT_FOUND;
    if (!error)
        h->etag = xstrdup(object->etag ? object->etag : "");
    if (!error && h->write)
        provenance_judge_again(object->metadata, object->metadata_count,
                               h->write->contaminated_lines, h->write->rules, &h->facts);
    store_session_end(h->session, missing ? NULL : error);
}

static bool head(const target *t, const char *key, head_call *h, err *e)
{
    h->session = t->session;
    store_session_begin(t->session);
    s3_head(t->session->s3, t->at.bucket, key, on_head, h);
    return store_session_wait(t->session, e);
}

bool s3_report_find(void *ctx, const char *uri, const char *name, char **etag, err *e)
{
    AUTO(target) t = {0};
    AUTO(head_call) h = {0};
    if (!target_open(&t, ctx, uri, name, e) || !head(&t, t.key, &h, e))
        return false;
    *etag = move(h.etag);
    return true;
}

/* --- PUT --- */

static const char *content_type(const char *name)
{
    if (str_ends_with(name, ".json"))
        return "application/json";
    return str_ends_with(name, ".jsonl") ? "application/x-ndjson" : NULL;
}

static bool changed(const target *t, const char *key, err *e)
{
    return err_set(e, ERR_S3_CHANGED,
                   "s3://%s/%s: rejudge: another program has written or removed it meanwhile; run "
                   "again when no run is in progress",
                   t->at.bucket, key);
}

static bool read_facts(const target *t, const report_store_write *w, head_call *h, err *e)
{
    if (!w->facts_of)
        return true;
    AUTO_FREE char *key = s3_reports_key(&t->at, w->facts_of);
    h->write = w;
    if (!head(t, key, h, e))
        return false;
    return (h->etag && s3_etag_equal(h->etag, w->facts_etag)) || changed(t, key, e);
}

typedef struct put_call {
    store_session *session;
    char **etag;
} put_call;

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    put_call *p = ctx;
    if (!error)
        *p->etag = xstrdup(result->etag ? result->etag : "");
    store_session_end(p->session, error);
}

static bool is_refusal(const err *e)
{
    return e->code == ERR_S3_CHANGED || e->http_status == 412 || e->http_status == 409 ||
           e->code == ERR_S3_NOT_FOUND;
}

static bool put(const target *t, const report_store_write *w, const provenance *facts, char **etag,
                err *e)
{
    put_call call = {.session = t->session, .etag = etag};
    store_session_begin(t->session);
    s3_put(t->session->s3, &(s3_put_options){.bucket = t->at.bucket,
                                             .key = t->key,
                                             .data = w->text,
                                             .fd = w->fd,
                                             .size_bytes = w->size_bytes,
                                             .content_type = content_type(w->name),
                                             .if_match = w->etag,
                                             .if_none_match = w->etag ? NULL : "*",
                                             .fields = facts->headers,
                                             .field_count = facts->count,
                                             .on_done = on_put,
                                             .ctx = &call});
    err failed = ERR_INIT;
    if (store_session_wait(t->session, &failed))
        return true;
    if (is_refusal(&failed))
        return changed(t, t->key, e);
    *e = failed;
    return false;
}

bool s3_report_write(void *ctx, const char *uri, const report_store_write *w, char **etag, err *e)
{
    AUTO(target) t = {0};
    AUTO(head_call) facts = {0};
    *etag = NULL;
    return target_open(&t, ctx, uri, w->name, e) && read_facts(&t, w, &facts, e) &&
           put(&t, w, &facts.facts, etag, e);
}

/* --- DELETE --- */

bool s3_report_remove(void *ctx, const char *uri, const char *name, const char *etag, err *e)
{
    AUTO(target) t = {0};
    if (!target_open(&t, ctx, uri, name, e))
        return false;
    store_session_begin(t.session);
    s3_delete_if(t.session->s3, t.at.bucket, t.key, etag, S3_SIZE_UNKNOWN, store_session_end,
                 t.session);
    err failed = ERR_INIT;
    if (store_session_wait(t.session, &failed))
        return true;
    if (is_refusal(&failed))
        return changed(&t, t.key, e);
    *e = failed;
    return false;
}

/* --- does the store honour conditions? --- */

typedef struct check_call {
    store_session *session;
    bool honoured;
    char *why;
} check_call;

static void on_checked(void *ctx, bool honoured, const char *why, const err *error)
{
    check_call *c = ctx;
    c->honoured = honoured;
    c->why = xstrdup_or_null(why);
    store_session_end(c->session, error);
}

bool s3_report_check_writes(void *ctx, const char *uri, const char *name, err *e)
{
    AUTO(target) t = {0};
    if (!target_open(&t, ctx, uri, name, e))
        return false;
    check_call call = {.session = t.session};
    store_session_begin(t.session);
    op *probe = claim_probe_start(t.session->env.transport, t.session->s3, t.at.bucket, t.key,
                                  on_checked, &call);
    UNUSED(probe);
    bool known = store_session_wait(t.session, e);
    AUTO_FREE char *why = call.why;
    if (!known)
        return false;
    return call.honoured ||
           err_set(e, ERR_CONFIG,
                   "%s: rejudge --in-place: the store %s, so that results of other programs could "
                   "be lost; use --output DIR",
                   uri, why ? why : "does not honour conditional writes");
}
