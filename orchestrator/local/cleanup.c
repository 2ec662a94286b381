#include "base/util.h"
#include "orchestrator/local/cleanup.h"

#include "orchestrator/config/file_names.h"

typedef struct cleanup {
    op op;
    pool_task task;
    cleanup_options options;
    char *key, *job_id;
    result_file results[CLEANUP_RESULTS]; /* closed; path and name are copies */
    err error;
} cleanup;

static void cleanup_free(op *o)
{
    cleanup *c = (cleanup *)o;
    free(c->key);
    free(c->job_id);
    for (size_t i = 0; i < CLEANUP_RESULTS; i++)
        result_file_deinit(&c->results[i]);
    free(c);
}

/* A worker uses its memory: cleanup_done ends the operation. */
static void cleanup_go_on(op *o)
{
    UNUSED(o);
}

static const op_kind cleanup_kind = {.free = cleanup_free, .cancel = cleanup_go_on};

static cleanup *cleanup_of(pool_task *task)
{
    return (cleanup *)((char *)task - offsetof(cleanup, task));
}

static void run_cleanup(pool_task *task)
{
    cleanup *c = cleanup_of(task);
    for (size_t i = 0; i < CLEANUP_RESULTS; i++) {
        err e = ERR_INIT;
        if (!result_file_remove(c->options.dirs, &c->results[i], &e) && !err_is_set(&c->error))
            c->error = e;
    }
    if (c->job_id) {
        result_dirs_remove_job(c->options.dirs, c->job_id, NAMES_REPORT_SUFFIX);
        result_dirs_remove_job(c->options.dirs, c->job_id, NAMES_NEAR_SUFFIX);
    }
    err e = ERR_INIT;
    if (c->key && !workdir_remove_item(c->options.workdir, c->key, &e) && !err_is_set(&c->error))
        c->error = e;
}

static void cleanup_done(pool_task *task)
{
    cleanup *c = cleanup_of(task);
    op_finish(&c->op, err_is_set(&c->error) ? &c->error : NULL);
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

op *cleanup_start(pool *p, const cleanup_options *options)
{
    cleanup *c = op_new(&cleanup_kind, sizeof *c, NULL, NULL);
    c->op.on_done = options->on_done;
    c->op.ctx = options->ctx;
    c->task = (pool_task){.run = run_cleanup, .done = cleanup_done};
    c->options = *options;
    c->key = xstrdup_or_null(options->key);
    c->job_id = xstrdup_or_null(options->job_id);
    for (size_t i = 0; i < CLEANUP_RESULTS; i++)
        c->results[i] = copy_of(options->results[i]);
    pool_submit(p, &c->task);
    return op_started(&c->op);
}
