#include "detection/http/serve.h"
#include "detection/recall/recall.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/httpd/httpd.h"
#include "base/service/notify.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/output/stale_files.h"
#include "detection/config/fingerprint.h"
#include "detection/config/index_load.h"
#include "detection/http/routes.h"
#include "detection/job/job_threads.h"

#define QUEUE_CAPACITY   10000
#define FINISHED_BYTES   ((size_t)128 << 20)
#define FINISHED_KEPT_MS ((uint64_t)24 * 3600 * 1000)
#define HEALTH_MAX_BYTES (SETTINGS_MAX_BYTES + ((size_t)512 << 10))
/* How long a stopping server waits until clients have polled the outcomes of their jobs: twice the
 * orchestrator's poll_interval. */
#define POLL_WAIT_MS ((uint64_t)10 * 1000)
#define TELL_POLL_MS 20
#define HTTP_THREADS 4
/* Of a connection: requests are short. */
#define HTTP_MEMORY_BYTES ((size_t)32 << 10)
/* Standard output may be a pipe without a reader, and signals are blocked by then. */
#define ANNOUNCE_MAX_MS 2000

/* --- start --- */

/* A directory with a random name (`is_new`) is created with the first result. */
static bool make_directory(const result_access *a, const char *dir, bool is_new, const char *suffix,
                           err *e)
{
    return !dir || is_new || (result_folder_prepare(a, dir, e) && leftovers_remove(dir, suffix, e));
}

static void warn_of_folders(const server_config *c)
{
    if (!c->allow_dir[0])
        log_warn(
            "allow_dir is not set: local users can submit any file that this server may read; name "
            "the folders of training files with --allow-dir DIR");
    for (char **dir = c->allow_dir; *dir; dir++)
        if (!fs_exists(*dir))
            log_warn(
                "allow_dir %s does not exist: jobs cannot name files in it until it is created",
                *dir);
}

static bool make_directories(const server_config *c, err *e)
{
    const job_settings *job = &c->job;
    return make_directory(&job->access, job->report_dir, job->own_report_dir, JOB_REPORT_SUFFIX,
                          e) &&
           make_directory(&job->access, job->report_dir, job->own_report_dir, JOB_NEAR_SUFFIX, e) &&
           make_directory(&job->access, job->cleaned_dir, job->own_cleaned_dir, JOB_CLEANED_SUFFIX,
                          e);
}

static bool announce(const server_config *c, uint16_t port, err *e)
{
    if (c->port_file) {
        char text[16];
        int len = snprintf(text, sizeof text, "%u\n", port);
        if (!fs_write_file(c->port_file, (slice){text, (size_t)len}, false, e))
            return false;
    }
    bool brackets = strchr(c->listen, ':');
    AUTO_FREE char *line = xasprintf("Server listening on http://%s%s%s:%u\n", brackets ? "[" : "",
                                     c->listen, brackets ? "]" : "", port);
    return fs_print_standard(STDOUT_FILENO, slice_from(line), ANNOUNCE_MAX_MS, e);
}

/* --- signals: blocked in all threads, waited for here --- */

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

/* A second signal does not wait for running jobs; their output has temporary names. */
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

/* Clients that miss the outcome of a job would have to submit it again. */
static void wait_for_polls(jobs *j)
{
    while (jobs_unreported(j, POLL_WAIT_MS))
        nanosleep(&(struct timespec){.tv_nsec = TELL_POLL_MS * 1000000L}, NULL);
}

/* State of the running server. */
typedef struct server {
    const server_config *config;
    httpd *http;
    routes routes;
    buf health;
    buf recall; /* the result of the self-test, JSON */
    ngram_index *index;
    job_meter *meter;
    jobs *jobs;
    worker_processes *processes;
    metrics metrics;
} server;

static void server_deinit(server *s)
{
    httpd_stop(s->http); /* first: its threads use the rest */
    worker_processes_free(s->processes);
    jobs_free(s->jobs);
    index_free(s->index);
    metrics_deinit(&s->metrics);
    job_meter_free(s->meter);
    buf_deinit(&s->health);
    buf_deinit(&s->recall);
}
DEFINE_AUTO(server, server_deinit)

/* Opens the port before the index is built: a port in use is reported at once, and clients get a
 * reply. */
static bool open_port(server *s, err *e)
{
    const server_config *c = s->config;
    s->routes.metrics = &s->metrics;
    httpd_handler handler = routes_handler(&s->routes);
    httpd_options options = {.address = c->listen,
                             .port = (uint16_t)c->port,
                             .thread_count = HTTP_THREADS,
                             .memory_bytes = HTTP_MEMORY_BYTES};
    s->http = httpd_start(&options, &handler, e);
    if (!s->http)
        return false;
    log_info("port %u is open; requests get 503 until the index is built", httpd_port(s->http));
    return true;
}

static void begin_to_answer(server *s)
{
    const server_config *c = s->config;
    server_config_health(c, s->index, buf_slice(&s->recall), &s->health);
    s->routes.jobs = s->jobs;
    s->routes.health = buf_slice(&s->health);
    s->routes.processes = s->processes;
    s->routes.allow_dirs = (const char *const *)c->allow_dir;
    s->routes.hosts =
        (host_rules){.listen = c->listen, .names = (const char *const *)c->allow_host};
    atomic_store(&s->routes.ready, true);
}

/* Returns the signal that ends the server. Until then the service manager is notified that the
 * server is alive, while jobs can run and the job table is not blocked. */
static int wait_for_signal(const server *s, const sigset_t *signals)
{
    uint64_t pause_ms = service_watchdog_ms();
    struct timespec pause = {.tv_sec = (time_t)(pause_ms / 1000),
                             .tv_nsec = (long)(pause_ms % 1000) * 1000000L};
    for (;;) {
        int number = pause_ms ? sigtimedwait(signals, NULL, &pause) : sigwaitinfo(signals, NULL);
        if (number > 0)
            return number;
        if (errno == EAGAIN && worker_processes_is_up(s->processes) && jobs_count(s->jobs).capacity)
            service_notify_alive();
    }
}

/* Takes ownership of the workers, and waits for them while /status still answers. */
static bool serve(server *s, workers *take_workers, const sigset_t *signals, err *e)
{
    begin_to_answer(s);
    bool ok = announce(s->config, httpd_port(s->http), e);
    if (ok) {
        service_notify_status("listening on port %u", httpd_port(s->http));
        service_notify_ready();
        int number = wait_for_signal(s, signals);
        log_info("signal %d: running jobs are finished, %zu waiting jobs are dropped", number,
                 jobs_waiting_count(s->jobs));
    }
    service_notify_stopping();
    jobs_stop(s->jobs);
    end_at_second_signal();
    workers_join(take_workers);
    if (ok)
        wait_for_polls(s->jobs);
    return ok;
}

static void count_from_here(server *s, uint64_t build_ms)
{
    s->metrics.facts = (metrics_facts){.tokenizer = s->config->tokenizer,
                                       .worker_threads = s->config->workers,
                                       .index_records = s->index->counts.indexed,
                                       .index_ngrams = s->index->table.count,
                                       .index_build_ms = build_ms,
                                       .started_s = time(NULL)};
}

static bool work(server *s, err *e)
{
    /* Before this point a signal ends the program at once: there is nothing to finish. */
    sigset_t signals = block_signals();
    char fingerprint[FINGERPRINT_TEXT];
    settings_fingerprint(s->config, s->index, fingerprint);
    jobs_options options = {.capacity = QUEUE_CAPACITY,
                            .fingerprint = fingerprint,
                            .keep_bytes = FINISHED_BYTES,
                            .keep_ms = FINISHED_KEPT_MS,
                            .now_ms = monotonic_ms};
    s->jobs = jobs_new(&options);
    workers_options threads = {.count = s->config->workers,
                               .jobs = s->jobs,
                               .metrics = &s->metrics,
                               .processes = s->processes,
                               .allow_dirs = (const char *const *)s->config->allow_dir};
    workers *w = workers_start(&threads, e);
    return w && serve(s, w, &signals, e);
}

static bool test_itself(server *s, err *e)
{
    const server_config *c = s->config;
    const recall_options options = {.evals_dir = c->evals_dir,
                                    .seed = RECALL_SEED,
                                    .per_set = (size_t)c->self_test_records,
                                    .max_line_bytes = c->max_line_size};
    AUTO(recall_result) result = {0};
    AUTO(buf) line = BUF(HEALTH_MAX_BYTES);
    if (!recall_run(s->index, &options, &result, e))
        return err_context(e, "self-test");
    recall_put_line(&result, &line);
    log_info("self-test: %s", buf_str(&line));
    recall_json_short(&result, &s->recall);
    return true;
}

static bool run(server_config *c, err *e)
{
    AUTO(server)
    s = {.config = c,
         .meter = job_meter_new(),
         .health = BUF(HEALTH_MAX_BYTES),
         .recall = BUF(HEALTH_MAX_BYTES)};
    metrics_init(&s.metrics, s.meter);
    c->job.meter = s.meter;
    fs_raise_file_limit();
    /* Removes the port file of an earlier run: clients wait for the new port. */
    if (c->port_file && !fs_remove(c->port_file, e))
        return false;
    warn_of_folders(c);
    if (!make_directories(c, e) || !open_port(&s, e))
        return false;
    service_notify_status("building the index");
    uint64_t start_ms = monotonic_ms();
    s.index = load_index(c, e);
    if (!s.index)
        return false;
    count_from_here(&s, monotonic_ms() - start_ms);
    if (c->self_test && !test_itself(&s, e))
        return false;
    s.processes = worker_processes_start(&c->job, s.index, e);
    return s.processes && work(&s, e);
}

static bool read_options(server_config *c, int argc, char **argv, err *e)
{
    int positional = argc;
    bool ok = server_config_read(c, &serve_options, argc, argv, &positional, e);
    /* Reports a misspelt command even if a required option is missing. */
    if (positional < argc && !(c->help || c->version || c->print_config || c->print_reference))
        return err_set(e, ERR_USAGE, "'%s' is not an option or a command; --help lists them",
                       argv[positional]);
    return ok;
}

int serve_command(int argc, char **argv)
{
    err e = ERR_INIT;
    AUTO(server_config) c = {0};
    log_setup(&(log_options){.level = LOG_INFO, .fd = STDERR_FILENO, .queued = true});
    bool ok = read_options(&c, argc, argv, &e);
    if (ok && server_config_about(&c, &serve_options))
        return 0;
    log_setup(&(log_options){.level = c.verbose ? LOG_DEBUG : LOG_INFO,
                             .json = c.log_json,
                             .fd = STDERR_FILENO,
                             .queued = true});
    if (ok && run(&c, &e))
        return 0;
    log_error("decon server: %s", e.message);
    return err_exit_status(&e);
}
