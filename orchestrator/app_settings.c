/* Results of other detection settings, before the first file: found by done_check, described by the
 * records of earlier runs. */
#include "orchestrator/app_prepare.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/fleet/settings_record.h"

typedef struct record_reader {
    app *app;
    buf *text;
} record_reader;

static bool reader_data(void *ctx, slice data, err *e)
{
    return buf_append_slice(((record_reader *)ctx)->text, data) ||
           err_set(e, ERR_LIMIT, "the settings record is too large");
}

static void reader_restart(void *ctx)
{
    buf_clear(((record_reader *)ctx)->text);
}

static void reader_done(void *ctx, const s3_get_result *result, const err *error)
{
    UNUSED(result);
    app_end_step(((record_reader *)ctx)->app, error);
}

/* A record that cannot be read leaves the text empty: it only describes. */
static void read_record(app *a, const char *fingerprint, buf *text)
{
    err ignored = ERR_INIT;
    const place *where = &a->config->places.report;
    record_reader reader = {.app = a, .text = text};
    if (!settings_fingerprint_is_valid(fingerprint))
        return;
    AUTO_FREE char *key = settings_record_key(where->prefix, fingerprint);
    app_begin_step(a, "the record of settings s3://%s/%s", where->bucket, key);
    a->step = s3_get(a->s3, &(s3_get_options){.bucket = where->bucket,
                                              .key = key,
                                              .fd = -1,
                                              .on_data = reader_data,
                                              .on_restart = reader_restart,
                                              .on_done = reader_done,
                                              .ctx = &reader});
    if (!app_await_step(a, &ignored))
        buf_clear(text);
}

/* "threshold 0.8 -> 0.1"; else the fingerprints. */
static void describe_difference(app *a, buf *words)
{
    const char *found = done_check_other_settings(a->done_check);
    AUTO(buf) record = BUF(SETTINGS_RECORD_MAX_BYTES);
    read_record(a, found, &record);
    settings_difference(buf_slice(&record), slice_from(a->server.settings), words);
    if (words->len == 0)
        buf_printf(words, "settings fingerprint %.12s -> %.12s", found, a->server.fingerprint);
}

settings_change app_settings_policy(const app *a)
{
    /* A debug run writes nothing. */
    return a->config->max_files_debug ? SETTINGS_CHANGE_KEEP
                                      : (settings_change)a->config->on_settings_change;
}

static void report_without_settings(const app *a, size_t count)
{
    const place *where = &a->config->places.report;
    log_info("s3://%s/%s: %zu results do not say with which settings they were made (an older "
             "version, or another program); they count as done",
             where->bucket, where->prefix, count);
}

bool app_judge_settings(app *a, err *e)
{
    const place *where = &a->config->places.report;
    done_check_counts counts = done_check_count(a->done_check);
    AUTO(buf) words = BUF(800);
    if (counts.without_settings)
        report_without_settings(a, counts.without_settings);
    if (counts.other_settings == 0)
        return true;
    describe_difference(a, &words);
    if (app_settings_policy(a) == SETTINGS_CHANGE_REFUSE)
        return err_set(e, ERR_CONFIG,
                       "s3://%s/%s: %zu of %zu results were made with other settings (%s); use "
                       "another report folder, or give --on-settings-change redo or keep",
                       where->bucket, where->prefix, counts.other_settings, a->plan.done_count,
                       buf_str(&words));
    log_warn("s3://%s/%s: %zu of %zu results were made with other settings (%s); they are %s",
             where->bucket, where->prefix, counts.other_settings, a->plan.done_count,
             buf_str(&words),
             app_settings_policy(a) == SETTINGS_CHANGE_REDO ? "made again" : "kept");
    return true;
}

void app_record_deinit(app_record *r)
{
    if (r->op)
        s3_op_cancel(r->op);
    buf_deinit(&r->text);
}

static void on_record_written(void *ctx, const s3_put_result *result, const err *error)
{
    UNUSED(result);
    app_record *r = ctx;
    r->op = NULL;
    if (error)
        log_warn("%s could not be written: %s", r->what, error->message);
}

static void write_record(app *a, app_record *r, const char *key)
{
    r->op = s3_put(a->s3, &(s3_put_options){.bucket = a->config->places.report.bucket,
                                            .key = key,
                                            .data = buf_slice(&r->text),
                                            .fd = -1,
                                            .content_type = "application/json",
                                            .on_done = on_record_written,
                                            .ctx = r});
}

static void write_recall(app *a)
{
    const server_facts *server = &a->server;
    app_record *r = &a->recall_record;
    AUTO_FREE char *key = recall_record_key(a->config->places.report.prefix, server->fingerprint);
    r->what = "the result of the detection server's self-test";
    buf_init(&r->text, SETTINGS_RECORD_MAX_BYTES);
    recall_record_write(server->fingerprint, slice_from(server->recall), &r->text);
    write_record(a, r, key);
}

void app_write_settings(app *a)
{
    const server_facts *server = &a->server;
    app_record *r = &a->settings_record;
    if (!server->fingerprint || a->config->max_files_debug)
        return;
    if (server->partial_settings)
        log_info("detection server %s: reports threshold, mode and purify only; other changes of "
                 "its settings are not noticed",
                 a->config->server_url);
    AUTO_FREE char *key = settings_record_key(a->config->places.report.prefix, server->fingerprint);
    r->what = "the description of the settings, by which later runs say how theirs differ,";
    buf_init(&r->text, SETTINGS_RECORD_MAX_BYTES);
    settings_record_write(server->fingerprint, slice_from(server->settings), &r->text);
    write_record(a, r, key);
    if (server->recall)
        write_recall(a);
}
