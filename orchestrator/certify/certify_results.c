#include "orchestrator/certify/certify_results.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/s3/etag.h"
#include "orchestrator/fleet/ledger_line.h"
#include "orchestrator/fleet/provenance.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/fleet/settings_record.h"
#include "orchestrator/runtime/store_heads.h"
#include "orchestrator/status/status_lines.h"

/* --- the ledger --- */

static bool is_of_input(const listed *input, const ledger_line *line)
{
    AUTO_FREE char *etag = listed_etag(input);
    return line->size_bytes == input->size_bytes && etag[0] && s3_etag_equal(etag, line->etag);
}

/* The commit object has not been rewritten since the line was written. */
static bool is_of_result(const status_table *t, size_t index, const ledger_line *line)
{
    uint8_t state = t->state[index];
    return (state & INPUT_DONE) && !(state & CERTIFY_KNOWN) &&
           line->contaminated == ((state & INPUT_CONTAMINATED) != 0) && line->result_modified_s &&
           line->result_modified_s == (int64_t)t->committed_s[index];
}

/* Lines of an unknown form are skipped: later versions may write others. */
static bool on_ledger_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    certify_table *t = ctx;
    AUTO(ledger_line) line = {0};
    UNUSED(number);
    UNUSED(has_newline);
    UNUSED(e);
    if (!ledger_line_read(text, &line, NULL) || !settings_fingerprint_is_valid(line.settings))
        return true;
    size_t index = status_table_find(t->inputs, line.key);
    if (index == SIZE_MAX || !is_of_input(t->inputs->inputs.sorted[index], &line) ||
        !is_of_result(t->inputs, index, &line))
        return true;
    certify_table_add(t, index,
                      &(certify_facts){.checksum = line.checksum,
                                       .version_id = line.version_id,
                                       .settings = line.settings,
                                       .version = line.version});
    t->from_ledger++;
    return true;
}

static bool read_ledger(store_session *session, certify_table *t, err *e)
{
    return status_lines_read(&(status_lines){.session = session,
                                             .report = &t->inputs->places->report,
                                             .folder = "ledger",
                                             .format = CODEC_ZSTD,
                                             .on_line = on_ledger_line,
                                             .ctx = t},
                             e);
}

/* `decon rejudge` replaces commit objects: their times do not show it if that was in the same second. */
static bool on_record(void *ctx, const s3_object *object, err *e)
{
    UNUSED(object), UNUSED(e);
    *(bool *)ctx = true;
    return true;
}

static bool was_judged_again(store_session *session, const certify_table *t, bool *found, err *e)
{
    const place *report = &t->inputs->places->report;
    AUTO_FREE char *key = xasprintf("%s" RUN_RECORDS_FOLDER "rejudge.json", report->prefix);
    return store_session_list(session, report->bucket, key, on_record, found, e);
}

/* --- commit objects --- */

typedef struct head_run {
    certify_table *table;
    size_t next;
    err error; /* the first error: no more requests are sent */
} head_run;

static char *fingerprint_of(const s3_object *object)
{
    const char *found = provenance_settings(object->metadata, object->metadata_count);
    char *copy = xstrdup(found ? found : "");
    for (char *at = copy; *at; at++) /* some stores change the case */
        *at = (char)(*at >= 'A' && *at <= 'F' ? *at + ('a' - 'A') : *at);
    return copy;
}

static void take_facts(certify_table *t, size_t index, const s3_object *object,
                       const char *fingerprint)
{
    AUTO_FREE char *version_id = provenance_version_id(object->metadata, object->metadata_count);
    certify_table_add(
        t, index,
        &(certify_facts){.checksum = provenance_checksum(object->metadata, object->metadata_count),
                         .version_id = version_id,
                         .settings = fingerprint,
                         .version = provenance_version(object->metadata, object->metadata_count)});
}

static void take_result(certify_table *t, size_t index, const s3_object *object)
{
    const listed *input = t->inputs->inputs.sorted[index];
    AUTO_FREE char *etag = listed_etag(input);
    AUTO_FREE char *fingerprint = fingerprint_of(object);
    provenance_match match =
        provenance_compare(object->metadata, object->metadata_count, etag, input->size_bytes);
    t->from_results++;
    if (match == PROVENANCE_OTHER)
        t->inputs->state[index] = 0;
    else if (match == PROVENANCE_UNKNOWN || !settings_fingerprint_is_valid(fingerprint))
        t->inputs->state[index] |= CERTIFY_UNPROVEN;
    else
        take_facts(t, index, object, fingerprint);
    if (provenance_is_judged_again(object->metadata, object->metadata_count))
        t->inputs->state[index] |= CERTIFY_JUDGED_AGAIN;
}

static void on_head(void *ctx, size_t index, const s3_object *object, const err *error)
{
    head_run *h = ctx;
    if (!error)
        take_result(h->table, index, object);
    else if (error->code == ERR_S3_NOT_FOUND)
        h->table->inputs->state[index] = 0; /* removed since it was listed */
    else if (!err_is_set(&h->error))
        h->error = *error;
}

static bool needs_head(uint8_t state)
{
    return (state & INPUT_DONE) && !(state & (CERTIFY_KNOWN | CERTIFY_UNPROVEN));
}

static char *next_head(void *ctx, size_t *index)
{
    head_run *h = ctx;
    const status_table *t = h->table->inputs;
    while (h->next < t->inputs.count && !needs_head(t->state[h->next]))
        h->next++;
    if (h->next == t->inputs.count || err_is_set(&h->error))
        return NULL;
    *index = h->next++;
    return status_table_commit_key(t, *index);
}

static uint64_t count_missing(const status_table *t)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->inputs.count; i++)
        count += needs_head(t->state[i]);
    return count;
}

bool certify_results_read(store_session *session, certify_table *t, err *e)
{
    head_run run = {.table = t};
    bool judged_again = false;
    if (!was_judged_again(session, t, &judged_again, e) ||
        (!judged_again && !read_ledger(session, t, e)))
        return false;
    uint64_t missing = count_missing(t->inputs);
    if (missing)
        log_info("%llu result%s not in the ledger; requesting each of them (HEAD)",
                 (unsigned long long)missing, missing == 1 ? " is" : "s are");
    store_session_head(session, &(store_heads){.bucket = t->inputs->places->report.bucket,
                                               .next = next_head,
                                               .take = on_head,
                                               .ctx = &run});
    if (err_is_set(&run.error))
        *e = run.error;
    return !err_is_set(&run.error);
}
