/* Internals shared by the source files of the detection server's client.
 *
 * What:    one exchange (a request that may be sent again), the calls, the request for health.
 * Owner:   see detect_client.h; an exchange is embedded in its sender.
 * Threads: loop.
 * Fails:   -
 */
#ifndef ORCHESTRATOR_DETECT_DETECT_CLIENT_PRIVATE_H
#define ORCHESTRATOR_DETECT_DETECT_CLIENT_PRIVATE_H

#include "base/util.h"
#include "base/json/json_value.h"
#include "orchestrator/detect/detect_client.h"

#define JOBS_FIRST_PAUSE_MS   50
#define JOBS_LONGEST_PAUSE_MS 5000
#define JOBS_REPLY_MAX_BYTES  (1u << 20)

/* One request with its reply, and the timer before it is sent again. */
typedef struct exchange {
    http_request request;
    http_header headers[3];
    buf reply;
    bool replayed;          /* the reply's header said so */
    bool host_refused;      /* the host name in server_url is refused, for every request */
    uint64_t retry_after_s; /* header Retry-After; 0: none */
    http_call *call;
    timer *pause;
} exchange;

typedef struct job_call {
    op op;
    detect_client *jobs;
    bool submits; /* otherwise it polls */
    char *job_id; /* followed */
    char *file_path, *key;
    char *url, *body;
    exchange x;
    uint64_t poll_ms;  /* pause before the next poll */
    unsigned polls;    /* answered */
    uint64_t pause_ms; /* pause after a failure */
    unsigned failures;
    err last; /* the last failure */

    /* detect_limits.c */
    uint64_t limit_ms;   /* 0: none */
    uint64_t started_ms; /* the limit counts from here; outages move it on */
    uint64_t stuck_ms;   /* start of its wait for the server's health */
    uint64_t busy_ms;    /* of the last reply, if that was busy; or 0 */
    bool running;        /* the server works on the job */
    bool queued;         /* the job waits there */
    bool overdue;        /* the limit has passed: /health decides the cause */
    bool renewed;        /* it got a second limit after an outage */

    job_done on_done;
    job_outcome outcome; /* its strings are the next ones */
    char *found_job_id, *report_path, *near_path, *cleaned_path, *fingerprint;
    bool stuck;   /* waits for the server's health */
    bool missing; /* the status is 404 */
    bool held;    /* the reply is held until /health was answered */
} job_call;

struct detect_client {
    transport *transport;
    char *url;
    char *shown_url; /* without user and password */
    char *tag;       /* or NULL */
    uint64_t poll_interval_ms, server_wait_ms, busy_wait_ms;
    bool lenient;
    void (*on_facts)(void *ctx, const server_facts *facts);
    bool (*knows_path)(void *ctx, const char *path);
    void *ctx;
    bool cleans_as_input;   /* from the last reply of /health */
    uint64_t first_poll_ms; /* detect_polling.c: beyond the least pause */
    unsigned ended_in_a_row;
    op_list calls;

    /* request for health: one for all waiting calls */
    exchange health;
    char *health_url;
    bool asking;
    bool down;                                           /* the last request failed */
    bool indexing;                                       /* it is building its index */
    uint64_t down_since_ms, heard_ms, pause_ms, told_ms; /* heard: last reply */

    uint64_t progress_ms;   /* last start or end of a job; or 0 */
    uint64_t busy_since_ms; /* start of the busy time; 0: not busy */
    uint64_t warned_ms;     /* last warning about calls; or 0 */

    /* detect_client_wait_server */
    void (*on_ready)(void *ctx, const server_facts *facts, const err *error);
    void *ready_ctx;
    bool once;
};

/* --- detect_polling.c --- */
/* The pause before the first request for the status of a job. */
uint64_t detect_client_first_poll_ms(const detect_client *j);
/* The pause before the next one; the end of the limit is not passed. */
uint64_t job_call_next_poll_ms(job_call *c);
/* A status was received. */
void job_call_note_poll(job_call *c, bool ended);

/* --- detect_exchange.c --- */
void detect_exchange_send(detect_client *j, exchange *x);
void detect_exchange_stop(detect_client *j, exchange *x);
/* Common part of the callbacks. */
void detect_exchange_take_head(exchange *x, const http_reply *reply);
bool detect_exchange_take_body(exchange *x, slice data, err *e);
/* Retryable: no reply, or a 5xx. */
bool exchange_is_trouble(const http_result *r);
/* The server is available but busy (Retry-After). */
bool exchange_is_busy(const exchange *x, const http_result *r);
void exchange_describe(const exchange *x, const http_result *r, err *e);
uint64_t detect_client_jittered_ms(detect_client *j, uint64_t pause_ms);
/* The reply's members `keys`. False: the reply is not a JSON object in valid UTF-8. */
bool exchange_read(const exchange *x, const char *const *keys, json_value *values, size_t count)
    MUST_USE;
/* The string, malloc'ed; *out is NULL if the member is absent or null. False: another type, or a
 * string with NUL. */
bool reply_string(const json_value *value, char **out) MUST_USE;
/* The same for display: NUL becomes a space; NULL if it is not a string. */
char *reply_words(const json_value *value) MUST_USE;

/* --- detect_health.c --- */
/* Requests /health; waiting calls continue when it answers, or end after server_wait. */
void detect_client_ask_health(detect_client *j);
void detect_client_health_init(detect_client *j);

/* --- detect_limits.c --- */
void job_call_begin(job_call *c);
/* The job's state, as reported by the server. */
void job_call_note_state(job_call *c, bool running);
void detect_client_note_progress(detect_client *j); /* a job started or ended */
void detect_client_note_accepted(detect_client *j);
/* After each reply. False, with *e: the server was busy for too long. */
bool job_call_note_busy(job_call *c, bool busy, const err *why, err *e) MUST_USE;
bool job_call_is_overdue(const job_call *c);
uint64_t job_call_left_ms(const job_call *c); /* of the limit; at least 1 */
/* The server has answered /health, after an outage if `was_down`. False: the limit has passed
 * without an outage. */
bool job_call_may_go_on(job_call *c, bool was_down) MUST_USE;
void job_call_describe_limit(const job_call *c, err *e);

/* --- detect_client.c --- */
/* Continues after a reply of /health; `was_down`: there was an outage. */
void job_call_resume(job_call *c, bool was_down);
void job_call_end(job_call *c, const job_outcome *outcome, const err *error);

#endif
