/* The jobs of the server: one table, one queue.
 *
 * What:    jobs_submit puts a job in, workers take it, its outcome stays to be asked for. States:
 *
 *            pending -> processing -> completed | failed
 *
 *          A finished job is forgotten after `keep_ms`, or when the finished ones take more than
 *          `keep_bytes` of memory, the oldest first.
 * Owner:   jobs_new / jobs_free. A job that was taken belongs to its worker until jobs_finish; only
 *          its public members may be read without the table's lock.
 * Threads: any; one lock inside. jobs_take waits.
 * Fails:   jobs_submit by its result; nothing else.
 *
 * Idempotency: the same key with the same path gives the same job, while it waits, runs, or is
 * completed with its outputs still there and its input unchanged since it ran. A failed job is no
 * obstacle: the same key then starts a new one, as for a job that was lenient where this one is not,
 * or the reverse, or one that was asked for a cleaned file in another format. The same key with another path is refused.
 */
#ifndef DETECTION_JOB_JOBS_H
#define DETECTION_JOB_JOBS_H

#include "base/util.h"
#include "detection/job/job_run.h"

#define JOB_TAG_BYTES 6

typedef struct jobs_options {
    size_t capacity;   /* jobs that wait */
    size_t keep_bytes; /* memory of the finished jobs */
    uint64_t keep_ms;
    uint64_t (*now_ms)(void); /* monotonic */
    const char *fingerprint; /* of the settings, in the status of completed jobs; copied; or NULL */
} jobs_options;

typedef enum submit_result {
    SUBMIT_NEW,
    SUBMIT_SAME, /* the key's job */
    SUBMIT_KEY_TAKEN,
    SUBMIT_FULL,
    SUBMIT_STOPPING,
} submit_result;

typedef struct job {
    char id[JOB_ID_BYTES]; /* immutable */
    char *path;            /* immutable */
    bool lenient;          /* immutable; see job_request */
    bool cleaned_as_input; /* immutable; see job_request */
    uint64_t waited_ms;    /* from jobs_take on */
    struct job_private *private;
} server_job;

typedef struct jobs jobs;

jobs *jobs_new(const jobs_options *options) MUST_USE;
void jobs_free(jobs *j); /* no worker may be left; NULL is fine */
DEFINE_AUTO_PTR(jobs, jobs_free)

typedef struct job_submission { /* borrowed */
    const char *path;
    const char *key; /* Idempotency-Key, or NULL */
    /* 12 hexadecimal digits in lower case or NULL: begins the id of a new job, which is a UUID of
     * version 8 then. A client finds the results of its jobs by their names, also after a restart. */
    const char *tag;
    bool lenient, cleaned_as_input;
} job_submission;

/* `id` is set for SUBMIT_NEW and SUBMIT_SAME. */
submit_result jobs_submit(jobs *j, const job_submission *s, char id[JOB_ID_BYTES]);
bool job_tag_is_good(const char *tag);
/* The body of /status/{id}; yields whether it tells the job's outcome. */
bool jobs_status(jobs *j, const char *id, buf *json);
/* The outcome has reached who asked for it. */
void jobs_reported(jobs *j, const char *id);
/* Whether a job that finished less than `within_ms` ago has an outcome that nobody knows yet. */
bool jobs_unreported(jobs *j, uint64_t within_ms);

/* The next job, now processing; NULL once jobs_stop was called. */
server_job *jobs_take(jobs *j);
/* Strings are copied. */
void jobs_finish(jobs *j, server_job *done, const job_outcome *outcome);
void jobs_fail(jobs *j, server_job *done, const char *message, err_code code,
               bool process_ended); /* by this job */
void jobs_stop(jobs *j);            /* no more submissions; waiting jobs are not started */
size_t jobs_waiting_count(jobs *j);

typedef struct jobs_counts {
    size_t pending, processing, completed, failed; /* that are known */
    size_t capacity;
    size_t finished_bytes; /* memory of the last two */
} jobs_counts;
jobs_counts jobs_count(jobs *j);

#endif
