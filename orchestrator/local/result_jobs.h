/* Ids of a share's jobs at the detection server, whose results may be removed.
 *
 * What:    decon-server begins the ids of a share's jobs with the share's tag, so that results left
 *          by a killed run or a restarted server are found by their names, without a record. A kept
 *          job is not covered in this run. Ids of other servers are never covered.
 * Owner:   result_jobs_new / result_jobs_free; strings are copied.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_LOCAL_RESULT_JOBS_H
#define ORCHESTRATOR_LOCAL_RESULT_JOBS_H

#include "base/util.h"
#include "decon/base/buf.h"

typedef struct result_jobs result_jobs;

result_jobs *result_jobs_new(const char *tag) MUST_USE; /* 12 lower-case hexadecimal digits */
void result_jobs_free(result_jobs *j);                  /* NULL is allowed */
DEFINE_AUTO_PTR(result_jobs, result_jobs_free)

/* Keeps the results of this job during the run. NULL is ignored. */
void result_jobs_keep(result_jobs *j, const char *job_id);
bool result_jobs_keeps(const result_jobs *j); /* any */
/* The job belongs to this share, and was not kept. */
bool result_jobs_cover(result_jobs *j, slice job_id) MUST_USE;

#endif
