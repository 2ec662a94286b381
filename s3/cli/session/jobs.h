/* Jobs that run concurrently: transfers, removals.
 *
 * What:    a limited number of jobs in flight; starting one waits for a free place, so that the
 *          listing is never far ahead of the transfers.
 * Owner:   a job is an operation (base/op.h); it ends with jobs_end or with jobs_cancel, which also
 *          cancel its current step.
 * Threads: the loop's.
 * Fails:   waiting ends with ERR_CANCELLED after a signal. Errors of a job are printed and counted by
 *          the job.
 */
#ifndef S3_CLI_SESSION_JOBS_H
#define S3_CLI_SESSION_JOBS_H

#include "base/op.h"
#include "base/util.h"
#include "s3/cli/session/context.h"

typedef struct job {
    op op;
    cli *c;
    op *step; /* current, or NULL */
    void (*free)(struct job *j);
} job;

typedef struct jobs {
    op_list list;
    unsigned running, window;
} jobs;

bool jobs_wait_for_slot(cli *c, err *e) MUST_USE;
/* A zeroed job of `size_bytes`, which begins with a `job`; `free_job` frees it at its end. */
void *job_new(cli *c, size_t size_bytes, void (*free_job)(job *j)) MUST_USE;
void jobs_end(job *j);
bool jobs_drain(cli *c, err *e) MUST_USE; /* all of the session */
void jobs_cancel(cli_session *s);

#endif
