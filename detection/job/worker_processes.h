/* Runs each job in a separate process, so that a crash affects only that job.
 *
 * What:    worker processes are forked by a fork server (fork_server.h) and share the index's
 *          memory with it. A process runs one job after the other; one that died is replaced for
 *          its next job.
 * Owner:   worker_processes_start / _free; a job_process belongs to one worker thread (_deinit).
 * Threads: any; worker_processes_run with the thread's own job_process.
 * Fails:   worker_processes_run as job_run does; if the process died during the job or could not be
 *          created, *crashed is set and the message says how it ended. An idle process that died is
 *          replaced, and a job whose process was killed with the fork server runs again. A job that
 *          exceeds its time or memory (job_limits.h) fails, and its process is ended.
 */
#ifndef DETECTION_JOB_WORKER_PROCESSES_H
#define DETECTION_JOB_WORKER_PROCESSES_H

#include "base/util.h"
#include "detection/job/fork_server.h"
#include "detection/job/job_run.h"

typedef struct worker_processes worker_processes;

typedef struct job_process {
    int fd; /* -1: not started */
    worker_process process;
} job_process;

/* `settings` (with its meter, see job_meter_new) and `x` must not change until
 * worker_processes_free. */
worker_processes *worker_processes_start(const job_settings *settings, const ngram_index *x, err *e)
    MUST_USE;
void worker_processes_free(worker_processes *c); /* after all job_process_deinit; NULL is allowed */
DEFINE_AUTO_PTR(worker_processes, worker_processes_free)

void job_process_deinit(job_process *m);

bool worker_processes_run(worker_processes *c, job_process *m, const job_request *job,
                          job_outcome *out, bool *crashed, err *e) MUST_USE;

/* False while no job can run. */
bool worker_processes_is_up(worker_processes *c);

/* A meter in shared memory, updated by all worker processes. Never NULL. */
job_meter *job_meter_new(void) MUST_USE;
void job_meter_free(job_meter *meter);

#endif
