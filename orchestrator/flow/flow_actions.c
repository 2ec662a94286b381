/* What is done on entering each state, and how that is cancelled. The leaves report to
 * flow_leaf_done; which state comes next is flow.c's to say. flow_store.c has the states that write
 * to the store. */
#include "orchestrator/flow/flow_private.h"

#include <unistd.h>

#include "decon/base/digest.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/local/cleanup.h"
#include "orchestrator/transfer/download.h"
#include "orchestrator/transfer/result_check.h"

const char *flow_input_bucket(const flow *f)
{
    return f->o.config->places.input.bucket;
}

/* --- DOWNLOADING --- */

static bool enter_downloading(flow *f, item *it, err *e)
{
    if (it->size_bytes == 0 && codec_by_suffix(it->outputs.cleaned_key) != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END,
                       "s3://%s/%s: a compressed file of no bytes: it ends early; put a sound "
                       "file in its place, the next run takes it up",
                       flow_input_bucket(f), it->key);
    if (f->o.server->purify && !it->lines) /* a cleaned file will be compared */
        it->lines = line_hashes_new(f->o.workdir);
    it->leaf = download_start(&(download_options){.s3 = f->o.s3,
                                                  .transport = f->o.transport,
                                                  .verifier = f->o.verifier,
                                                  .workdir = f->o.workdir,
                                                  .bucket = flow_input_bucket(f),
                                                  .item = it,
                                                  .level = (verify_level)f->o.config->verify,
                                                  .jsonl = config_jsonl(f->o.config),
                                                  .on_done = flow_leaf_done,
                                                  .ctx = it},
                              e);
    return it->leaf != NULL;
}

/* --- READY, SUBMITTING, POLLING --- */

static bool enter_ready(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->next = NULL;
    *f->ready_tail = it;
    f->ready_tail = &it->next;
    return true;
}

/* The file is still here; only the job has to be done again. */
void flow_prepare_again(flow *f, item *it, const err *error)
{
    log_warn("s3://%s/%s: submitted again: %s", flow_input_bucket(f), it->key, error->message);
    if (error->code == ERR_JOB_FORGOTTEN)
        return;
    it->fresh_key = true;
    char **paths[] = {&it->report_path, &it->cleaned_path};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        err e = ERR_INIT;
        if (*paths[i] && !f->debug && !fs_remove(*paths[i], &e))
            log_warn("%s", e.message);
        free(move(*paths[i]));
    }
}

/* The same file of the same version gets the same job, also from a later run. */
static char *idempotency_key(flow *f, const item *it)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    AUTO_FREE char *identity =
        xasprintf("s3://%s/%s\n%s\n%s%s", flow_input_bucket(f), it->key, it->etag, it->local_path,
                  f->o.config->verify == VERIFY_JSONL ? "" : "\nlenient");
    sha256(slice_from(identity), digest);
    hex_encode(digest, sizeof digest, hex);
    if (!it->fresh_key)
        return xstrdup(hex);
    return xasprintf("%s-%016llx", hex, (unsigned long long)transport_random(f->o.transport));
}

static void on_submitted(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    if (!error) {
        free(it->job_id);
        it->job_id = xstrdup(outcome->job_id);
        it->job_replayed = outcome->replayed;
        flow *f = it->flow;
        log_info("submitted: s3://%s/%s as job %s", flow_input_bucket(f), it->key, it->job_id);
    }
    flow_leaf_done(it, error);
}

static bool enter_submitting(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *key = idempotency_key(f, it);
    it->submissions++;
    it->leaf = job_submit(f->o.jobs, it->local_path, key, on_submitted, it);
    return true;
}

/* Where this program verified the lines it has said so already. */
static void warn_of_unread(const flow *f, const item *it, const job_outcome *outcome)
{
    if (outcome->unread_lines && f->o.config->verify != VERIFY_JSONL)
        log_warn("s3://%s/%s: the detection server kept %llu lines without looking at them: they "
                 "have no text that it can read",
                 flow_input_bucket(f), it->key, (unsigned long long)outcome->unread_lines);
}

static void on_followed(void *ctx, const job_outcome *outcome, const err *error)
{
    item *it = ctx;
    if (!error) {
        warn_of_unread(it->flow, it, outcome);
        it->report_path = outcome->report_path ? xstrdup(outcome->report_path) : NULL;
        it->cleaned_path = outcome->cleaned_path ? xstrdup(outcome->cleaned_path) : NULL;
    }
    flow_leaf_done(it, error);
}

static bool enter_polling(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf = job_follow(f->o.jobs, it->job_id, on_followed, it);
    return true;
}

/* --- CHECKING --- */

static void on_checked(void *ctx, result_facts *facts, const err *error)
{
    item *it = ctx;
    if (facts->report_path) {
        free(it->report_path);
        it->report_path = move(facts->report_path);
    }
    if (facts->cleaned_path) {
        free(it->cleaned_path);
        it->cleaned_path = move(facts->cleaned_path);
    }
    if (!error) {
        const flow *f = it->flow;
        it->contaminated = it->report_path != NULL;
        it->contaminated_lines = facts->contaminated_lines;
        it->verdict.lines = facts->lines;
        it->lines_known = true;
        it->report_bytes = facts->report_bytes;
        line_hashes_unref(move(it->lines));
        if (facts->recoded)
            it->upload_path = workdir_recode_path(f->o.workdir, it->key);
        else if (it->contaminated && it->cleaned_path)
            it->upload_path = xstrdup(it->cleaned_path);
    }
    flow_leaf_done(it, error);
}

static bool enter_checking(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *name = xasprintf("s3://%s/%s", flow_input_bucket(f), it->key);
    AUTO_FREE char *recode_path = workdir_recode_path(f->o.workdir, it->key);
    it->leaf = result_check_start(
        f->o.pool, f->o.codec_memory,
        &(result_options){.name = name,
                          .input_path = it->local_path,
                          .lines_known = it->lines_known,
                          .lines = it->verdict.lines,
                          .hashes = it->lines,
                          .purify = f->o.server->purify,
                          .report_path = it->report_path,
                          .cleaned_path = it->cleaned_path,
                          .report_dir = f->o.server->report_dir,
                          .cleaned_dir = f->o.server->cleaned_dir,
                          .format = codec_by_suffix(it->outputs.cleaned_key),
                          .codec =
                              config_codec(f->o.config, codec_by_suffix(it->outputs.cleaned_key)),
                          .recode_path = recode_path},
        on_checked, it);
    return true;
}

static void cancel_checking(flow *f, item *it)
{
    UNUSED(f);
    result_check_cancel(it->leaf);
}

/* --- COOLING, CLEANING, DISCARDING --- */

static void count_success(flow *f, const item *it)
{
    f->totals.bytes += it->size_bytes;
    if (it->contaminated) {
        f->totals.contaminated++;
        log_info("contaminated: s3://%s/%s: contaminated lines: %llu", flow_input_bucket(f),
                 it->key, (unsigned long long)it->contaminated_lines);
    } else {
        f->totals.clean++;
        log_info("clean: s3://%s/%s", flow_input_bucket(f), it->key);
    }
}

static void on_cool(void *ctx)
{
    item *it = ctx;
    it->timer = NULL;
    flow_leaf_done(it, NULL);
}

static bool enter_cooling(flow *f, item *it, err *e)
{
    UNUSED(e);
    count_success(f, it);
    it->timer = timer_start(f->o.transport, f->o.config->cleanup_delay_ms, on_cool, it);
    return true;
}

static void cancel_cooling(flow *f, item *it)
{
    timer_stop(f->o.transport, move(it->timer));
}

static void give_disk_back(flow *f, item *it)
{
    if (it->admitted)
        workdir_release(f->o.workdir, it->size_bytes);
    it->admitted = false;
}

static void on_cleaned(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    if (error)
        log_warn("s3://%s/%s: clean-up: %s", flow_input_bucket(f), it->key, error->message);
    if (it->state == ITEM_CLEANING || it->state == ITEM_RENEWING || !it->local_path)
        give_disk_back(f, it);
    flow_leaf_done(it, error);
}

static bool enter_cleaning(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf =
        cleanup_start(f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                                    .key = it->key,
                                                    .paths = {it->report_path, it->cleaned_path},
                                                    .on_done = on_cleaned,
                                                    .ctx = it});
    return true;
}

/* A download that failed leaves nothing; results that do not hold go, the input stays. */
static bool enter_discarding(flow *f, item *it, err *e)
{
    UNUSED(e);
    const char *dir = f->o.server->report_dir;
    bool by_name = !it->report_path && it->job_id && dir && dir[0] == '/';
    AUTO_FREE char *unnamed =
        by_name ? xasprintf("%s/%s" NAMES_REPORT_SUFFIX, dir, it->job_id) : NULL;
    it->leaf = cleanup_start(
        f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                      .key = it->local_path ? NULL : it->key,
                                      .paths = {it->report_path, it->cleaned_path, unnamed},
                                      .on_done = on_cleaned,
                                      .ctx = it});
    return true;
}

/* Nothing that was made of the replaced version is used again. */
static bool enter_renewing(flow *f, item *it, err *e)
{
    return enter_cleaning(f, it, e);
}

static void cancel_cleanup(flow *f, item *it)
{
    UNUSED(f);
    cleanup_cancel(it->leaf);
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
    log_warn("failed: %s", it->error.message);
    return true;
}

const flow_state_row flow_states[ITEM_STATE_COUNT] = {
    [ITEM_DOWNLOADING] = {enter_downloading, flow_cancel_op},
    [ITEM_READY] = {enter_ready, NULL},
    [ITEM_SUBMITTING] = {enter_submitting, flow_cancel_op},
    [ITEM_POLLING] = {enter_polling, flow_cancel_op},
    [ITEM_CHECKING] = {enter_checking, cancel_checking},
    [ITEM_UPLOADING] = {flow_enter_uploading, flow_cancel_upload},
    [ITEM_COPYING] = {flow_enter_copying, flow_cancel_upload},
    [ITEM_PROVING] = {flow_enter_proving, flow_cancel_upload},
    [ITEM_RECHECKING] = {flow_enter_rechecking, flow_cancel_op},
    [ITEM_COMMITTING] = {flow_enter_committing, flow_cancel_upload},
    [ITEM_CONFIRMING] = {flow_enter_confirming, flow_cancel_upload},
    [ITEM_RETIRING] = {flow_enter_retiring, flow_cancel_upload},
    [ITEM_COOLING] = {enter_cooling, cancel_cooling},
    [ITEM_CLEANING] = {enter_cleaning, cancel_cleanup},
    [ITEM_DISCARDING] = {enter_discarding, cancel_cleanup},
    [ITEM_RENEWING] = {enter_renewing, cancel_cleanup},
    [ITEM_PROBING] = {flow_enter_probing, flow_cancel_op},
    [ITEM_DONE] = {enter_done, NULL},
    [ITEM_FAILED] = {enter_failed, NULL},
};
