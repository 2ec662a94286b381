/* Threads that take jobs from the table, run them in worker processes, and record their outcome.
 *
 * What:    worker_threads threads, each with one job at a time.
 * Owner:   workers_start / workers_join; `workers_options` is borrowed until then.
 * Threads: started and joined by one thread. Fails: if a thread cannot be started.
 */
#ifndef DETECTION_JOB_JOB_THREADS_H
#define DETECTION_JOB_JOB_THREADS_H

#include "base/util.h"
#include "detection/job/worker_processes.h"
#include "detection/job/metrics.h"

typedef struct workers_options {
    unsigned count;
    jobs *jobs;
    metrics *metrics;
    worker_processes *processes;
    const char *const *allow_dirs;
} workers_options;

typedef struct workers workers;

workers *workers_start(const workers_options *options, err *e) MUST_USE;
/* jobs_stop must have been called; waits for running jobs. */
void workers_join(workers *take_workers);

uint64_t monotonic_ms(void);

#endif
