#include "orchestrator/status/cmd_clean_state.h"

#include <stddef.h>

#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "decon/s3/delete_many.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/status/stale_crashes.h"
#include "orchestrator/status/status_runs.h"
#include "orchestrator/status/status_slices.h"

#define AT(member) .offset = offsetof(clean_state_config, member), .flags = OPTION_FLAG_ONLY

static const option own_rows[] = {
    {.key = "older_than",
     .type = OPTION_DURATION,
     AT(older_than_ms),
     .fallback = "30d",
     .min = 3600,
     .max = 315360000,
     .unit = "seconds",
     .section = "What to remove",
     .help = "Minimum age of removed records, such as 30d."},
    {.key = "dry_run",
     .type = OPTION_BOOL,
     AT(config.dry_run),
     .fallback = "false",
     .help = "Print what would be removed; remove nothing."},
};

typedef struct key_list {
    char **keys;
    size_t count;
} key_list;

typedef struct record_batch {
    store_session *session;
    const place *report;
    FILE *out;
    int64_t before_s; /* LastModified of what stays */
    char *prefix;     /* of all records */
    char *round;      /* of the folder of claims that stays; NULL: there is none */
    bool claims_known;
    key_list old, crashes; /* crashes: old ones, to be examined */
    size_t removed, failed, left;
} record_batch;

static void add_key(key_list *l, const char *key)
{
    *ARRAY_ADD(l->keys, l->count) = xstrdup(key);
}

static void free_keys(key_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->keys[i]);
    free(l->keys);
}

/* Of an earlier round, or the test object of a host that was ended. `name`: below the folder of claims. */
static bool is_stale_claim(const record_batch *b, const char *name)
{
    return b->claims_known && !str_equal(name, "plan.json") &&
           !(b->round && str_starts_with(name, b->round));
}

/* `name`: below the folder of records. */
static bool is_record_of_a_run(const char *name)
{
    static const char *const folders[] = {"runs/", "ledger/", "failures/", "inputs/"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        if (str_starts_with(name, folders[i]))
            return true;
    return false;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    record_batch *b = ctx;
    UNUSED(e);
    if (!str_starts_with(object->key, b->prefix) || object->last_modified_s >= b->before_s)
        return true;
    const char *name = object->key + strlen(b->prefix);
    bool claim = str_starts_with(name, CLAIM_FOLDER);
    if (is_record_of_a_run(name) || (claim && is_stale_claim(b, name + strlen(CLAIM_FOLDER))))
        add_key(&b->old, object->key);
    else if (str_starts_with(name, "crashes/"))
        add_key(&b->crashes, object->key);
    return true;
}

static void on_key_error(void *ctx, const char *key, const char *version, const err *error)
{
    record_batch *b = ctx;
    UNUSED(key), UNUSED(version);
    b->failed++;
    log_error("%s", error->message);
}

static void on_removed(void *ctx, size_t left, const err *error)
{
    record_batch *b = ctx;
    b->left += left;
    store_session_end(b->session, error);
}

static bool remove_all(record_batch *b, err *e)
{
    for (size_t first = 0; first < b->old.count; first += S3_DELETE_MANY_MAX) {
        size_t count = MIN(b->old.count - first, (size_t)S3_DELETE_MANY_MAX);
        size_t failed = b->failed + b->left;
        store_session_begin(b->session);
        s3_delete_many(b->session->s3,
                       &(s3_delete_many_options){.bucket = b->report->bucket,
                                                 .keys = (const char *const *)b->old.keys + first,
                                                 .key_count = count,
                                                 .on_key_error = on_key_error,
                                                 .on_done = on_removed,
                                                 .ctx = b});
        bool ok = store_session_wait(b->session, e);
        b->removed += count - (b->failed + b->left - failed);
        if (!ok)
            return false;
    }
    return true;
}

/* The round in progress, or the last one, stays. */
static void find_round(record_batch *b)
{
    AUTO(claim_plan) round = {0};
    b->claims_known = status_slices_plan(b->session, b->report, &round);
    b->round = round.round ? claim_plan_folder(&round) : NULL;
}

/* The place of the inputs: as given, otherwise of the newest run. */
static bool find_input(const clean_state_config *c, const record_batch *b, places *out)
{
    AUTO(status_runs) runs = {0};
    const char *given = c->config.remote_file_input;
    err e = ERR_INIT;
    int64_t now_s = clock_wall_s(b->session->env.transport);
    if (!given && !status_runs_read(b->session, b->report, now_s, &runs, &e))
        log_warn("%s", e.message);
    const char *input = given ? given : runs.input_uri;
    return input && places_make(input, c->config.remote_report_output_dir, NULL, out, &e);
}

static void judge_crashes(const clean_state_config *c, record_batch *b)
{
    AUTO(places) input = {0};
    const key_list *l = &b->crashes;
    if (l->count == 0)
        return;
    if (!find_input(c, b, &input)) {
        log_info("%zu records of crashes are kept, since the input folder is unknown; give "
                 "--remote-file-input",
                 l->count);
        return;
    }
    AUTO_FREE bool *stale = xcalloc(l->count, sizeof *stale);
    stale_crashes_find(b->session, b->report->bucket, input.input.bucket,
                       (const char *const *)l->keys, l->count, stale);
    for (size_t i = 0; i < l->count; i++)
        if (stale[i])
            add_key(&b->old, l->keys[i]);
}

static bool clean(const clean_state_config *c, record_batch *b, err *e)
{
    bool dry_run = c->config.dry_run;
    b->prefix = xasprintf("%s" RUN_RECORDS_FOLDER, b->report->prefix);
    find_round(b);
    if (!store_session_list(b->session, b->report->bucket, b->prefix, on_object, b, e))
        return false;
    judge_crashes(c, b);
    for (size_t i = 0; dry_run && i < b->old.count; i++)
        fprintf(b->out, "would remove s3://%s/%s\n", b->report->bucket, b->old.keys[i]);
    return dry_run || remove_all(b, e);
}

static void batch_deinit(record_batch *b)
{
    free_keys(&b->old);
    free_keys(&b->crashes);
    free(b->prefix);
    free(b->round);
}
DEFINE_AUTO(record_batch, batch_deinit)

int clean_state(const clean_state_config *c, store_session *session, FILE *out)
{
    err e = ERR_INIT;
    AUTO(places) where = {0};
    AUTO(record_batch)
    b = {.session = session,
         .report = &where.report,
         .out = out,
         .before_s = clock_wall_s(session->env.transport) - (int64_t)(c->older_than_ms / 1000)};
    bool ok =
        places_make_report(c->config.remote_report_output_dir, &where, &e) && clean(c, &b, &e);
    if (!ok)
        log_error("%s", e.message);
    else if (!c->config.dry_run)
        fprintf(out, "removed %zu records\n", b.removed);
    fflush(out);
    return ok && !b.failed ? 0 : err_is_set(&e) ? err_exit_status(&e) : 1;
}

static int run(void *options, store_session *session, FILE *out)
{
    return clean_state(options, session, out);
}

static const store_command command = {
    .rows = own_rows,
    .row_count = ARRAY_LEN(own_rows),
    .folders = true,
    .program = "decon-orchestrator clean-state",
    .usage = "decon-orchestrator clean-state --config FILE|s3://REPORT-FOLDER --older-than 30d",
    .intro = "Removes old records of runs below _decon/ of the report folder: of runs, the "
             "ledger, failures, input lists, earlier rounds of claims, and crashes of files that "
             "are gone or were replaced. Results and descriptions of settings are kept. "
             "Without the ledger, status requests the results one by one.",
    .epilogue = "Exit status:\n"
                "  0    all old records were removed\n"
                "  1    some could not be removed\n"
                "  2    usage or configuration\n",
    .options_bytes = sizeof(clean_state_config),
    .run = run,
};

option_set cmd_clean_state_options(option *rows)
{
    return store_command_options(&command, rows);
}

int cmd_clean_state(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    return store_command_main(&command, argc, argv, getenv_fn, out);
}
