/* What runs side by side: transfers, removals.
 *
 * What:    a window of jobs under way; who wants to begin one waits for room, so that a listing is
 *          never far ahead of the work.
 * Owner:   a job belongs to jobs from jobs_add on; it ends with jobs_end (which calls its `free`) or
 *          with jobs_cancel.
 * Threads: the loop's.
 * Fails:   waiting ends with ERR_CANCELLED when a signal came. What goes wrong in a job is printed
 *          and counted by it.
 */
#ifndef S3_CLI_SESSION_JOBS_H
#define S3_CLI_SESSION_JOBS_H

#include "base/util.h"
#include "s3/cli/session/context.h"

typedef struct job {
    cli *c;
    s3_op *op; /* under way, or NULL */
    void (*free)(struct job *j);
    struct job *previous, *next;
} job;

typedef struct jobs {
    job *first;
    unsigned running, window;
} jobs;

bool jobs_wait_for_room(cli *c, err *e) MUST_USE;
void jobs_add(cli *c, job *j);
void jobs_end(job *j);
bool jobs_drain(cli *c, err *e) MUST_USE; /* all of the session */
void jobs_cancel(cli_session *s);

#endif
