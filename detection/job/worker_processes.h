/* Jobs in processes of their own: one that crashes takes nothing down but itself.
 *
 * What:    crew_start forks a nursery while the program still has one thread; the nursery forks the
 *          members, which share the index's memory with it. A member does one job after the other;
 *          one that died is replaced at its next job.
 *
 *            the program  --START-->  nursery  --fork-->  member  (one for each worker thread)
 *                         <----------- job, outcome ----------->
 *
 * Owner:   crew_start / crew_free; a crew_member is one worker thread's (_deinit).
 * Threads: crew_start before any other thread is made; crew_run by any thread, each with its own
 *          member.
 * Fails:   crew_run as job_run does; where the process died or could not be made, *crashed is set
 *          and the message tells how it ended.
 *
 * Members end with the program, however it ends, and do not hear the terminal's signals.
 */
#ifndef DETECTION_JOB_WORKER_PROCESSES_H
#define DETECTION_JOB_WORKER_PROCESSES_H

#include "detection/job/job_run.h"

typedef struct crew crew;

typedef struct crew_member {
    int fd;  /* -1: none yet */
    int pid; /* the nursery's child */
} crew_member;

/* `settings` (with its meter, see crew_meter_new) and `x` must stay as they are until crew_free. */
crew *crew_start(const job_settings *settings, const ngram_index *x, err *e) MUST_USE;
void crew_free(crew *c); /* after its members' crew_member_deinit; NULL is fine */
DEFINE_AUTO_PTR(crew, crew_free)

void crew_member_deinit(crew_member *m);

bool crew_run(crew *c, crew_member *m, const job_request *job, job_outcome *out, bool *crashed,
              err *e) MUST_USE;

/* A meter that all processes of the crew count in. Never NULL. */
job_meter *crew_meter_new(void) MUST_USE;
void crew_meter_free(job_meter *meter);

#endif
