#include "base/util.h"
#include "orchestrator/local/cleanup.h"

#include "orchestrator/config/file_names.h"

struct cleanup {
    pool_task task; /* first */
    cleanup_options options;
    char *key, *job_id;
    result_file results[CLEANUP_RESULTS]; /* closed; path and name are copies */
    err error;
    bool cancelled;
};

static void run_cleanup(pool_task *task)
{
    cleanup *c = (cleanup *)task;
    for (size_t i = 0; i < CLEANUP_RESULTS; i++) {
        err e = ERR_INIT;
        if (!result_file_remove(c->options.dirs, &c->results[i], &e) && !err_is_set(&c->error))
            c->error = e;
    }
    if (c->job_id)
        result_dirs_remove_job(c->options.dirs, c->job_id, NAMES_REPORT_SUFFIX);
    err e = ERR_INIT;
    if (c->key && !workdir_remove_item(c->options.workdir, c->key, &e) && !err_is_set(&c->error))
        c->error = e;
}

static void cleanup_done(pool_task *task)
{
    cleanup *c = (cleanup *)task;
    if (!c->cancelled)
        c->options.on_done(c->options.ctx, err_is_set(&c->error) ? &c->error : NULL);
    free(c->key);
    free(c->job_id);
    for (size_t i = 0; i < CLEANUP_RESULTS; i++)
        result_file_deinit(&c->results[i]);
    free(c);
}

static result_file copy_of(const result_file *f)
{
    if (!f || !f->path)
        return (result_file){0};
    result_file copy = *f;
    copy.fd = -1;
    copy.path = xstrdup(f->path);
    copy.name = xstrdup(f->name);
    return copy;
}

cleanup *cleanup_start(pool *p, const cleanup_options *options)
{
    cleanup *c = xcalloc(1, sizeof *c);
    c->task = (pool_task){.run = run_cleanup, .done = cleanup_done};
    c->options = *options;
    c->key = xstrdup_or_null(options->key);
    c->job_id = xstrdup_or_null(options->job_id);
    for (size_t i = 0; i < CLEANUP_RESULTS; i++)
        c->results[i] = copy_of(options->results[i]);
    pool_submit(p, &c->task);
    return c;
}

void cleanup_cancel(cleanup *c)
{
    if (c)
        c->cancelled = true;
}
