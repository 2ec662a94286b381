/* The client of the detection server: is it there, submit a file, follow the job.
 *
 * What:    every call repeats its request as long as the server is alive: after a connection error,
 *          a time limit or a 5xx, /health is asked; while that answers, the request is sent again
 *          with growing pauses, up to the call's own limit; when it stays silent for `server_wait`,
 *          all calls end with ERR_SERVER_DOWN. One that answers that it builds its index is waited
 *          for; one that answers 503 or 429 with Retry-After is busy (its queue is full) and is
 *          waited for up to `busy_wait`. That time counts for no limit. A job is looked at first
 *          after 5 ms, then at doubling pauses.
 * Owner:   jobs_new / jobs_free (ends what is under way without callbacks). A call is an
 *          operation (base/op.h). Strings are copied.
 * Threads: loop.
 * Fails:   by the error given to on_done: ERR_SERVER_DOWN, ERR_CONFIG (an index of 0 records, a
 *          server that refuses the host name of server_url), ERR_JOB_FAILED and ERR_JOB_CRASHED (the
 *          server's words),
 *          ERR_JOB_FORGOTTEN, ERR_JOB_LIMIT (the call's limit has passed and /health answers),
 *          ERR_HTTP (refused), ERR_PARSE.
 */
#ifndef ORCHESTRATOR_DETECT_DETECT_CLIENT_H
#define ORCHESTRATOR_DETECT_DETECT_CLIENT_H

#include "base/op.h"
#include "base/util.h"

typedef struct jobs jobs;

/* What /health tells. Strings are lent. */
typedef struct server_facts {
    unsigned worker_threads; /* 0: it does not say */
    bool purify;
    const char *report_dir, *cleaned_dir; /* as given to the server; or NULL */
    const char *content_key;              /* NULL: it does not say */
    bool tells_records;                   /* the reference server does not */
    uint64_t records, sets;               /* of its index */
    uint64_t codec_memory;                /* bytes for one decoder; 0: it does not say */
    uint64_t max_line_size;               /* bytes; 0: it does not say */
    bool cleans_as_input;                 /* writes cleaned files in the input's format, if asked */
    const char *fingerprint, *settings;   /* orchestrator/detect/server_settings.h; or NULL */
    bool partial_settings;
    const char *recall; /* JSON: the result of its self-test; or NULL */
} server_facts;

typedef struct jobs_options {
    const char *server_url;
    uint64_t poll_interval_ms;
    uint64_t server_wait_ms;
    uint64_t busy_wait_ms;
    bool lenient; /* asks the server not to judge files as JSON Lines (`lenient` in /submit) */
    /* Each time that /health answers; before any call goes on for which it was asked. Or NULL. */
    void (*on_facts)(void *ctx, const server_facts *facts);
    /* Whether a result may lie at this path. Where not, and after a job was forgotten, /health is
     * asked before the job's end is reported: the server was perhaps started again, with other
     * folders. Or NULL. */
    bool (*knows_path)(void *ctx, const char *path);
    void *ctx;
} jobs_options;

jobs *jobs_new(transport *t, const jobs_options *options) MUST_USE;
void jobs_free(jobs *j); /* NULL is fine */
DEFINE_AUTO_PTR(jobs, jobs_free)

/* Begins the ids of jobs that a server of ours makes from now on; 12 hexadecimal digits, copied. */
void jobs_tag(jobs *j, const char *tag);

/* Waits until the server answers; one wait at a time. `once`: a single attempt, unless the server
 * builds its index. */
void jobs_wait_server(jobs *j, bool once,
                      void (*on_done)(void *ctx, const server_facts *facts, const err *error),
                      void *ctx);

/* What came of a call. Strings are lent. */
typedef struct job_outcome {
    const char *job_id;       /* of a submission */
    bool replayed;            /* the server knew the Idempotency-Key: the job is an older one */
    const char *report_path;  /* of a finished job: present when something was found */
    const char *cleaned_path; /* present where the server purifies */
    uint64_t unread_lines;    /* lines without a text that the server could read */
    const char *fingerprint;  /* of the settings that it was made with; NULL: not reported */
} job_outcome;

typedef void (*job_done)(void *ctx, const job_outcome *outcome, const err *error);

/* `limit_ms`: until the server accepts the file; of a job: from the moment when the server works on
 * it, or, while it waits, since any job began or ended there. Outages do not count. 0: no limit. */
op *job_submit(jobs *j, const char *file_path, const char *idempotency_key, uint64_t limit_ms,
               job_done on_done, void *ctx) MUST_USE;
op *job_follow(jobs *j, const char *job_id, uint64_t limit_ms, job_done on_done, void *ctx)
    MUST_USE;
/* The server has not begun what the call asks for: the job waits in its queue, or the submission was
 * not accepted and is tried again. */
bool job_is_waiting(const op *call);

#endif
