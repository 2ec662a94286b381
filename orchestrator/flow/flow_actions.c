/* The entry action of each state. Its operation reports to flow_operation_done; flow.c chooses the
 * next state. flow_store.c has the states that write to the store, flow_results.c those of the
 * server's results. */
#include "orchestrator/flow/flow_private.h"

#include "decon/base/digest.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/fleet/crash_marks.h"
#include "orchestrator/transfer/download.h"

#define TEXT_BYTES_PER_MS 1000 /* of job_limit: 1 s for each MB */

const char *flow_input_bucket(const flow *f)
{
    return f->o.config->places.input.bucket;
}

/* --- DOWNLOADING --- */

static bool refuse_size(const flow *f, const item *it, err *e)
{
    char size[32];
    format_size(it->planned.size_bytes, size, sizeof size);
    return err_set(e, ERR_NO_SPACE,
                   "s3://%s/%s: %s do not fit on the disk of %s; free space, or choose a larger "
                   "disk for local_work_dir",
                   flow_input_bucket(f), it->planned.key, size, workdir_path(f->o.workdir));
}

static bool enter_downloading(flow *f, item *it, err *e)
{
    if (it->local.too_large)
        return refuse_size(f, it, e);
    if (it->planned.size_bytes == 0 &&
        codec_by_suffix(it->planned.outputs.cleaned_key) != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END,
                       "s3://%s/%s: the compressed file is empty: it ends early; replace it "
                       "and run again",
                       flow_input_bucket(f), it->planned.key);
    if (f->o.server->purify && !it->local.lines) /* to compare the cleaned file */
        it->local.lines = line_hashes_new(f->o.workdir);
    it->operation = download_start(&(download_options){.s3 = f->o.s3,
                                                       .transport = f->o.transport,
                                                       .verifier = f->o.verifier,
                                                       .workdir = f->o.workdir,
                                                       .bucket = flow_input_bucket(f),
                                                       .item = it,
                                                       .level = (verify_level)f->o.config->verify,
                                                       .sha256 = f->o.config->ledger_sha256,
                                                       .jsonl = config_jsonl(f->o.config),
                                                       .on_done = flow_operation_done,
                                                       .ctx = it},
                                   e);
    return it->operation != NULL;
}

/* --- READY, SUBMITTING, POLLING --- */

static bool enter_ready(flow *f, item *it, err *e)
{
    UNUSED(e);
    list_append(&f->ready, &it->queued);
    return true;
}

/* The same file of the same version gets the same job, also from a later run. */
static char *idempotency_key(flow *f, const item *it)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    AUTO_FREE char *identity =
        xasprintf("s3://%s/%s\n%s\n%s%s", flow_input_bucket(f), it->planned.key, it->planned.etag,
                  it->local.path, f->o.config->verify == VERIFY_JSONL ? "" : "\nlenient");
    sha256(slice_from(identity), digest);
    hex_encode(digest, sizeof digest, hex);
    if (!it->job.fresh_key)
        return xstrdup(hex);
    return xasprintf("%s-%016llx", hex, (unsigned long long)transport_random(f->o.transport));
}

static void on_submitted(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    if (!error) {
        free(it->job.id);
        it->job.id = xstrdup(outcome->job_id);
        it->job.replayed = outcome->replayed;
        flow *f = it->flow;
        log_debug("submitted: s3://%s/%s as job %s", flow_input_bucket(f), it->planned.key,
                  it->job.id);
    }
    flow_operation_done(it, error);
}

/* Time limit of its job. If the size of the text is unknown, it is assumed to be ten times the
 * compressed size. */
static uint64_t job_limit_ms(const flow *f, const item *it)
{
    uint64_t base_ms = f->o.config->job_limit_ms;
    bool known = it->local.lines_known && it->local.verdict.decoded_bytes;
    bool plain = codec_by_suffix(it->planned.outputs.cleaned_key) == CODEC_PLAIN;
    uint64_t text_bytes =
        known ? it->local.verdict.decoded_bytes : it->planned.size_bytes * (plain ? 1 : 10);
    return base_ms ? base_ms + text_bytes / TEXT_BYTES_PER_MS : 0;
}

static bool enter_submitting(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *key = idempotency_key(f, it);
    it->job.submissions++;
    it->operation =
        job_submit(f->o.jobs, it->local.path, key, job_limit_ms(f, it), on_submitted, it);
    return true;
}

/* If this program verified the lines, it has already reported this. */
static void warn_of_unread(const flow *f, const item *it, const job_outcome *outcome)
{
    if (outcome->unread_lines && f->o.config->verify != VERIFY_JSONL)
        log_warn("s3://%s/%s: the detection server kept %llu lines unscanned: they "
                 "have no text that it can read",
                 flow_input_bucket(f), it->planned.key, (unsigned long long)outcome->unread_lines);
}

/* A server that was restarted with other settings must not contribute results to this run. */
static bool has_the_settings_of_the_run(const flow *f, const item *it, const char *found, err *e)
{
    const config *c = f->o.config;
    const char *expected = f->o.server->fingerprint;
    if (!found || !expected || str_equal(found, expected) || c->max_files_debug ||
        c->on_settings_change != SETTINGS_CHANGE_REFUSE)
        return true;
    return err_set(e, ERR_CONFIG,
                   "s3://%s/%s: the settings of the detection server changed during the run "
                   "(fingerprint %.12s, then %.12s); start the server with its former settings, or "
                   "run again with --on-settings-change redo",
                   flow_input_bucket(f), it->planned.key, expected, found);
}

static void on_followed(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    err changed = ERR_INIT;
    if (!error && !has_the_settings_of_the_run(it->flow, it, outcome->fingerprint, &changed))
        error = &changed;
    if (!error) {
        warn_of_unread(it->flow, it, outcome);
        free(it->job.settings);
        it->job.settings = xstrdup_or_null(outcome->fingerprint);
        it->job.report_path = xstrdup_or_null(outcome->report_path);
        it->job.near_path = xstrdup_or_null(outcome->near_path);
        it->job.cleaned_path = xstrdup_or_null(outcome->cleaned_path);
    }
    flow_operation_done(it, error);
}

static bool enter_polling(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->operation = job_follow(f->o.jobs, it->job.id, job_limit_ms(f, it), on_followed, it);
    return true;
}

/* --- COOLING --- */

static void log_success(const flow *f, const item *it)
{
    uint64_t spent_ms = clock_now_ms(f->o.transport) - it->begun_ms;
    const log_fields fields = {.event = "done",
                               .key = it->planned.key,
                               .state = it->result.contaminated ? "contaminated" : "clean",
                               .bytes = &it->planned.size_bytes,
                               .lines = it->local.lines_known ? &it->local.verdict.lines : NULL,
                               .ms = &spent_ms};
    if (it->result.contaminated)
        log_event(LOG_DEBUG, &fields, "contaminated: s3://%s/%s: contaminated lines: %llu",
                  flow_input_bucket(f), it->planned.key,
                  (unsigned long long)it->result.contaminated_lines);
    else
        log_event(LOG_DEBUG, &fields, "clean: s3://%s/%s", flow_input_bucket(f), it->planned.key);
}

static void count_success(flow *f, const item *it)
{
    flow_trial_success(f);
    log_success(f, it);
    f->totals.bytes += it->planned.size_bytes;
    if (it->result.contaminated)
        f->totals.contaminated++;
    else
        f->totals.clean++;
    flow_check_failures(f); /* a percentage counts from 100 files on */
}

static bool enter_cooling(flow *f, item *it, err *e)
{
    UNUSED(e);
    item_close_results(it);
    count_success(f, it);
    it->operation = flow_pause_start(f, it, f->o.config->cleanup_delay_ms);
    return true;
}

/* --- the ends --- */

static bool enter_done(flow *f, item *it, err *e)
{
    UNUSED(e);
    if (f->debug)
        count_success(f, it);
    return true;
}

static bool enter_failed(flow *f, item *it, err *e)
{
    UNUSED(e);
    f->totals.failed++;
    f->totals.failed_bytes += it->planned.size_bytes;
    if (it->failed_attempts)
        err_append(&it->error, "; tried %u times", it->failed_attempts + 1);
    if (it->planned.crashes >= CRASH_MARKS_MAX)
        err_append(&it->error, "; it is not tried again before --retry-failed");
    uint64_t spent_ms = clock_now_ms(f->o.transport) - it->begun_ms;
    log_event(LOG_WARN,
              &(log_fields){.event = "failed",
                            .key = it->planned.key,
                            .state = item_state_name(it->failed_in),
                            .bytes = &it->planned.size_bytes,
                            .ms = &spent_ms},
              "failed: %s", it->error.message);
    flow_trial_failure(f, it);
    flow_check_failures(f);
    return true;
}

const flow_entry flow_enter[ITEM_STATE_COUNT] = {
    [ITEM_DOWNLOADING] = enter_downloading,
    [ITEM_READY] = enter_ready,
    [ITEM_SUBMITTING] = enter_submitting,
    [ITEM_POLLING] = enter_polling,
    [ITEM_CHECKING] = flow_enter_checking,
    [ITEM_UPLOADING] = flow_enter_uploading,
    [ITEM_COPYING] = flow_enter_copying,
    [ITEM_PROVING] = flow_enter_proving,
    [ITEM_RECHECKING] = flow_enter_rechecking,
    [ITEM_COMMITTING] = flow_enter_committing,
    [ITEM_CONFIRMING] = flow_enter_confirming,
    [ITEM_SUPERSEDING] = flow_enter_superseding,
    [ITEM_COOLING] = enter_cooling,
    [ITEM_CLEANING] = flow_enter_cleaning,
    [ITEM_DISCARDING] = flow_enter_discarding,
    [ITEM_RENEWING] = flow_enter_renewing,
    [ITEM_MARKING] = flow_enter_marking,
    [ITEM_RETRYING] = flow_enter_retrying,
    [ITEM_PROBING] = flow_enter_probing,
    [ITEM_DONE] = enter_done,
    [ITEM_FAILED] = enter_failed,
};
