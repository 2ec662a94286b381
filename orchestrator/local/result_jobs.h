/* The jobs of a share at the detection server, by their ids: whose results may be removed.
 *
 * What:    a server of ours begins the ids of a share's jobs with its tag, so that no record of them
 *          is needed: what a killed run or a restarted server left is found by its name. A job
 *          that was kept is not covered in this run. Ids of other servers are never covered.
 * Owner:   result_jobs_new / result_jobs_free; strings are copied.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_LOCAL_RESULT_JOBS_H
#define ORCHESTRATOR_LOCAL_RESULT_JOBS_H

#include "base/util.h"
#include "decon/base/buf.h"

typedef struct result_jobs result_jobs;

result_jobs *result_jobs_new(const char *tag) MUST_USE; /* 12 hexadecimal digits in lower case */
void result_jobs_free(result_jobs *j);                  /* NULL is fine */
DEFINE_AUTO_PTR(result_jobs, result_jobs_free)

/* What has the names of its results stays in this run. With NULL nothing is kept. */
void result_jobs_keep(result_jobs *j, const char *job_id);
bool result_jobs_keeps(const result_jobs *j); /* any */
/* The job is of this share, and was not kept. */
bool result_jobs_cover(result_jobs *j, slice job_id) MUST_USE;

#endif
