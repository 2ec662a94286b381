#include "detection/job/job_threads.h"

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/job/allowed_paths.h"

typedef struct worker {
    const workers_options *options;
    pthread_t thread;
    job_process process;
} worker;

struct workers {
    workers_options options;
    unsigned started;
    worker each[];
};

uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool work_out(worker *w, const server_job *job, job_outcome *outcome, bool *crashed, err *e)
{
    /* Links may have changed since the submission. */
    if (!allow_path(w->options->allow_dirs, job->path))
        return err_set(e, ERR_IO, "%s is not in a folder of --allow-dir", job->path);
    job_request request = {.id = job->id,
                           .path = job->path,
                           .lenient = job->lenient,
                           .cleaned_as_input = job->cleaned_as_input};
    return worker_processes_run(w->options->processes, &w->process, &request, outcome, crashed, e);
}

/* The first word is the reference server's. */
static void fail(jobs *j, server_job *job, bool crashed, bool process_ended, const err *e)
{
    AUTO_FREE char *message =
        xasprintf("%s error: %s", crashed ? "Task" : "Processing", e->message);
    jobs_fail(j, job, message, e->code, process_ended);
}

static void work_on(worker *w, server_job *job)
{
    err e = ERR_INIT;
    AUTO(job_outcome) outcome = {0};
    bool crashed = false;
    metrics_job figures = {.waited_ms = job->waited_ms};
    uint64_t start_ms = monotonic_ms();
    log_debug("job %s: %s", job->id, job->path);
    bool ok = work_out(w, job, &outcome, &crashed, &e);
    if (ok) {
        log_info("job %s: %s: %llu lines, %llu contaminated", job->id, job->path,
                 (unsigned long long)outcome.lines, (unsigned long long)outcome.contaminated_lines);
    } else {
        err named = e;
        err_subject(&named, "%s", job->path);
        log_warn("job %s failed: %s", job->id, named.message);
    }
    figures.failed = !ok;
    figures.ran_ms = monotonic_ms() - start_ms;
    if (!fs_size(job->path, &figures.input_bytes, NULL))
        figures.input_bytes = 0;
    metrics_count_job(w->options->metrics, &figures, &outcome);
    if (ok)
        jobs_finish(w->options->jobs, job, &outcome);
    else
        fail(w->options->jobs, job, crashed, outcome.process_ended, &e);
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    for (server_job *job; (job = jobs_take(w->options->jobs));)
        work_on(w, job);
    return NULL;
}

workers *workers_start(const workers_options *options, err *e)
{
    workers *all = xcalloc(1, sizeof *all + options->count * sizeof *all->each);
    all->options = *options;
    for (; all->started < options->count; all->started++) {
        worker *w = &all->each[all->started];
        *w = (worker){.options = &all->options, .process = {.fd = -1}};
        int failed = pthread_create(&w->thread, NULL, worker_main, w);
        if (!failed)
            continue;
        err_set_errno(e, ERR_IO, failed, "worker %u of %u cannot be started (lower worker_threads)",
                      all->started + 1, options->count);
        jobs_stop(options->jobs);
        workers_join(all);
        return NULL;
    }
    return all;
}

void workers_join(workers *take_workers)
{
    for (unsigned i = 0; i < take_workers->started; i++) {
        pthread_join(take_workers->each[i].thread, NULL);
        job_process_deinit(&take_workers->each[i].process);
    }
    free(take_workers);
}
