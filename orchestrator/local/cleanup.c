#include "base/util.h"
#include "orchestrator/local/cleanup.h"

#include "base/fsutil.h"

struct cleanup {
    pool_task task; /* first */
    cleanup_options options;
    char *key, *paths[CLEANUP_PATHS];
    err error;
    bool cancelled;
};

static void run_cleanup(pool_task *task)
{
    cleanup *c = (cleanup *)task;
    for (size_t i = 0; i < CLEANUP_PATHS; i++) {
        err e = ERR_INIT;
        if (c->paths[i] && !fs_remove(c->paths[i], &e) && !err_is_set(&c->error))
            c->error = e;
    }
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
    for (size_t i = 0; i < CLEANUP_PATHS; i++)
        free(c->paths[i]);
    free(c);
}

cleanup *cleanup_start(pool *p, const cleanup_options *options)
{
    cleanup *c = xcalloc(1, sizeof *c);
    c->task = (pool_task){.run = run_cleanup, .done = cleanup_done};
    c->options = *options;
    c->key = options->key ? xstrdup(options->key) : NULL;
    for (size_t i = 0; i < CLEANUP_PATHS; i++)
        c->paths[i] = options->paths[i] ? xstrdup(options->paths[i]) : NULL;
    pool_submit(p, &c->task);
    return c;
}

void cleanup_cancel(cleanup *c)
{
    if (c)
        c->cancelled = true;
}
