#include "server/serve.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/httpd.h"
#include "base/log.h"
#include "server/leftovers.h"
#include "server/load.h"
#include "server/routes.h"

#define QUEUE_CAPACITY   10000
#define FINISHED_KEPT    100000
#define FINISHED_KEPT_MS ((uint64_t)24 * 3600 * 1000)
#define HEALTH_MAX_BYTES 65536
/* How long an ending server waits for who asks for an outcome: twice the orchestrator's
 * poll_interval. */
#define TELL_MAX_MS  ((uint64_t)10 * 1000)
#define TELL_POLL_MS 20
#define HTTP_THREADS 4

typedef struct worker {
    pthread_t thread;
    jobs *jobs;
    job_runner runner;
} worker;

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- workers --- */

static void work_on(worker *w, server_job *job)
{
    err e = ERR_INIT;
    AUTO(job_outcome) outcome = {0};
    log_debug("job %s: %s", job->id, job->path);
    if (job_run(&w->runner, job->id, job->path, &outcome, &e)) {
        log_info("job %s: %s: %llu lines, %llu contaminated", job->id, job->path,
                 (unsigned long long)outcome.lines, (unsigned long long)outcome.contaminated_lines);
        jobs_finish(w->jobs, job, &outcome, NULL);
        return;
    }
    AUTO_FREE char *words = xasprintf("Processing error: %s", e.message);
    log_warn("job %s failed: %s", job->id, e.message);
    jobs_finish(w->jobs, job, &outcome, words);
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    for (server_job *job; (job = jobs_take(w->jobs));)
        work_on(w, job);
    return NULL;
}

static void workers_join(worker *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        job_runner_deinit(&workers[i].runner);
    }
    free(workers);
}

static worker *workers_start(const server_config *c, const ngram_index *x, jobs *j, err *e)
{
    worker *workers = xcalloc(c->workers, sizeof *workers);
    for (unsigned i = 0; i < c->workers; i++) {
        worker *w = &workers[i];
        w->jobs = j;
        job_runner_init(&w->runner, &c->job, x);
        int failed = pthread_create(&w->thread, NULL, worker_main, w);
        if (!failed)
            continue;
        err_set_errno(e, ERR_IO, failed, "worker %u of %u cannot be started (lower worker_threads)",
                      i + 1, c->workers);
        job_runner_deinit(&w->runner);
        jobs_stop(j);
        workers_join(workers, i);
        return NULL;
    }
    return workers;
}

/* --- start --- */

static bool make_directory(const char *dir, const char *suffix, err *e)
{
    return !dir || (fs_make_dirs(dir, e) && leftovers_remove(dir, suffix, e));
}

static bool make_directories(const server_config *c, err *e)
{
    return make_directory(c->job.report_dir, JOB_REPORT_SUFFIX, e) &&
           make_directory(c->job.cleaned_dir, JOB_CLEANED_SUFFIX, e);
}

static bool announce(const server_config *c, uint16_t port, err *e)
{
    if (c->port_file) {
        char text[16];
        int len = snprintf(text, sizeof text, "%u\n", port);
        if (!fs_write_file(c->port_file, (slice){text, (size_t)len}, false, e))
            return false;
    }
    printf("Server listening on http://127.0.0.1:%u\n", port);
    return fflush(stdout) == 0 || err_set(e, ERR_IO, "standard output cannot be written");
}

/* --- signals: blocked everywhere, waited for here --- */

static sigset_t block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return set;
}

/* A second signal does not wait for the jobs that run; what they wrote has temporary names. */
static void end_at_second_signal(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* An outcome that nobody came to know would have to be worked out again. */
static void tell_outcomes(jobs *j)
{
    while (jobs_untold(j, TELL_MAX_MS))
        nanosleep(&(struct timespec){.tv_nsec = TELL_POLL_MS * 1000000L}, NULL);
}

/* Takes over the workers, and waits for them while /status still answers. */
static bool serve(const server_config *c, jobs *j, worker *take_workers, const sigset_t *signals,
                  err *e)
{
    AUTO(buf) health;
    buf_init(&health, HEALTH_MAX_BYTES);
    server_config_health(c, &health);
    routes r = {.jobs = j, .health = buf_slice(&health)};
    httpd_handler handler = routes_handler(&r);
    httpd_options options = {.port = (uint16_t)c->port, .thread_count = HTTP_THREADS};
    httpd *http = httpd_start(&options, &handler, e);
    int number = 0;
    bool ok = http && announce(c, httpd_port(http), e);
    if (ok && sigwait(signals, &number) == 0)
        log_info("signal %d: running jobs are finished, %zu that wait are dropped", number,
                 jobs_waiting_count(j));
    jobs_stop(j);
    end_at_second_signal();
    workers_join(take_workers, c->workers);
    if (ok)
        tell_outcomes(j);
    httpd_stop(http);
    return ok;
}

static bool run(const server_config *c, err *e)
{
    fs_raise_file_limit();
    AUTO_PTR(ngram_index) x = NULL;
    /* An older run's port would mislead whoever waits for this one's. */
    if (c->port_file && !fs_remove(c->port_file, e))
        return false;
    if (!make_directories(c, e) || !(x = load_index(c, e)))
        return false;
    /* Until here a signal ends the program at once; there is nothing to finish. */
    sigset_t signals = block_signals();
    jobs_options options = {.capacity = QUEUE_CAPACITY,
                            .keep_count = FINISHED_KEPT,
                            .keep_ms = FINISHED_KEPT_MS,
                            .now_ms = monotonic_ms};
    AUTO_PTR(jobs) j = jobs_new(&options);
    worker *workers = workers_start(c, x, j, e);
    return workers && serve(c, j, workers, &signals, e);
}

/* --help and its like: prints what was asked for; false where nothing was. */
static bool print_about(const server_config *c)
{
    if (c->help)
        options_help(&server_options, stdout);
    else if (c->version)
        printf("decon-server " DECON_VERSION "\n");
    else if (c->print_config)
        options_yaml_example(&server_options, stdout);
    else if (c->print_reference)
        options_markdown(&server_options, stdout);
    else
        return false;
    return true;
}

int serve_command(int argc, char **argv)
{
    err e = ERR_INIT;
    AUTO(server_config) c = {0};
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO});
    bool ok = server_config_read(&c, argc, argv, &e);
    if (ok && print_about(&c))
        return 0;
    log_setup(&(log_options){
        .level = c.verbose ? LOG_DEBUG : LOG_INFO, .json = c.log_json, .fd = STDERR_FILENO});
    if (ok && run(&c, &e))
        return 0;
    log_error("decon-server: %s", e.message);
    return err_exit_status(&e);
}
