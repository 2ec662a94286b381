/* Client of the detection server: health, submission of files, polling of jobs.
 *
 * What:    every call retries its request while the server is available: after a connection error,
 *          a timeout or a 5xx, /health is requested; if it answers, the request is sent again with
 *          growing pauses, up to the call's limit; if it does not answer for `server_wait`, all
 *          calls end with ERR_SERVER_DOWN. A server that is building its index is waited for
 *          without limit, a busy one (503 or 429 with Retry-After) for up to `busy_wait`. These
 *          waits do not count toward other limits. A job is first polled after 1 to 5 ms, then at
 *          doubling intervals.
 * Owner:   detect_client_new / detect_client_free (cancels calls without callbacks). A call is an
 *          operation (base/op.h). Strings are copied.
 * Threads: loop.
 * Fails:   by the error given to on_done: ERR_SERVER_DOWN, ERR_CONFIG (an index of 0 records, a
 *          server that refuses the host name of server_url), ERR_JOB_FAILED and ERR_JOB_CRASHED
 *          (the server's words), ERR_JOB_FORGOTTEN, ERR_JOB_LIMIT (the call's limit has passed and
 *          /health answers), ERR_HTTP (refused), ERR_PARSE.
 */
#ifndef ORCHESTRATOR_DETECT_DETECT_CLIENT_H
#define ORCHESTRATOR_DETECT_DETECT_CLIENT_H

#include "base/op.h"
#include "base/util.h"

typedef struct detect_client detect_client;

/* The server's facts from /health. Strings are borrowed. */
typedef struct server_facts {
    unsigned worker_threads;              /* 0: unknown */
    bool purify, keeps_near;              /* keeps_near: report_threshold is set */
    const char *report_dir, *cleaned_dir; /* as given to the server; or NULL */
    /* Folders whose files jobs may name, as configured there; empty: all files; NULL: not reported. */
    const char *const *allow_dirs;
    const char *content_key;            /* NULL: unknown */
    bool tells_records;                 /* the reference server does not */
    uint64_t records, sets;             /* of its index */
    uint64_t codec_memory;              /* bytes for one decoder; 0: unknown */
    uint64_t max_line_size;             /* bytes; 0: unknown */
    bool cleans_as_input;               /* writes cleaned files in the input's format on request */
    const char *fingerprint, *settings; /* orchestrator/detect/server_settings.h; or NULL */
    bool partial_settings;
    const char *recall;                    /* JSON: the result of its self-test; or NULL */
    const char *filters, *evaluation_sets; /* JSON, as in server_settings.h; or NULL */
} server_facts;

typedef struct detect_client_options {
    const char *server_url;
    uint64_t poll_interval_ms;
    uint64_t server_wait_ms;
    uint64_t busy_wait_ms;
    bool lenient; /* accept files that are not JSON Lines (`lenient` in /submit) */
    /* Called after each reply of /health, before calls continue. Or NULL. */
    void (*on_facts)(void *ctx, const server_facts *facts);
    /* Whether a result may be at this path. If not, or if the job was forgotten, /health is
     * requested before the job's end is reported: the server may have restarted with other folders.
     * Or NULL. */
    bool (*knows_path)(void *ctx, const char *path);
    void *ctx;
} detect_client_options;

detect_client *detect_client_new(transport *t, const detect_client_options *options) MUST_USE;
void detect_client_free(detect_client *j); /* NULL is allowed */
DEFINE_AUTO_PTR(detect_client, detect_client_free)

/* Beginning of the ids of jobs at decon-server from now on; 12 hexadecimal digits, copied. */
void detect_client_tag(detect_client *j, const char *tag);

/* Waits until the server answers; one wait at a time. `once`: a single attempt, unless the server
 * builds its index. */
void detect_client_wait_server(detect_client *j, bool once,
                               void (*on_done)(void *ctx, const server_facts *facts,
                                               const err *error),
                               void *ctx);

/* Outcome of a call. Strings are borrowed. */
typedef struct job_outcome {
    const char *job_id;       /* of a submission */
    bool replayed;            /* the server knew the Idempotency-Key: the job is an older one */
    const char *report_path;  /* of a finished job: present if lines matched */
    const char *near_path;    /* present if there are near misses */
    const char *cleaned_path; /* present if the server purifies */
    uint64_t unread_lines;    /* lines without a text that the server could read */
    const char *fingerprint;  /* of the settings; NULL: not reported */
} job_outcome;

typedef void (*job_done)(void *ctx, const job_outcome *outcome, const err *error);

/* `limit_ms`: until the server accepts the file; for a job: since the server started it or, while
 * it waits, since any job started or ended there. Outages do not count. 0: no limit. */
op *job_submit(detect_client *j, const char *file_path, const char *idempotency_key,
               uint64_t limit_ms, job_done on_done, void *ctx) MUST_USE;
op *job_follow(detect_client *j, const char *job_id, uint64_t limit_ms, job_done on_done, void *ctx)
    MUST_USE;
/* The server has not started the call's work: the job is queued, or the submission is being
 * retried. */
bool job_is_waiting(const op *call);

#endif
