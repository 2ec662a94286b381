#include "orchestrator/status/cmd_clean_state.h"

#include <stddef.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "decon/s3/delete_many.h"
#include "orchestrator/fleet/run_name.h"

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
     .help = "Records that were not written for so long, such as 30d."},
    {.key = "dry_run",
     .type = OPTION_BOOL,
     AT(config.dry_run),
     .fallback = "false",
     .help = "Print what would be removed; remove nothing."},
};

option_set cmd_clean_state_options(option *rows)
{
    for (size_t i = 0; i < ARRAY_LEN(own_rows); i++)
        rows[i] = own_rows[i];
    return (option_set){
        .rows = rows,
        .row_count = store_command_rows(rows, ARRAY_LEN(own_rows)),
        .program = "decon-orchestrator clean-state",
        .usage = "decon-orchestrator clean-state --config FILE|s3://REPORT-FOLDER --older-than 30d",
        .intro = "Removes old records of runs below _decon/ of the report folder: of runs, the "
                 "ledger, failures and input lists. Results and descriptions of settings stay. "
                 "Without the ledger, status asks for the results themselves.",
        .epilogue = "Exit status:\n"
                    "  0    all old records are gone\n"
                    "  1    some could not be removed\n"
                    "  2    usage or configuration\n",
        .related = &config_options,
    };
}

typedef struct record_batch {
    store_session *session;
    const place *report;
    FILE *out;
    int64_t before_s; /* LastModified of what stays */
    char **keys;
    size_t count, removed, failed, left;
} record_batch;

/* In one of the folders that are cleaned, of this report folder. */
static bool is_old_record(const record_batch *b, const s3_object *object)
{
    static const char *const folders[] = {"runs/", "ledger/", "failures/", "inputs/"};
    AUTO_FREE char *prefix = xasprintf("%s" RUN_RECORDS_FOLDER, b->report->prefix);
    if (!str_starts_with(object->key, prefix) || object->last_modified_s >= b->before_s)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        if (str_starts_with(object->key + strlen(prefix), folders[i]))
            return true;
    return false;
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    record_batch *b = ctx;
    UNUSED(e);
    if (!is_old_record(b, object))
        return true;
    if ((b->count & (b->count + 1)) == 0) /* 0, 1, 3, 7 ... */
        b->keys = xrealloc(b->keys, (2 * b->count + 1) * sizeof *b->keys);
    b->keys[b->count++] = xstrdup(object->key);
    return true;
}

static void on_key_error(void *ctx, const char *key, const err *error)
{
    record_batch *b = ctx;
    UNUSED(key);
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
    for (size_t first = 0; first < b->count; first += S3_DELETE_MANY_MAX) {
        size_t count = MIN(b->count - first, (size_t)S3_DELETE_MANY_MAX);
        size_t failed = b->failed + b->left;
        store_session_begin(b->session);
        s3_delete_many(b->session->s3,
                       &(s3_delete_many_options){.bucket = b->report->bucket,
                                                 .keys = (const char *const *)b->keys + first,
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

static bool clean(record_batch *b, bool dry_run, err *e)
{
    AUTO_FREE char *prefix = xasprintf("%s" RUN_RECORDS_FOLDER, b->report->prefix);
    if (!store_session_list(b->session, b->report->bucket, prefix, on_object, b, e))
        return false;
    for (size_t i = 0; dry_run && i < b->count; i++)
        fprintf(b->out, "would remove s3://%s/%s\n", b->report->bucket, b->keys[i]);
    return dry_run || remove_all(b, e);
}

int clean_state(const clean_state_config *c, store_session *session, FILE *out)
{
    err e = ERR_INIT;
    AUTO(places) where = {0};
    record_batch b = {.session = session,
                      .report = &where.report,
                      .out = out,
                      .before_s = clock_wall_s(session->env.transport) -
                                  (int64_t)(c->older_than_ms / 1000)};
    bool ok = places_make_report(c->config.remote_report_output_dir, &where, &e) &&
              clean(&b, c->config.dry_run, &e);
    if (!ok)
        log_error("%s", e.message);
    else if (!c->config.dry_run)
        fprintf(out, "removed %zu records\n", b.removed);
    for (size_t i = 0; i < b.count; i++)
        free(b.keys[i]);
    free(b.keys);
    fflush(out);
    return ok && !b.failed ? 0 : err_is_set(&e) ? err_exit_status(&e) : 1;
}

static int run(void *options, store_session *session, FILE *out)
{
    return clean_state(options, session, out);
}

int cmd_clean_state(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    option rows[STORE_COMMAND_ROWS_MAX];
    clean_state_config c = {.older_than_ms = 0};
    store_command command = {.set = cmd_clean_state_options(rows),
                             .own_count = ARRAY_LEN(own_rows),
                             .argc = argc,
                             .argv = argv,
                             .getenv_fn = getenv_fn,
                             .out = out,
                             .config = &c.config,
                             .run = run};
    int status = store_command_main(&command);
    config_deinit(&c.config);
    return status;
}
