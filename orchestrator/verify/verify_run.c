#include "orchestrator/verify/verify_run.h"

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "orchestrator/verify/verify_file.h"
#include "decon/s3/uri.h"
#include "base/util.h"

#define OBJECTS_AHEAD 16  /* downloads in flight besides one per worker */
#define RESULTS_MAX   512 /* that wait for an earlier result */

typedef struct verify_slot { /* of one name, from its start until its result is reported */
    verify_run *run;
    size_t index;
    bool done, failed;
    verdict verdict;
    err error;
} verify_slot;

struct verify_run {
    run_context context;

    /* of the run */
    const verify_names *names;
    verify_slot **slots;   /* by index */
    size_t next, reported; /* first one not started; first one not reported */
    unsigned active;
    uint64_t disk_used_bytes, disk_budget_bytes;
    bool starting, done;
    verify_run_result on_result;
    void *ctx;
};

static unsigned workers(const config *c)
{
    return MAX(config_codec(c, CODEC_PLAIN).threads, 1u);
}

verify_run *verify_run_new(const config *c, const char *(*getenv_fn)(const char *name), err *e)
{
    verify_run *run = xcalloc(1, sizeof *run);
    if (run_context_open(&run->context, c, getenv_fn, workers(c), e))
        return run;
    verify_run_free(run);
    return NULL;
}

void verify_run_free(verify_run *run)
{
    if (!run)
        return;
    run_context_close(&run->context);
    free(run);
}

/* ---- names ---- */

typedef struct verify_listing {
    const char *bucket;
    verify_names *out;
    bool done;
    err error;
} verify_listing;

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    verify_listing *l = ctx;
    UNUSED(e);
    AUTO_FREE char *name = xasprintf("s3://%s/%s", l->bucket, object->key);
    if (!str_ends_with(object->key, "/")) /* folder markers of consoles */
        verify_names_add_listed(l->out, name, object->size_bytes);
    return true;
}

static void on_listed(void *ctx, const err *error)
{
    verify_listing *l = ctx;
    if (error)
        l->error = *error;
    l->done = true;
}

void verify_run_list(verify_run *run, const char *text, verify_names *out)
{
    AUTO(s3_uri) uri = {0};
    size_t before = out->count;
    verify_listing l = {.out = out, .error = ERR_INIT};
    if (s3_uri_parse(text, &uri, &l.error) && run_context_connect(&run->context, &l.error)) {
        l.bucket = uri.bucket;
        UNUSED(s3_list(run->context.s3, &(s3_list_options){.bucket = uri.bucket,
                                                           .prefix = uri.key,
                                                           .on_object = on_object,
                                                           .on_done = on_listed,
                                                           .ctx = &l}));
        loop_run(run->context.loop, &l.done);
    }
    if (err_is_set(&l.error))
        verify_names_add_error(out, text, &l.error);
    verify_names_end_folder(out, text, before);
}

/* ---- the run ---- */

static const verify_name *name_at(const verify_run *run, size_t index)
{
    return &run->names->rows[index];
}

static void report_results(verify_run *run)
{
    for (; run->reported < run->names->count; run->reported++) {
        verify_slot *slot = run->slots[run->reported];
        if (!slot || !slot->done)
            return;
        run->on_result(run->ctx, name_at(run, slot->index)->name,
                       slot->failed ? NULL : &slot->verdict, slot->failed ? &slot->error : NULL);
        free(move(run->slots[run->reported]));
    }
    run->done = true;
}

static void start_more(verify_run *run);

static void on_job_done(void *ctx, const verdict *found, const err *error)
{
    verify_slot *slot = ctx;
    verify_run *run = slot->run;
    slot->done = true;
    slot->failed = error != NULL;
    if (found)
        slot->verdict = *found;
    if (error)
        slot->error = *error;
    run->active--;
    run->disk_used_bytes -= name_at(run, slot->index)->size_bytes;
    start_more(run);
}

/* Whether the limits allow the next name; one is always allowed. */
static bool has_slot(const verify_run *run)
{
    const verify_name *next = name_at(run, run->next);
    bool remote = str_starts_with(next->name, "s3://");
    unsigned limit = workers(run->context.config) + (remote ? OBJECTS_AHEAD : 1);
    if (run->active == 0)
        return true;
    return run->active < limit && run->next - run->reported < RESULTS_MAX &&
           run->disk_used_bytes + next->size_bytes <= run->disk_budget_bytes;
}

/* False if it would not fit even after all others have ended. */
static bool fits_on_disk(const verify_run *run, const verify_name *name, err *e)
{
    const char *dir = run->context.config->local_work_dir;
    uint64_t free_bytes = 0, others = run->disk_used_bytes - name->size_bytes;
    char size[32];
    if (!str_starts_with(name->name, "s3://") || !fs_free_bytes(dir, &free_bytes, NULL) ||
        free_bytes >= name->size_bytes || name->size_bytes - free_bytes <= others)
        return true;
    format_size(name->size_bytes, size, sizeof size);
    return err_set(e, ERR_NO_SPACE,
                   "%s: %s do not fit on the disk of %s; free space, or choose a larger disk for "
                   "local_work_dir",
                   name->name, size, dir);
}

static void start_next(verify_run *run)
{
    verify_slot *slot = xcalloc(1, sizeof *slot);
    slot->run = run;
    slot->index = run->next++;
    run->slots[slot->index] = slot;
    run->active++;
    const verify_name *name = name_at(run, slot->index);
    run->disk_used_bytes += name->size_bytes;
    err e = ERR_INIT;
    if (name->error)
        on_job_done(slot, NULL, name->error);
    else if (str_starts_with(name->name, "s3://") && !run_context_connect(&run->context, &e))
        on_job_done(slot, NULL, &e);
    else if (!fits_on_disk(run, name, &e))
        on_job_done(slot, NULL, &e);
    else
        verify_job_start(&run->context, name->name, on_job_done, slot);
}

/* Jobs may end during their start: only the outermost call continues. */
static void start_more(verify_run *run)
{
    if (run->starting)
        return;
    run->starting = true;
    while (run->next < run->names->count && has_slot(run)) {
        start_next(run);
        report_results(run);
    }
    report_results(run);
    run->starting = false;
}

/* As in a run without disk_budget: four fifths of the free space. */
static uint64_t disk_budget(const config *c, const verify_names *names)
{
    uint64_t free_bytes = UINT64_MAX;
    if (c->disk_budget_bytes > 0 || !names->any_object)
        return c->disk_budget_bytes > 0 ? c->disk_budget_bytes : UINT64_MAX;
    if (!fs_make_dirs_as(c->local_work_dir, 0755, NULL) ||
        !fs_free_bytes(c->local_work_dir, &free_bytes, NULL))
        return UINT64_MAX; /* each object will report the error */
    return free_bytes / 5 * 4;
}

void verify_run_all(verify_run *run, const verify_names *names, verify_run_result on_result,
                    void *ctx)
{
    run->names = names;
    run->slots = xcalloc(MAX(names->count, (size_t)1), sizeof *run->slots);
    run->disk_budget_bytes = disk_budget(run->context.config, names);
    run->on_result = on_result;
    run->ctx = ctx;
    start_more(run);
    loop_run(run->context.loop, &run->done);
    free(run->slots);
}
