/* Results of other detection settings, before the first file: found by done_check, described by the
 * records of earlier runs. */
#include "orchestrator/app_prepare.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/app_settings_difference.h"
#include "orchestrator/fleet/settings_record.h"

#define SAMPLE_RESULTS 16

/* "threshold 0.8 -> 0.1"; else the fingerprints. False: a signal ended the wait. */
static bool describe_difference(app *a, buf *difference, err *e)
{
    const place *where = &a->config->places.report;
    app_begin_step(a, "the record of settings in s3://%s/%s", where->bucket, where->prefix);
    a->step = settings_difference_start(a, done_check_other_settings(a->done_check), difference,
                                        app_end_step, a);
    return app_await_step(a, e);
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
    AUTO(buf) difference = BUF(800);
    if (counts.without_settings)
        report_without_settings(a, counts.without_settings);
    if (counts.other_settings == 0)
        return true;
    if (!describe_difference(a, &difference, e))
        return false;
    if (app_settings_policy(a) == SETTINGS_CHANGE_REFUSE)
        return err_set(e, ERR_CONFIG,
                       "s3://%s/%s: %zu of %zu results were made with other settings (%s); use "
                       "another report folder, or give --on-settings-change redo or keep",
                       where->bucket, where->prefix, counts.other_settings, a->plan.done_count,
                       buf_str(&difference));
    log_warn("s3://%s/%s: %zu of %zu results were made with other settings (%s); they are %s",
             where->bucket, where->prefix, counts.other_settings, a->plan.done_count,
             buf_str(&difference),
             app_settings_policy(a) == SETTINGS_CHANGE_REDO ? "made again" : "kept");
    return true;
}

/* Some results, spread over the input. */
static void take_sample(const plan *p, planned rows[SAMPLE_RESULTS], plan *out)
{
    size_t count = MIN(p->done_count, (size_t)SAMPLE_RESULTS);
    for (size_t i = 0; i < count; i++)
        rows[i] = p->done_rows[i * p->done_count / count];
    *out = (plan){.places = p->places, .done_rows = rows, .done_count = count};
}

bool app_sample_settings(app *a, err *e)
{
    plan sample;
    planned rows[SAMPLE_RESULTS];
    AUTO(buf) difference = BUF(800);
    const place *where = &a->config->places.report;
    if (!a->plan.done_count || !a->server.fingerprint ||
        app_settings_policy(a) != SETTINGS_CHANGE_REFUSE)
        return true;
    take_sample(&a->plan, rows, &sample);
    app_begin_step(a, "HEAD of %zu results", sample.done_count);
    a->done_check = done_check_start(&(done_check_options){.s3 = a->s3,
                                                           .plan = &sample,
                                                           .at_once = SAMPLE_RESULTS,
                                                           .settings = a->server.fingerprint,
                                                           .on_done = app_end_step,
                                                           .ctx = a});
    bool ok = app_await_step(a, e);
    bool other = ok && done_check_count(a->done_check).other_settings;
    ok = ok && (!other || describe_difference(a, &difference, e));
    done_check_free(move(a->done_check));
    return ok && (!other || err_set(e, ERR_CONFIG,
                                    "s3://%s/%s: results were made with other settings (%s); use "
                                    "another report folder, or give --on-settings-change redo or "
                                    "keep",
                                    where->bucket, where->prefix, buf_str(&difference)));
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
    r->what = "the description of the settings, which later runs compare with theirs,";
    buf_init(&r->text, SETTINGS_RECORD_MAX_BYTES);
    const settings_facts facts = {.settings = slice_from(server->settings),
                                  .filters = slice_from(server->filters),
                                  .sets = slice_from(server->evaluation_sets)};
    settings_record_write(server->fingerprint, &facts, &r->text);
    write_record(a, r, key);
    if (server->recall)
        write_recall(a);
}
