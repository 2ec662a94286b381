#include "orchestrator/check/check_settings.h"

#include <string.h>

#include "base/json/json_read.h"
#include "base/utf8.h"
#include "base/util.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/fleet/settings_record.h"
#include "orchestrator/status/status_slices.h"

#define RECORD_MAX_BYTES     ((size_t)4 << 20)
#define DIFFERENCE_MAX_BYTES ((size_t)800)
#define DIGITS_SHOWN         12
#define RUNS_READ            8 /* at most, to find one with results */

typedef struct newest_run {
    const char *run;   /* NULL: there is none */
    char *fingerprint; /* NULL: not recorded */
    uint64_t results;  /* that it found or made */
} newest_run;

typedef struct settings_check {
    check_lines *lines;
    const config *config;
    store_session *session;
    const char *fingerprint, *settings;
    char *runs[RUNS_READ]; /* the newest, in descending order; NULL: there are no more */
    newest_run newest;     /* with results */
    size_t others;         /* recorded settings that are not the server's */
    size_t prefix_len;
} settings_check;

/* --- reading --- */

static void keep_run(settings_check *c, char *give_run)
{
    for (size_t i = 0; give_run && i < RUNS_READ; i++)
        if (!c->runs[i] || strcmp(give_run, c->runs[i]) > 0) {
            char *older = c->runs[i];
            c->runs[i] = give_run;
            give_run = older;
        }
    free(give_run);
}

static bool on_run(void *ctx, const s3_object *object, err *e)
{
    static const char suffix[] = ".json";
    settings_check *c = ctx;
    int64_t start_s, index;
    UNUSED(e);
    const char *name = object->key + c->prefix_len;
    if (!str_ends_with(name, suffix))
        return true;
    AUTO_FREE char *run = xstrndup(name, strlen(name) - strlen(suffix));
    if (run_name_read(slice_from(run), &start_s, &index))
        keep_run(c, move(run));
    return true;
}

static bool on_settings(void *ctx, const s3_object *object, err *e)
{
    settings_check *c = ctx;
    UNUSED(e);
    c->others += !str_starts_with(object->key + c->prefix_len, c->fingerprint);
    return true;
}

static bool list(settings_check *c, const char *folder,
                 bool (*each)(void *ctx, const s3_object *object, err *e), err *e)
{
    const place *report = &c->config->places.report;
    AUTO_FREE char *prefix = xasprintf("%s" RUN_RECORDS_FOLDER "%s/", report->prefix, folder);
    c->prefix_len = strlen(prefix);
    return store_session_list(c->session, report->bucket, prefix, each, c, e);
}

static void take_record(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    buf *out = ctx;
    UNUSED(index);
    UNUSED(last);
    if (error)
        buf_clear(out);
    else
        buf_append_slice(out, piece);
}

/* Empty if it cannot be read. */
static void read_object(settings_check *c, const char *key, buf *out)
{
    store_session_fetch(c->session, &(store_fetch){.bucket = c->config->places.report.bucket,
                                                   .keys = (const char *const[]){key},
                                                   .sizes = (const uint64_t[]){0},
                                                   .count = 1,
                                                   .take = take_record,
                                                   .ctx = out});
}

static uint64_t number_at(slice text, const char *path)
{
    json_value value;
    uint64_t number = 0;
    return json_read_path(text, path, &value, NULL) && json_unsigned(&value, &number) ? number : 0;
}

static void read_run(settings_check *c, const char *run, newest_run *out)
{
    json_value value;
    AUTO(buf) record = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *key = run_record_key(c->config->places.report.prefix, run);
    read_object(c, key, &record);
    slice text = slice_trim(buf_slice(&record));
    *out = (newest_run){.run = run};
    if (utf8_check(text) < text.len)
        return;
    if (json_read_path(text, "server.settings", &value, NULL) && value.type == JSON_STRING)
        out->fingerprint = xstrndup(value.raw.data, value.raw.len);
    out->results = number_at(text, "counts.done_before") + number_at(text, "counts.clean") +
                   number_at(text, "counts.contaminated");
}

/* A run that ended early, or did not begin, has left no result. */
static void find_newest(settings_check *c)
{
    for (size_t i = 0; i < RUNS_READ && c->runs[i] && !c->newest.run; i++) {
        newest_run found;
        read_run(c, c->runs[i], &found);
        if (found.results)
            c->newest = found;
        else
            free(found.fingerprint);
    }
}

/* --- what differs --- */

/* "threshold 0.8 -> 0.1"; else the fingerprints. */
static void describe(settings_check *c, const char *found, buf *out)
{
    AUTO(buf) record = BUF(SETTINGS_RECORD_MAX_BYTES);
    if (settings_fingerprint_is_valid(found)) {
        AUTO_FREE char *key = settings_record_key(c->config->places.report.prefix, found);
        read_object(c, key, &record);
        settings_difference(buf_slice(&record), slice_from(c->settings), out);
    }
    if (out->len == 0)
        buf_printf(out, "fingerprint %.*s -> %.*s", DIGITS_SHOWN, found, DIGITS_SHOWN,
                   c->fingerprint);
}

static void report_other(settings_check *c)
{
    AUTO(buf) words = BUF(DIFFERENCE_MAX_BYTES);
    const newest_run *n = &c->newest;
    unsigned long long results = (unsigned long long)n->results;
    describe(c, n->fingerprint, &words);
    if (c->config->on_settings_change == SETTINGS_CHANGE_REFUSE)
        check_fix(c->lines, "results",
                  "the newest run with results (%s) had other settings (%s), and a run refuses to "
                  "begin beside "
                  "its results, %llu by its record; use another report folder, or give "
                  "--on-settings-change redo or keep",
                  n->run, buf_str(&words), results);
    else
        check_ok(c->lines, "results",
                 "the newest run with results (%s) had other settings (%s); its results, %llu by "
                 "its record, are "
                 "%s (on_settings_change)",
                 n->run, buf_str(&words), results,
                 c->config->on_settings_change == SETTINGS_CHANGE_REDO ? "made again" : "kept");
}

static void report_same(settings_check *c)
{
    static const char *const then[] = {[SETTINGS_CHANGE_REFUSE] = "a run refuses to begin",
                                       [SETTINGS_CHANGE_REDO] = "a run makes them again",
                                       [SETTINGS_CHANGE_KEEP] = "a run keeps them"};
    if (c->others)
        check_ok(c->lines, "results",
                 "the newest run with results (%s) had the same settings; %zu other settings are "
                 "recorded in "
                 "_decon/settings/: where results of these are left, %s",
                 c->newest.run, c->others, then[c->config->on_settings_change]);
    else
        check_ok(c->lines, "results", "all recorded runs had these settings (the newest is %s)",
                 c->newest.run);
}

static void report_results(settings_check *c)
{
    if (!c->newest.run)
        check_ok(c->lines, "results",
                 "no record of a run with results; results that do not say their settings count as "
                 "done");
    else if (!c->newest.fingerprint)
        check_ok(c->lines, "results",
                 "the newest run with results (%s) does not say its settings; results without them "
                 "count as done",
                 c->newest.run);
    else if (str_equal(c->newest.fingerprint, c->fingerprint))
        report_same(c);
    else
        report_other(c);
}

/* --- claims --- */

/* Hosts at work have fixed their settings: on_settings_change does not apply to them. */
static void check_round(settings_check *c)
{
    err e = ERR_INIT;
    status_slices slices;
    AUTO(claim_plan) plan = {0};
    AUTO(buf) words = BUF(DIFFERENCE_MAX_BYTES);
    const place *report = &c->config->places.report;
    const places *p = &c->config->places;
    if (!status_slices_plan(c->session, report, &plan) || !plan.round ||
        !status_slices_read(c->session, report, &slices, &e) ||
        slices.done + slices.failed >= slices.total)
        return; /* the next host begins a round */
    AUTO_FREE char *input = xasprintf("s3://%s/%s", p->input.bucket, places_list_prefix(p));
    AUTO_FREE char *name =
        xasprintf("s3://%s/%s" RUN_RECORDS_FOLDER CLAIM_PLAN_NAME, report->bucket, report->prefix);
    claim_plan mine = plan;
    mine.input = input;
    mine.fingerprint = (char *)(uintptr_t)c->fingerprint;
    if (plan.fingerprint[0])
        describe(c, plan.fingerprint, &words);
    if (claim_plan_match(&mine, &plan, name, words.len ? buf_str(&words) : NULL, &e))
        check_ok(c->lines, "claims", "a run of the same settings is in progress; hosts join it");
    else
        check_fix(c->lines, "claims", "%s", e.message);
}

void check_settings(check_lines *l, const config *c, store_session *s, const char *fingerprint,
                    const char *settings)
{
    err e = ERR_INIT;
    settings_check check = {.lines = l,
                            .config = c,
                            .session = s,
                            .fingerprint = fingerprint,
                            .settings = settings ? settings : ""};
    if (list(&check, "runs", on_run, &e) && list(&check, "settings", on_settings, &e)) {
        find_newest(&check);
        report_results(&check);
        if (c->distribution == DISTRIBUTION_CLAIM)
            check_round(&check);
    } else {
        check_fix(l, "results", "%s", e.message);
    }
    for (size_t i = 0; i < RUNS_READ; i++)
        free(check.runs[i]);
    free(check.newest.fingerprint);
}
