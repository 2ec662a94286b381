/* The work directory and the detection server's result folders. */
#include "orchestrator/app_prepare.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/detect/server_user.h"

bool app_open_work_dir(app *a, err *e)
{
    const config *c = a->config;
    a->workdir = workdir_open(&(workdir_options){.root = c->local_work_dir,
                                                 .input_uri = c->remote_file_input,
                                                 .share_group = c->share_group,
                                                 .host_index = (unsigned)c->host_index,
                                                 .host_count = (unsigned)c->host_count,
                                                 .disk_budget_bytes = c->disk_budget_bytes},
                              e);
    if (!a->workdir)
        return false;
    int share_fd = workdir_fd(a->workdir);
    a->result_dirs = result_dirs_new(c->server_result_dirs, share_fd, e);
    a->old_folders = result_dirs_new(NULL, share_fd, e);
    if (!a->result_dirs || !a->old_folders)
        return false;
    result_dirs_recall(a->old_folders, share_fd);
    if (c->max_files_debug)
        return true;
    detect_client_tag(a->jobs, workdir_tag(a->workdir));
    a->result_jobs = result_jobs_new(workdir_tag(a->workdir));
    return true;
}

static void trust_server(const app *a, result_dirs *d)
{
    bool known = false;
    uint32_t user = 0;
    if (server_user_find(a->config->server_user, a->config->server_url, &known, &user, NULL) &&
        known)
        result_dirs_trust(d, user);
}

/* Called for each /health reply: a restarted server may have other folders and another user. */
void app_learn_folders(void *ctx, const server_facts *facts)
{
    app *a = ctx;
    if (!a->result_dirs) /* a dry run */
        return;
    trust_server(a, a->result_dirs);
    result_dirs_learn(a->result_dirs, facts->report_dir, facts->cleaned_dir);
    if (!a->config->max_files_debug)
        result_dirs_remember(a->result_dirs, a->old_folders, workdir_fd(a->workdir));
}

void app_sweep_results(app *a)
{
    result_sweep sum = {0};
    trust_server(a, a->old_folders);
    result_dirs_sweep(a->result_dirs, a->result_jobs, &sum);
    result_dirs_sweep(a->old_folders, a->result_jobs, &sum);
    if (sum.removed)
        log_info("removed %zu results in the detection server's folders that no file needs",
                 sum.removed);
    if (!sum.failed && !result_jobs_keeps(a->result_jobs))
        result_dirs_forget(workdir_fd(a->workdir));
}

/* Of a share that is removed. */
static void sweep_share(void *ctx, int share_fd, const char *tag)
{
    const app *a = ctx;
    err e = ERR_INIT;
    result_sweep sum = {0};
    AUTO_PTR(result_jobs) owned = result_jobs_new(tag);
    AUTO_PTR(result_dirs) folders = result_dirs_new(NULL, workdir_fd(a->workdir), &e);
    if (!folders)
        return;
    trust_server(a, folders);
    result_dirs_recall(folders, share_fd);
    result_dirs_sweep(folders, owned, &sum);
    result_dirs_sweep(a->result_dirs, owned, &sum);
}

bool app_knows_path(void *ctx, const char *path)
{
    const app *a = ctx;
    return !a->result_dirs || result_dirs_cover(a->result_dirs, path);
}

bool app_clear_work_dir(app *a, err *e)
{
    if (a->config->max_files_debug)
        return true; /* a debug run removes nothing */
    size_t removed = 0;
    if (!workdir_clear_other_counts(a->workdir, (unsigned)a->config->host_count, sweep_share, a,
                                    e) ||
        !workdir_scan(a->workdir, e))
        return false;
    for (size_t i = 0; i < a->plan.count; i++)
        workdir_want(a->workdir, a->plan.rows[i].object->key);
    if (!workdir_clear_unwanted(a->workdir, &removed, e))
        return false;
    if (removed)
        log_info("%s: removed %zu stale downloads of an earlier run", workdir_path(a->workdir),
                 removed);
    return true;
}

bool app_check_result_dirs(const app *a, err *e)
{
    const config *c = a->config;
    bool known;
    uint32_t user;
    return server_user_find(c->server_user, c->server_url, &known, &user, e) &&
           result_dirs_check(a->result_dirs, e);
}
