#include "orchestrator/certify/certify_judge.h"

#include <string.h>

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/utf8.h"
#include "decon/base/log.h"
#include "orchestrator/fleet/settings_record.h"

certificate_verdict certify_verdict_of(uint8_t state)
{
    if (state & INPUT_REFUSED)
        return CERTIFICATE_REFUSED;
    if (state & INPUT_DONE)
        return state & INPUT_CONTAMINATED ? CERTIFICATE_CONTAMINATED : CERTIFICATE_CLEAN;
    return state & INPUT_FAILED ? CERTIFICATE_FAILED : CERTIFICATE_LEFT;
}

/* --- records of settings and of self-tests --- */

typedef struct record_run {
    certify_view *view;
    buf text; /* of the object that is being read */
} record_run;

/* A member of the record that is an object; NULL: there is none. */
static char *member_of(slice record, const char *name)
{
    json_value value;
    if (utf8_check(record) < record.len ||
        !json_read_members(slice_trim(record), &name, &value, 1, NULL, NULL) ||
        value.type != JSON_OBJECT)
        return NULL;
    return slice_dup(value.raw);
}

/* The fingerprint is the SHA-256 of the settings: nothing else can describe it. */
static char *settings_of(slice record, const char *fingerprint)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1] = "";
    AUTO_FREE char *json = member_of(record, "settings");
    if (json) {
        sha256(slice_from(json), digest);
        hex_encode(digest, sizeof digest, hex);
    }
    return str_equal(hex, fingerprint) ? move(json) : NULL;
}

/* Even objects describe settings, odd ones self-tests. */
static void take_record(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    record_run *r = ctx;
    certificate_settings *s = &r->view->settings[index / 2];
    buf_append_slice(&r->text, piece);
    if (!last)
        return;
    if (!error && index % 2 == 0)
        s->json = settings_of(buf_slice(&r->text), s->fingerprint);
    else if (!error)
        s->recall = member_of(buf_slice(&r->text), "recall");
    buf_clear(&r->text);
}

static void read_records(store_session *session, certify_view *v)
{
    const place *report = &v->table->inputs->places->report;
    size_t count = 2 * v->head.settings_count;
    record_run run = {.view = v, .text = BUF(SETTINGS_RECORD_MAX_BYTES)};
    AUTO_FREE char **keys = xcalloc(count + 1, sizeof *keys);
    AUTO_FREE uint64_t *sizes = xcalloc(count + 1, sizeof *sizes);
    for (size_t i = 0; i < v->head.settings_count; i++) {
        keys[2 * i] = settings_record_key(report->prefix, v->settings[i].fingerprint);
        keys[2 * i + 1] = recall_record_key(report->prefix, v->settings[i].fingerprint);
    }
    store_session_fetch(session, &(store_fetch){.bucket = report->bucket,
                                                .keys = (const char *const *)keys,
                                                .sizes = sizes,
                                                .count = count,
                                                .take = take_record,
                                                .ctx = &run});
    for (size_t i = 0; i < count; i++)
        free(keys[i]);
    buf_deinit(&run.text);
}

/* --- gaps --- */

static void note_gap(certify_view *v, certificate_gap gap, size_t index)
{
    if (v->head.gaps[gap]++ == 0)
        v->first[gap] = index;
}

/* A reference server's settings do not name the evaluation records. */
static bool describes_records(const char *settings)
{
    static const char *const key = "evaluation_records_digest";
    json_value value;
    return settings && json_read_members(slice_from(settings), &key, &value, 1, NULL, NULL) &&
           value.type == JSON_STRING;
}

static bool is_of_samples(const char *settings)
{
    static const char *const key = "sample_evals";
    json_value value;
    return settings && json_read_members(slice_from(settings), &key, &value, 1, NULL, NULL) &&
           json_is_true(&value);
}

static void judge_settings(certify_view *v, size_t index)
{
    certify_found found;
    if (!certify_table_get(v->table, index, &found))
        return;
    if (found.settings != v->main_settings)
        note_gap(v, GAP_MIXED, index);
    if (!v->described[found.settings])
        note_gap(v, GAP_UNDESCRIBED, index);
    if (v->of_samples[found.settings])
        note_gap(v, GAP_SAMPLES, index);
}

static void judge_result(certify_view *v, size_t index)
{
    uint8_t state = v->table->inputs->state[index];
    if (state & CERTIFY_JUDGED_AGAIN)
        note_gap(v, GAP_JUDGED, index);
    if (state & CERTIFY_UNPROVEN)
        note_gap(v, GAP_UNPROVEN, index);
    else
        judge_settings(v, index);
}

static void judge_input(certify_view *v, size_t index)
{
    static const certificate_gap gaps[] = {[CERTIFICATE_FAILED] = GAP_FAILED,
                                           [CERTIFICATE_LEFT] = GAP_LEFT,
                                           [CERTIFICATE_REFUSED] = GAP_REFUSED};
    uint8_t state = v->table->inputs->state[index];
    certificate_verdict verdict = certify_verdict_of(state);
    v->head.verdicts[verdict]++;
    v->head.bytes += v->table->inputs->inputs.sorted[index]->size_bytes;
    if (verdict != CERTIFICATE_CLEAN && verdict != CERTIFICATE_CONTAMINATED)
        note_gap(v, gaps[verdict], index);
    else
        judge_result(v, index);
}

/* --- the view --- */

static void judge_records(certify_view *v)
{
    size_t count = v->head.settings_count;
    v->described = xcalloc(count + 1, sizeof *v->described);
    v->of_samples = xcalloc(count + 1, sizeof *v->of_samples);
    for (size_t i = 0; i < count; i++) {
        v->described[i] = describes_records(v->settings[i].json);
        v->of_samples[i] = is_of_samples(v->settings[i].json);
    }
}

static void take_settings(certify_view *v)
{
    const certify_names *names = &v->table->settings;
    v->settings = xcalloc(names->count + 1, sizeof *v->settings);
    for (size_t i = 0; i < names->count; i++) {
        v->settings[i] = (certificate_settings){.fingerprint = names->each[i].text,
                                                .files = names->each[i].files};
        if (names->each[i].files > names->each[v->main_settings].files)
            v->main_settings = i;
    }
    v->head.settings = v->settings;
    v->head.settings_count = names->count;
}

static void take_versions(certify_view *v)
{
    const certify_names *names = &v->table->versions;
    v->versions = xcalloc(names->count + 1, sizeof *v->versions);
    for (size_t i = 0; i < names->count; i++)
        v->versions[i] = names->each[i].text;
    v->head.versions = (const char *const *)v->versions;
    v->head.version_count = names->count;
}

void certify_judge(store_session *session, const certify_table *t, certify_view *out)
{
    const places *p = t->inputs->places;
    *out = (certify_view){.table = t};
    out->input = xasprintf("s3://%s/%s", p->input.bucket, places_list_prefix(p));
    out->reports = xasprintf("s3://%s/%s", p->report.bucket, p->report.prefix);
    out->head.input = out->input;
    out->head.lists = t->inputs->lists;
    out->head.reports = out->reports;
    out->head.from_ledger = t->from_ledger;
    out->head.from_results = t->from_results;
    out->head.count = t->inputs->inputs.count;
    take_settings(out);
    take_versions(out);
    read_records(session, out);
    judge_records(out);
    for (size_t i = 0; i < t->inputs->inputs.count; i++)
        judge_input(out, i);
}

/* After the number of inputs: of one, of several. */
static const char *const gap_words[GAP_COUNT][2] = {
    [GAP_FAILED] = {"input failed", "inputs failed"},
    [GAP_LEFT] = {"input has no result of its current version",
                  "inputs have no result of their current version"},
    [GAP_REFUSED] = {"input is refused by its name and never gets a result",
                     "inputs are refused by their names and never get a result"},
    [GAP_UNPROVEN] = {"result does not name the version of its input, or its settings (an older "
                      "version, or a store that keeps no metadata)",
                      "results do not name the version of their input, or their settings (an older "
                      "version, or a store that keeps no metadata)"},
    [GAP_MIXED] = {"result was made with other settings than the others",
                   "results were made with other settings than the others"},
    [GAP_UNDESCRIBED] = {"result has settings whose evaluation records are not described below "
                         "_decon/settings/",
                         "results have settings whose evaluation records are not described below "
                         "_decon/settings/"},
    [GAP_SAMPLES] = {"result was made with the sample evaluation set",
                     "results were made with the sample evaluation set"},
    [GAP_JUDGED] = {"verdict is not that of the scan", "verdicts are not those of the scan"},
};

static const char *const gap_advice[GAP_COUNT] = {
    [GAP_FAILED] = "see status, and run again",
    [GAP_LEFT] = "run again",
    [GAP_REFUSED] = "rename or move those",
    [GAP_UNPROVEN] = "run with --redo",
    [GAP_MIXED] = "run with --on-settings-change redo",
    [GAP_UNDESCRIBED] = "run again, at a server of this product",
    [GAP_SAMPLES] = "use real evaluation sets",
    [GAP_JUDGED] = "decon rejudge --in-place with only the scan's threshold restores them",
};

void certify_report_gaps(const certify_view *v)
{
    for (size_t i = 0; i < GAP_COUNT; i++)
        if (v->head.gaps[i])
            log_error("%s: certify: %llu %s (first: %s); %s", v->reports,
                      (unsigned long long)v->head.gaps[i], gap_words[i][v->head.gaps[i] != 1],
                      v->table->inputs->inputs.sorted[v->first[i]]->key, gap_advice[i]);
}

void certify_view_deinit(certify_view *v)
{
    for (size_t i = 0; i < v->head.settings_count; i++) {
        free((char *)(uintptr_t)v->settings[i].json);
        free((char *)(uintptr_t)v->settings[i].recall);
    }
    free(v->settings);
    free(v->described);
    free(v->of_samples);
    free(v->versions);
    free(v->input);
    free(v->reports);
    *v = (certify_view){.table = NULL};
}
