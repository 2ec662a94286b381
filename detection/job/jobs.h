/* The server's jobs: one table, one queue.
 *
 * What:    jobs_submit adds a job, workers take it, its outcome is kept for clients. States:
 *
 *            pending -> processing -> completed | failed
 *
 *          A finished job is forgotten after `keep_ms`, or if finished jobs exceed `keep_bytes` of
 *          memory, the oldest first.
 * Owner:   jobs_new / jobs_free. A job that was taken belongs to its worker until jobs_finish; only
 *          its public members may be read without the table's lock.
 * Threads: any; one lock inside. jobs_take waits.
 * Fails:   jobs_submit by its result; nothing else.
 *
 * Idempotency: the same key with the same path returns the same job while it waits, runs, or is
 * completed with its outputs in place and its input unchanged. After a failure, or for other values
 * of lenient or cleaned_format, the key starts a new job. The same key with another path is
 * refused.
 */
#ifndef DETECTION_JOB_JOBS_H
#define DETECTION_JOB_JOBS_H

#include "base/util.h"
#include "detection/job/job_run.h"

typedef struct jobs_options {
    size_t capacity;   /* waiting jobs */
    size_t keep_bytes; /* memory of finished jobs */
    uint64_t keep_ms;
    uint64_t (*now_ms)(void); /* monotonic */
    const char *fingerprint; /* of the settings, in the status of completed jobs; copied; or NULL */
} jobs_options;

typedef enum submit_result {
    SUBMIT_NEW,
    SUBMIT_SAME, /* the existing job of the key */
    SUBMIT_KEY_TAKEN,
    SUBMIT_FULL,
    SUBMIT_STOPPING,
} submit_result;

typedef struct job {
    char id[JOB_ID_BYTES]; /* immutable */
    char *path;            /* immutable */
    bool lenient;          /* immutable; see job_request */
    bool cleaned_as_input; /* immutable; see job_request */
    uint64_t waited_ms;    /* set by jobs_take */
    struct job_private *private;
} server_job;

typedef struct jobs jobs;

jobs *jobs_new(const jobs_options *options) MUST_USE;
void jobs_free(jobs *j); /* no worker may be running; NULL is allowed */
DEFINE_AUTO_PTR(jobs, jobs_free)

typedef struct job_submission { /* borrowed */
    const char *path;
    const char *key; /* Idempotency-Key, or NULL */
    const char *tag; /* of job_id.h, for the id of a new job; or NULL */
    bool lenient, cleaned_as_input;
} job_submission;

/* `id` is set for SUBMIT_NEW and SUBMIT_SAME. */
submit_result jobs_submit(jobs *j, const job_submission *s, char id[JOB_ID_BYTES]);
/* The body of /status/{id}; returns whether it contains the job's outcome. */
bool jobs_status(jobs *j, const char *id, buf *json);
/* The outcome was sent to a client. */
void jobs_reported(jobs *j, const char *id);
/* Whether a job that finished less than `within_ms` ago has an outcome that was not sent yet. */
bool jobs_unreported(jobs *j, uint64_t within_ms);

/* The next job, now processing; NULL after jobs_stop. */
server_job *jobs_take(jobs *j);
/* Strings are copied. */
void jobs_finish(jobs *j, server_job *done, const job_outcome *outcome);
void jobs_fail(jobs *j, server_job *done, const char *message, err_code code,
               bool process_ended); /* by this job */
void jobs_stop(jobs *j);            /* no more submissions; waiting jobs are not started */
size_t jobs_waiting_count(jobs *j);

typedef struct jobs_counts {
    size_t pending, processing, completed, failed; /* jobs in the table */
    size_t capacity;
    size_t finished_bytes; /* memory of completed and failed jobs */
} jobs_counts;
jobs_counts jobs_count(jobs *j);

#endif
