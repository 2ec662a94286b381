/* Jobs in processes of their own: one that crashes takes nothing down but itself.
 *
 * What:    members are forked by a fork server (fork_server.h) and share the index's memory with it.
 *          A member does one job after the other; one that died is replaced at its next job.
 * Owner:   crew_start / crew_free; a crew_member is one worker thread's (_deinit).
 * Threads: any; crew_run with a member of the thread's own.
 * Fails:   crew_run as job_run does; where the process died during the job or could not be made,
 *          *crashed is set and the message says how it ended. A process that had died before is
 *          replaced, and a job whose process was killed with the fork server runs again. A job that
 *          takes more time or memory than it may (job_limits.h) fails, its process is ended.
 */
#ifndef DETECTION_JOB_WORKER_PROCESSES_H
#define DETECTION_JOB_WORKER_PROCESSES_H

#include "base/util.h"
#include "detection/job/fork_server.h"
#include "detection/job/job_run.h"

typedef struct crew crew;

typedef struct crew_member {
    int fd; /* -1: none yet */
    worker_process process;
} crew_member;

/* `settings` (with its meter, see crew_meter_new) and `x` must stay as they are until crew_free. */
crew *crew_start(const job_settings *settings, const ngram_index *x, err *e) MUST_USE;
void crew_free(crew *c); /* after its members' crew_member_deinit; NULL is fine */
DEFINE_AUTO_PTR(crew, crew_free)

void crew_member_deinit(crew_member *m);

bool crew_run(crew *c, crew_member *m, const job_request *job, job_outcome *out, bool *crashed,
              err *e) MUST_USE;

/* False while no job can run. */
bool crew_is_up(crew *c);

/* A meter that all processes of the crew count in. Never NULL. */
job_meter *crew_meter_new(void) MUST_USE;
void crew_meter_free(job_meter *meter);

#endif
