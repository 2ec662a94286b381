#include "base/util.h"
#include "orchestrator/plan/item.h"

#include <unistd.h>

void item_close_results(item *it)
{
    item_result *r = &it->result;
    result_file_close(&r->report);
    result_file_close(&r->near);
    result_file_close(&r->cleaned);
    if (r->recoded_fd > 0)
        close(r->recoded_fd);
    r->recoded_fd = 0;
}

static void drop_planned(item_planned *p)
{
    free(p->key);
    free(p->etag);
    free(p->new_etag);
    output_names_deinit(&p->outputs);
}

static void drop_local(item_local *l)
{
    free(l->path);
    free(l->read_etag);
    free(l->version_id);
    *l = (item_local){0};
}

static void drop_job(item_job *j)
{
    free(j->id);
    free(j->report_path);
    free(j->near_path);
    free(j->cleaned_path);
    free(j->settings);
    *j = (item_job){0};
}

static void drop_result(item *it)
{
    item_result *r = &it->result;
    item_close_results(it);
    result_file_deinit(&r->report);
    result_file_deinit(&r->near);
    result_file_deinit(&r->cleaned);
    write_proof_deinit(&r->proof);
    set_counts_deinit(&r->sets);
    *r = (item_result){.cleaned_written = r->cleaned_written || r->cleaned_current};
}

/* Data of the version that was read. */
static void drop_work(item *it)
{
    drop_local(&it->local);
    drop_job(&it->job);
    drop_result(it);
}

void item_free(item *it)
{
    if (!it)
        return;
    drop_work(it);
    drop_planned(&it->planned);
    free(it);
}

void item_renew(item *it)
{
    item_planned *p = &it->planned;
    drop_work(it);
    free(p->etag);
    p->etag = move(p->new_etag);
    p->size_bytes = p->new_size_bytes;
    p->crashes = 0;
    p->renewed = true;
    it->suspicion = (err)ERR_INIT;
}

/* The local file keeps its disk space, and the job its id: its files may be reused. */
void item_retry(item *it)
{
    bool admitted = it->local.admitted;
    drop_local(&it->local);
    it->local.admitted = admitted;
    free(move(it->job.report_path));
    free(move(it->job.near_path));
    free(move(it->job.cleaned_path));
    it->job.submissions = 0;
    it->job.replayed = false;
    bool current = it->result.cleaned_current;
    drop_result(it);
    it->result.cleaned_current = current;
    it->suspicion = it->error = (err)ERR_INIT;
}

const char *item_state_name(item_state s)
{
    static const char *const names[ITEM_STATE_COUNT] = {
        [ITEM_WAITING] = "WAITING",
        [ITEM_DOWNLOADING] = "DOWNLOADING",
        [ITEM_READY] = "READY",
        [ITEM_SUBMITTING] = "SUBMITTING",
        [ITEM_POLLING] = "POLLING",
        [ITEM_CHECKING] = "CHECKING",
        [ITEM_UPLOADING] = "UPLOADING",
        [ITEM_COPYING] = "COPYING",
        [ITEM_PROVING] = "PROVING",
        [ITEM_RECHECKING] = "RECHECKING",
        [ITEM_COMMITTING] = "COMMITTING",
        [ITEM_CONFIRMING] = "CONFIRMING",
        [ITEM_SUPERSEDING] = "SUPERSEDING",
        [ITEM_COOLING] = "COOLING",
        [ITEM_CLEANING] = "CLEANING",
        [ITEM_DISCARDING] = "DISCARDING",
        [ITEM_RENEWING] = "RENEWING",
        [ITEM_MARKING] = "MARKING",
        [ITEM_RETRYING] = "RETRYING",
        [ITEM_PROBING] = "PROBING",
        [ITEM_DONE] = "DONE",
        [ITEM_FAILED] = "FAILED",
    };
    return s < ITEM_STATE_COUNT ? names[s] : "?";
}
