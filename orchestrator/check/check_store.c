#include "orchestrator/check/check_store.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/run_name.h"

#define CLOCK_LIMIT_S 60 /* AWS refuses signatures that are 15 minutes off */
#define PROBE_TEXT    "probe\n"
#define PROBE_NAME    "x-amz-meta-decon-probe"

typedef struct store_check {
    check_lines *lines;
    const config *config;
    store_session *session;
    char *probe_key;
    char *probe_etag; /* of the probe, once it was written */
    bool found;       /* a training file */
    int64_t modified_s;
    bool metadata_kept;
} store_check;

/* --- reading --- */

/* The first training file is enough. */
static bool on_input(void *ctx, const s3_object *object, err *e)
{
    store_check *c = ctx;
    if (!names_is_input(object->key) || !places_relative(&c->config->places, object->key))
        return true;
    c->found = true;
    return err_set(e, ERR_CANCELLED, "found");
}

static bool on_any(void *ctx, const s3_object *object, err *e)
{
    UNUSED(ctx);
    UNUSED(object);
    return err_set(e, ERR_CANCELLED, "found");
}

static bool check_input(store_check *c)
{
    err e = ERR_INIT;
    const places *p = &c->config->places;
    const char *prefix = places_list_prefix(p);
    if (!store_session_list(c->session, p->input.bucket, prefix, on_input, c, &e)) {
        check_fix(c->lines, "store", "%s", e.message);
        return false;
    }
    check_ok(c->lines, "store", "it answers, and the credentials and the region are correct");
    if (c->found)
        check_ok(c->lines, "remote_file_input", "s3://%s/%s has training files", p->input.bucket,
                 prefix);
    else
        check_fix(c->lines, "remote_file_input",
                  "s3://%s/%s has no training file; correct the folder, or name other endings in "
                  "input_suffixes",
                  p->input.bucket, prefix);
    return true;
}

static void check_output(store_check *c, const char *name, const place *where)
{
    err e = ERR_INIT;
    AUTO_FREE char *key = xasprintf("%s" PLACES_PROBE_NAME, where->prefix);
    bool readable = store_session_list(c->session, where->bucket, where->prefix, on_any, c, &e);
    if (readable) {
        store_session_begin(c->session);
        s3_probe_write(c->session->s3, where->bucket, key, store_session_end, c->session);
        readable = store_session_wait(c->session, &e);
    }
    if (readable)
        check_ok(c->lines, name, "s3://%s/%s can be read and written", where->bucket,
                 where->prefix);
    else
        check_fix(c->lines, name, "%s", e.message);
}

/* --- the probe object --- */

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    store_check *c = ctx;
    if (!error) {
        free(c->probe_etag);
        c->probe_etag = xstrdup_or_null(result->etag);
    }
    store_session_end(c->session, error);
}

static bool put_probe(store_check *c, const char *if_none_match, const char *if_match, err *e)
{
    const http_header metadata = {PROBE_NAME, "1"};
    store_session_begin(c->session);
    s3_put(c->session->s3, &(s3_put_options){.bucket = c->config->places.report.bucket,
                                             .key = c->probe_key,
                                             .data = SLICE_LIT(PROBE_TEXT),
                                             .fd = -1,
                                             .if_none_match = if_none_match,
                                             .if_match = if_match,
                                             .fields = &metadata,
                                             .field_count = 1,
                                             .on_done = on_put,
                                             .ctx = c});
    return store_session_wait(c->session, e);
}

static void on_head(void *ctx, const s3_object *object, const err *error)
{
    store_check *c = ctx;
    for (size_t i = 0; !error && i < object->metadata_count; i++)
        c->metadata_kept |= strcasecmp(object->metadata[i].name, PROBE_NAME) == 0;
    c->modified_s = error ? 0 : object->last_modified_s;
    store_session_end(c->session, error);
}

static void check_metadata(store_check *c)
{
    if (c->metadata_kept)
        check_ok(c->lines, "object metadata", "the store keeps it");
    else
        check_fix(
            c->lines, "object metadata",
            "the store drops it, so replaced inputs and other settings are not noticed; allow "
            "x-amz-meta- headers where a proxy removes them");
}

static void check_clock(store_check *c, int64_t now_s)
{
    int64_t ahead_s = now_s - c->modified_s;
    if (ahead_s > -CLOCK_LIMIT_S && ahead_s < CLOCK_LIMIT_S)
        check_ok(c->lines, "clock", "%lld s from the store's", (long long)ahead_s);
    else
        check_fix(c->lines, "clock",
                  "it is %lld s %s the store's, which refuses signatures when it is 15 minutes; "
                  "synchronise it (NTP)",
                  (long long)(ahead_s < 0 ? -ahead_s : ahead_s),
                  ahead_s < 0 ? "behind" : "ahead of");
}

/* Another write must be refused while the object exists, and under another ETag. */
static void check_conditions(store_check *c)
{
    err e = ERR_INIT;
    AUTO_FREE char *etag = xstrdup_or_null(c->probe_etag);
    bool refuses_new = !put_probe(c, "*", NULL, &e) && e.http_status == 412;
    e = (err)ERR_INIT;
    bool refuses_other = !put_probe(c, NULL, "\"00000000000000000000000000000000\"", &e) &&
                         (e.http_status == 412 || e.code == ERR_S3_CHANGED);
    bool takes_same = etag && put_probe(c, NULL, etag, &e);
    if (refuses_new && refuses_other && takes_same)
        check_ok(c->lines, "conditional writes", "the store honours If-None-Match and If-Match");
    else if (c->config->distribution == DISTRIBUTION_CLAIM)
        check_fix(
            c->lines, "conditional writes",
            "the store does not honour them, so hosts cannot claim work; use distribution: hash "
            "with --host-index and --host-count");
    else
        check_ok(c->lines, "conditional writes",
                 "the store does not honour them; hosts cannot claim work here, shares by host "
                 "index and count need none");
}

static void remove_probe(store_check *c)
{
    err e = ERR_INIT;
    store_session_begin(c->session);
    s3_delete(c->session->s3, c->config->places.report.bucket, c->probe_key, store_session_end,
              c->session);
    if (!store_session_wait(c->session, &e))
        check_fix(c->lines, "removal", "%s; remove the object by hand", e.message);
}

static void check_probe(store_check *c)
{
    err e = ERR_INIT;
    const place *report = &c->config->places.report;
    transport *t = c->session->env.transport;
    c->probe_key = xasprintf("%s" RUN_RECORDS_FOLDER "probe-%06x", report->prefix,
                             (unsigned)(transport_random(t) & 0xffffff));
    if (!put_probe(c, NULL, NULL, &e)) {
        check_fix(c->lines, "records", "%s", e.message);
        return;
    }
    int64_t now_s = clock_wall_s(t);
    store_session_begin(c->session);
    s3_head(c->session->s3, report->bucket, c->probe_key, on_head, c);
    if (store_session_wait(c->session, &e)) {
        check_metadata(c);
        check_clock(c, now_s);
        check_conditions(c);
    } else {
        check_fix(c->lines, "records", "%s", e.message);
    }
    remove_probe(c);
}

bool check_store(check_lines *l, const config *c, store_session *s)
{
    store_check check = {.lines = l, .config = c, .session = s};
    if (!check_input(&check))
        return false; /* further checks would report the same */
    unsigned before = l->fixes;
    check_output(&check, "remote_report_output_dir", &c->places.report);
    if (c->remote_cleaned_output_dir)
        check_output(&check, "remote_cleaned_output_dir", &c->places.cleaned);
    bool usable = l->fixes == before;
    if (usable)
        check_probe(&check);
    free(check.probe_key);
    free(check.probe_etag);
    return usable;
}
