/* Jobs in processes of their own: one that crashes takes nothing down but itself.
 *
 * What:    members are forked by a fork server (fork_server.h) and share the index's memory with it.
 *          A member does one job after the other; one that died is replaced at its next job.
 * Owner:   worker_processes_start / worker_processes_free; a job_process is one worker thread's (_deinit).
 * Threads: any; worker_processes_run with a member of the thread's own.
 * Fails:   worker_processes_run as job_run does; where the process died during the job or could not be made,
 *          *crashed is set and the message says how it ended. A process that had died before is
 *          replaced, and a job whose process was killed with the fork server runs again. A job that
 *          takes more time or memory than it may (job_limits.h) fails, its process is ended.
 */
#ifndef DETECTION_JOB_WORKER_PROCESSES_H
#define DETECTION_JOB_WORKER_PROCESSES_H

#include "base/util.h"
#include "detection/job/fork_server.h"
#include "detection/job/job_run.h"

typedef struct worker_processes worker_processes;

typedef struct job_process {
    int fd; /* -1: none yet */
    worker_process process;
} job_process;

/* `settings` (with its meter, see job_meter_new) and `x` must stay as they are until worker_processes_free. */
worker_processes *worker_processes_start(const job_settings *settings, const ngram_index *x, err *e)
    MUST_USE;
void worker_processes_free(
    worker_processes *c); /* after its members' job_process_deinit; NULL is fine */
DEFINE_AUTO_PTR(worker_processes, worker_processes_free)

void job_process_deinit(job_process *m);

bool worker_processes_run(worker_processes *c, job_process *m, const job_request *job,
                          job_outcome *out, bool *crashed, err *e) MUST_USE;

/* False while no job can run. */
bool worker_processes_is_up(worker_processes *c);

/* A meter that all processes of the crew count in. Never NULL. */
job_meter *job_meter_new(void) MUST_USE;
void job_meter_free(job_meter *meter);

#endif
