/* Counters of the server for /metrics (the text format of Prometheus, version 0.0.4).
 *
 * What:    counters that are updated while it runs; metrics_write prints them with the state of the
 *          job table.
 * Owner:   an embedded value; metrics_init / _deinit. `facts` are borrowed.
 * Threads: any; one lock inside (the meter's counters are atomic).
 * Fails:   never.
 */
#ifndef DETECTION_JOB_METRICS_H
#define DETECTION_JOB_METRICS_H

#include <pthread.h>

#include "detection/job/jobs.h"

#define METRICS_BUCKETS 12

typedef struct metrics_facts { /* constant while the server runs */
    const char *tokenizer;
    unsigned worker_threads;
    uint64_t index_records, index_ngrams;
    uint64_t index_build_ms;
    int64_t started_s; /* since 1970 */
} metrics_facts;

typedef struct duration_counts {
    uint64_t buckets[METRICS_BUCKETS]; /* separate counts, not cumulative */
    uint64_t sum_ms, count;
} duration_counts;

typedef enum metrics_route {
    ROUTE_HEALTH,
    ROUTE_METRICS,
    ROUTE_STATUS,
    ROUTE_SUBMIT,
    ROUTE_OTHER,
    ROUTE_COUNT,
} metrics_route;
#define METRICS_STATUSES 10

typedef struct metrics {
    pthread_mutex_t lock;
    metrics_facts facts; /* set before the first request */
    job_meter *meter;    /* borrowed; atomic */
    /* guarded by the lock */
    duration_counts waits, runs;
    uint64_t completed, failed;
    uint64_t input_bytes, scanned, contaminated_lines, matches, invalid_lines, unread_lines;
    uint64_t requests[ROUTE_COUNT][METRICS_STATUSES];
} metrics;

void metrics_init(metrics *m, job_meter *meter);
void metrics_deinit(metrics *m);

/* A job that ended. */
typedef struct metrics_job {
    uint64_t waited_ms, ran_ms;
    uint64_t input_bytes; /* size of the file */
    bool failed;
} metrics_job;
void metrics_count_job(metrics *m, const metrics_job *job, const job_outcome *outcome);
void metrics_count_request(metrics *m, metrics_route route, int status);

void metrics_write(metrics *m, const jobs_counts *counts, buf *out);

#endif
