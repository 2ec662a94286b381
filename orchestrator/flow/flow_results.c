/* Results of the detection server: checking, and removal at the end. */
#include "base/util.h"
#include "orchestrator/flow/flow_private.h"

#include "decon/base/log.h"
#include "orchestrator/local/cleanup.h"
#include "orchestrator/transfer/result_check.h"

/* --- CHECKING --- */

static void on_checked(void *ctx, result_facts *facts, const err *error)
{
    item *it = ctx;
    item_result *r = &it->result;
    r->report = result_file_take(&facts->report);
    r->near = result_file_take(&facts->near);
    r->cleaned = result_file_take(&facts->cleaned);
    r->recoded_fd = facts->recoded_fd;
    facts->recoded_fd = 0;
    if (!r->report.path || r->recoded_fd)
        result_file_close(&r->cleaned); /* it is not uploaded */
    if (!error) {
        r->contaminated = r->report.path != NULL;
        r->contaminated_lines = facts->contaminated_lines;
        r->report_bytes = facts->report_bytes;
        set_counts_deinit(&r->sets);
        r->sets = facts->sets;
        facts->sets = (set_counts){0};
        it->local.verdict.lines = facts->lines;
        it->local.lines_known = true;
        line_hashes_unref(move(it->local.lines));
    }
    flow_operation_done(it, error);
}

bool flow_enter_checking(flow *f, item *it, err *e)
{
    UNUSED(e);
    AUTO_FREE char *name = xasprintf("s3://%s/%s", flow_input_bucket(f), it->planned.key);
    codec_format format = codec_by_suffix(it->planned.outputs.cleaned_key);
    it->operation =
        result_check_start(f->o.pool, f->o.codec_memory,
                           &(result_options){.name = name,
                                             .key = it->planned.key,
                                             .workdir = f->o.workdir,
                                             .dirs = f->o.result_dirs,
                                             .job_id = it->job.id,
                                             .lines_known = it->local.lines_known,
                                             .lines = it->local.verdict.lines,
                                             .hashes = it->local.lines,
                                             .purify = f->o.server->purify,
                                             .report_path = it->job.report_path,
                                             .near_path = it->job.near_path,
                                             .cleaned_path = it->job.cleaned_path,
                                             .format = format,
                                             .codec = config_codec(f->o.config, format)},
                           on_checked, it);
    return true;
}

bool flow_result_unchanged(const result_file *file, err *e)
{
    return result_file_unchanged(file) ||
           err_set(e, ERR_RESULT,
                   "%s: was changed after it was checked; nothing was uploaded, run again",
                   file->path);
}

/* The file is still present; only the job has to be repeated. */
void flow_prepare_again(flow *f, item *it, const err *error)
{
    log_warn("s3://%s/%s: submitted again: %s", flow_input_bucket(f), it->planned.key,
             error->message);
    result_file *results[] = {&it->result.report, &it->result.near, &it->result.cleaned};
    item_close_results(it);
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        err e = ERR_INIT;
        if (!f->debug && !result_file_remove(f->o.result_dirs, results[i], &e))
            log_warn("%s", e.message);
        result_file_deinit(results[i]);
    }
    free(move(it->job.report_path));
    free(move(it->job.near_path));
    free(move(it->job.cleaned_path));
    it->job.fresh_key = it->job.fresh_key || error->code != ERR_JOB_FORGOTTEN;
}

/* --- CLEANING, DISCARDING --- */

/* For the next run, unless the disk is full. */
static bool keeps_input(const item *it)
{
    return it->local.state == ITEM_LOCAL_WHOLE && it->error.code != ERR_NO_SPACE;
}

static void give_disk_back(flow *f, item *it)
{
    if (it->local.admitted)
        workdir_release(f->o.workdir, it->planned.size_bytes);
    it->local.admitted = false;
}

/* The server named a file that is not a result. */
static bool is_misnamed(const item *it)
{
    const item_job *j = &it->job;
    const item_result *r = &it->result;
    bool named = j->report_path || j->near_path || j->cleaned_path;
    return named && !r->report.path && !r->near.path && !r->cleaned.path;
}

static void on_cleaned(void *ctx, const err *error)
{
    item *it = ctx;
    flow *f = it->flow;
    if (error && it->job.id)
        result_jobs_keep(f->o.result_jobs, it->job.id);
    if (it->state == ITEM_DISCARDING && !is_misnamed(it))
        free(move(it->job.id)); /* has no results */
    if (error)
        log_warn("s3://%s/%s: clean-up: %s", flow_input_bucket(f), it->planned.key, error->message);
    if (it->state == ITEM_CLEANING || it->state == ITEM_RENEWING || !keeps_input(it))
        give_disk_back(f, it);
    flow_operation_done(it, error);
}

bool flow_enter_cleaning(flow *f, item *it, err *e)
{
    UNUSED(e);
    it->operation = cleanup_start(
        f->o.pool,
        &(cleanup_options){.workdir = f->o.workdir,
                           .dirs = f->o.result_dirs,
                           .key = it->planned.key,
                           .results = {&it->result.report, &it->result.near, &it->result.cleaned},
                           .on_done = on_cleaned,
                           .ctx = it});
    return true;
}

/* After a failed download nothing is kept; invalid results are removed, the input stays. If the
 * server named a file that is not a result, nothing of the job is removed. */
bool flow_enter_discarding(flow *f, item *it, err *e)
{
    UNUSED(e);
    bool misnamed = is_misnamed(it);
    item_close_results(it);
    it->operation = cleanup_start(
        f->o.pool,
        &(cleanup_options){.workdir = f->o.workdir,
                           .dirs = f->o.result_dirs,
                           .key = keeps_input(it) ? NULL : it->planned.key,
                           .results = {&it->result.report, &it->result.near, &it->result.cleaned},
                           .job_id = it->job.report_path || misnamed ? NULL : it->job.id,
                           .on_done = on_cleaned,
                           .ctx = it});
    return true;
}

/* Nothing of the replaced version is used again. */
bool flow_enter_renewing(flow *f, item *it, err *e)
{
    item_close_results(it);
    return flow_enter_cleaning(f, it, e);
}
