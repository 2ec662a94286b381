#include "base/util.h"
#include "detection/job/metrics.h"

#include <inttypes.h>
#include <unistd.h>

/* Upper bounds in ms; longer times count only in +Inf. */
static const uint64_t bucket_ms[METRICS_BUCKETS] = {
    100, 500, 1000, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000, 7200000};
static const char *const route_names[ROUTE_COUNT] = {"/health", "/metrics", "/status", "/submit",
                                                     "other"};
static const int statuses[METRICS_STATUSES] = {200, 400, 403, 404, 405, 413, 415, 422, 500, 503};

void metrics_init(metrics *m, job_meter *meter)
{
    *m = (metrics){.meter = meter};
    pthread_mutex_init(&m->lock, NULL);
}

void metrics_deinit(metrics *m)
{
    pthread_mutex_destroy(&m->lock);
}

static void count_duration(duration_counts *d, uint64_t ms)
{
    d->sum_ms += ms;
    d->count++;
    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        if (ms <= bucket_ms[i]) {
            d->buckets[i]++;
            return;
        }
}

void metrics_count_job(metrics *m, const metrics_job *job, const job_outcome *outcome)
{
    pthread_mutex_lock(&m->lock);
    count_duration(&m->waits, job->waited_ms);
    count_duration(&m->runs, job->ran_ms);
    if (job->failed)
        m->failed++;
    else
        m->completed++;
    m->input_bytes += job->input_bytes;
    m->scanned += outcome->scanned;
    m->contaminated_lines += outcome->contaminated_lines;
    m->matches += outcome->matches;
    m->invalid_lines += outcome->invalid_lines;
    m->unread_lines += outcome->unread_lines;
    pthread_mutex_unlock(&m->lock);
}

void metrics_count_request(metrics *m, metrics_route route, int status)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < METRICS_STATUSES; i++)
        if (statuses[i] == status)
            m->requests[route][i]++;
    pthread_mutex_unlock(&m->lock);
}

/* --- output --- */

static void put_head(buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(buf *out, const char *name, const char *type, const char *help,
                       uint64_t value)
{
    put_head(out, name, type, help);
    buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void put_seconds(buf *out, uint64_t ms)
{
    buf_printf(out, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
}

static void put_durations(buf *out, const char *name, const char *help, const duration_counts *d)
{
    uint64_t below = 0;
    put_head(out, name, "histogram", help);
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        below += d->buckets[i];
        buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)bucket_ms[i] / 1000,
                   below);
    }
    buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, d->count, name);
    put_seconds(out, d->sum_ms);
    buf_printf(out, "\n%s_count %" PRIu64 "\n", name, d->count);
}

/* A label's value: these three characters are escaped. */
static void put_label(buf *out, const char *value)
{
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_append_char(out, '\\');
        if (*p == '\n')
            buf_append_str(out, "\\n");
        else
            buf_append_char(out, *p);
    }
}

static void put_facts(buf *out, const metrics_facts *f)
{
    put_head(out, "decon_build_info", "gauge", "The program that runs.");
    buf_append_str(out, "decon_build_info{version=\"" DECON_VERSION "\",tokenizer=\"");
    put_label(out, f->tokenizer);
    buf_append_str(out, "\"} 1\n");
    put_number(out, "decon_worker_threads", "gauge", "Maximum number of running jobs.",
               f->worker_threads);
    put_number(out, "decon_index_records", "gauge", "Evaluation records in the index.",
               f->index_records);
    put_number(out, "decon_index_ngrams", "gauge", "Distinct n-grams in the index.",
               f->index_ngrams);
    put_head(out, "decon_index_build_seconds", "gauge", "Build time of the index.");
    buf_append_str(out, "decon_index_build_seconds ");
    put_seconds(out, f->index_build_ms);
    buf_append_char(out, '\n');
    put_head(out, "process_start_time_seconds", "gauge", "Start time, in seconds since 1970.");
    buf_printf(out, "process_start_time_seconds %" PRId64 "\n", f->started_s);
}

/* The second number of statm (proc(5)) is the resident size in pages. */
static void put_memory(buf *out)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;
    // NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers
    bool known = f && fscanf(f, "%*u %llu", &pages) == 1;
    if (f)
        fclose(f);
    if (known)
        put_number(out, "process_resident_memory_bytes", "gauge", "Memory in use.",
                   pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void put_jobs(buf *out, const metrics *m, const jobs_counts *counts)
{
    put_head(out, "decon_jobs", "gauge", "Jobs in the table, by state.");
    buf_printf(out,
               "decon_jobs{state=\"pending\"} %zu\ndecon_jobs{state=\"processing\"} %zu\n"
               "decon_jobs{state=\"completed\"} %zu\ndecon_jobs{state=\"failed\"} %zu\n",
               counts->pending, counts->processing, counts->completed, counts->failed);
    put_number(out, "decon_queue_depth", "gauge", "Waiting jobs.", counts->pending);
    put_number(out, "decon_queue_capacity", "gauge", "Maximum number of waiting jobs.",
               counts->capacity);
    put_number(out, "decon_jobs_memory_bytes", "gauge", "Memory of the finished jobs' table.",
               counts->finished_bytes);
    put_head(out, "decon_jobs_finished_total", "counter", "Jobs that ended, by outcome.");
    buf_printf(out,
               "decon_jobs_finished_total{state=\"completed\"} %" PRIu64 "\n"
               "decon_jobs_finished_total{state=\"failed\"} %" PRIu64 "\n",
               m->completed, m->failed);
}

static void put_requests(buf *out, const metrics *m)
{
    put_head(out, "decon_http_requests_total", "counter", "Requests, by path and status.");
    for (size_t r = 0; r < ROUTE_COUNT; r++)
        for (size_t i = 0; i < METRICS_STATUSES; i++)
            if (m->requests[r][i] > 0)
                buf_printf(out, "decon_http_requests_total{path=\"%s\",code=\"%d\"} %" PRIu64 "\n",
                           route_names[r], statuses[i], m->requests[r][i]);
}

static void put_work(buf *out, const metrics *m)
{
    put_number(out, "decon_input_bytes_total", "counter",
               "Compressed bytes of the files of ended jobs.", m->input_bytes);
    put_number(out, "decon_text_bytes_total", "counter",
               "Decoded bytes that were read, including running jobs.",
               atomic_load_explicit(&m->meter->text_bytes, memory_order_relaxed));
    put_number(out, "decon_lines_total", "counter", "Lines that were read, including running jobs.",
               atomic_load_explicit(&m->meter->lines, memory_order_relaxed));
    put_number(out, "decon_lines_scanned_total", "counter",
               "Lines of ended jobs whose text was scanned.", m->scanned);
    put_number(out, "decon_lines_contaminated_total", "counter",
               "Lines of ended jobs that matched.", m->contaminated_lines);
    put_number(out, "decon_lines_invalid_total", "counter",
               "Lines of ended jobs that are not valid UTF-8 and were kept unscanned.",
               m->invalid_lines);
    put_number(out, "decon_lines_unread_total", "counter",
               "Lines of ended jobs without readable text, kept unscanned.", m->unread_lines);
    put_number(out, "decon_matches_total", "counter", "Report lines of ended jobs.", m->matches);
    put_durations(out, "decon_job_duration_seconds", "Time from a job's start to its end.",
                  &m->runs);
    put_durations(out, "decon_job_wait_seconds", "Time from a job's submission to its start.",
                  &m->waits);
}

void metrics_write(metrics *m, const jobs_counts *counts, buf *out)
{
    pthread_mutex_lock(&m->lock);
    put_facts(out, &m->facts);
    put_memory(out);
    put_jobs(out, m, counts);
    put_work(out, m);
    put_requests(out, m);
    pthread_mutex_unlock(&m->lock);
}
