/* What is done with the detection server's results: checked, and removed in the end. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

#include "decon/base/log.h"
#include "orchestrator/local/cleanup.h"
#include "orchestrator/transfer/result_check.h"

/* --- CHECKING --- */

static void on_checked(void *ctx, result_facts *facts, const err *error)
{
    item *it = ctx;
    it->report = result_file_take(&facts->report);
    it->cleaned = result_file_take(&facts->cleaned);
    it->recoded_fd = facts->recoded_fd;
    facts->recoded_fd = 0;
    if (!it->report.path || it->recoded_fd)
        result_file_close(&it->cleaned); /* it does not go up */
    if (!error) {
        it->contaminated = it->report.path != NULL;
        it->contaminated_lines = facts->contaminated_lines;
        it->verdict.lines = facts->lines;
        it->lines_known = true;
        it->report_bytes = facts->report_bytes;
        line_hashes_unref(move(it->lines));
    }
    flow_leaf_done(it, error);
}

bool flow_enter_checking(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *name = xasprintf("s3://%s/%s", flow_input_bucket(f), it->key);
    it->leaf = result_check_start(
        f->o.pool, f->o.codec_memory,
        &(result_options){.name = name,
                          .key = it->key,
                          .workdir = f->o.workdir,
                          .dirs = f->o.result_dirs,
                          .job_id = it->job_id,
                          .lines_known = it->lines_known,
                          .lines = it->verdict.lines,
                          .hashes = it->lines,
                          .purify = f->o.server->purify,
                          .report_path = it->report_path,
                          .cleaned_path = it->cleaned_path,
                          .format = codec_by_suffix(it->outputs.cleaned_key),
                          .codec =
                              config_codec(f->o.config, codec_by_suffix(it->outputs.cleaned_key))},
        on_checked, it);
    return true;
}

void flow_cancel_checking(flow *f, item *it)
{
    UNUSED(f);
    result_check_cancel(it->leaf);
}

bool flow_result_unchanged(const result_file *file, err *e)
{
    return result_file_unchanged(file) ||
           err_set(e, ERR_RESULT,
                   "%s: was changed after it was checked; nothing was uploaded, run again",
                   file->path);
}

/* The file is still here; only the job has to be done again. */
void flow_prepare_again(flow *f, item *it, const err *error)
{
    log_warn("s3://%s/%s: submitted again: %s", flow_input_bucket(f), it->key, error->message);
    result_file *results[] = {&it->report, &it->cleaned};
    item_close_results(it);
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        err e = ERR_INIT;
        if (!f->debug && !result_file_remove(f->o.result_dirs, results[i], &e))
            log_warn("%s", e.message);
        result_file_deinit(results[i]);
    }
    free(move(it->report_path));
    free(move(it->cleaned_path));
    it->fresh_key = it->fresh_key || error->code != ERR_JOB_FORGOTTEN;
}

/* --- CLEANING, DISCARDING --- */

/* For the next run, unless the disk is full. */
static bool keeps_input(const item *it)
{
    return it->local_path && it->error.code != ERR_NO_SPACE;
}

static void give_disk_back(flow *f, item *it)
{
    if (it->admitted)
        workdir_release(f->o.workdir, it->size_bytes);
    it->admitted = false;
}

/* The server named a file that is not a result. */
static bool is_misnamed(const item *it)
{
    return (it->report_path || it->cleaned_path) && !it->report.path && !it->cleaned.path;
}

static void on_cleaned(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    if (error && it->job_id)
        result_jobs_keep(f->o.result_jobs, it->job_id);
    if (it->state == ITEM_DISCARDING && !is_misnamed(it))
        free(move(it->job_id)); /* has no results */
    if (error)
        log_warn("s3://%s/%s: clean-up: %s", flow_input_bucket(f), it->key, error->message);
    if (it->state == ITEM_CLEANING || it->state == ITEM_RENEWING || !keeps_input(it))
        give_disk_back(f, it);
    flow_leaf_done(it, error);
}

bool flow_enter_cleaning(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->leaf = cleanup_start(f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                                           .dirs = f->o.result_dirs,
                                                           .key = it->key,
                                                           .results = {&it->report, &it->cleaned},
                                                           .on_done = on_cleaned,
                                                           .ctx = it});
    return true;
}

/* A download that failed leaves nothing; results that do not hold go, the input stays. Where the
 * server named a file that is not a result, nothing of the job is removed. */
bool flow_enter_discarding(flow *f, item *it, err *e)
{
    UNUSED(e);
    bool misnamed = is_misnamed(it);
    item_close_results(it);
    it->leaf = cleanup_start(
        f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                      .dirs = f->o.result_dirs,
                                      .key = keeps_input(it) ? NULL : it->key,
                                      .results = {&it->report, &it->cleaned},
                                      .job_id = it->report_path || misnamed ? NULL : it->job_id,
                                      .on_done = on_cleaned,
                                      .ctx = it});
    return true;
}

/* Nothing that was made of the replaced version is used again. */
bool flow_enter_renewing(flow *f, item *it, err *e)
{
    item_close_results(it);
    return flow_enter_cleaning(f, it, e);
}

void flow_cancel_cleanup(flow *f, item *it)
{
    UNUSED(f);
    cleanup_cancel(it->leaf);
}
