/* Inside of the detection server's client: what jobs.c, jobs_exchange.c and jobs_health.c share.
 *
 * What:    one exchange (a request that may be sent again), the calls, the question for health.
 * Owner:   see jobs.h; an exchange is embedded in what sends it.
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
    bool replayed;     /* the reply's header said so */
    bool host_refused; /* the name by which the server is addressed; so is every other request */
    http_call *call;
    timer *pause;
} exchange;

typedef struct job_call {
    op op;
    jobs *jobs;
    bool submits; /* else it follows */
    char *job_id; /* followed */
    char *file_path, *key;
    char *url, *body;
    exchange x;
    uint64_t poll_ms;  /* the next pause between two looks */
    uint64_t pause_ms; /* the next pause after trouble */
    unsigned failures;
    err last; /* the newest trouble */
    job_done on_done;
    job_outcome outcome; /* its strings are the next three */
    char *found_job_id, *report_path, *cleaned_path, *fingerprint;
    bool stuck;   /* waits for the server's health */
    bool missing; /* the status is 404 */
    bool held;    /* the reply is here; its end is reported after that */
} job_call;

struct jobs {
    transport *transport;
    char *url;
    char *shown_url; /* without user and password */
    char *tag;       /* or NULL */
    uint64_t poll_interval_ms, server_wait_ms;
    bool lenient;
    void (*on_facts)(void *ctx, const server_facts *facts);
    bool (*knows_path)(void *ctx, const char *path);
    void *ctx;
    bool cleans_as_input; /* as /health said the last time */
    op_list calls;

    /* asking for health: one exchange for all who wait */
    exchange health;
    char *health_url;
    bool asking;
    bool down;     /* it did not answer the last time */
    bool indexing; /* it answered that it builds its index */
    uint64_t down_since_ms, pause_ms, told_ms;

    /* jobs_wait_server */
    void (*on_ready)(void *ctx, const server_facts *facts, const err *error);
    void *ready_ctx;
    bool once;
};

/* --- jobs_exchange.c --- */
void exchange_send(jobs *j, exchange *x);
void exchange_stop(jobs *j, exchange *x);
/* Callbacks' common part. */
void exchange_take_head(exchange *x, const http_reply *reply);
bool exchange_take_body(exchange *x, slice data, err *e);
/* Worth another try: no reply at all, or the server's own fault. */
bool exchange_is_trouble(const http_result *r);
void exchange_describe(const exchange *x, const http_result *r, err *e);
uint64_t jobs_jittered_ms(jobs *j, uint64_t pause_ms);
/* The reply's members `keys`. False: the reply is not a JSON object in valid UTF-8. */
bool exchange_read(const exchange *x, const char *const *keys, json_value *values, size_t count)
    MUST_USE;
/* The string, malloc'ed; *out is NULL where the member is absent or null. False: another type, or a
 * string with NUL, which is no path, status or id. */
bool reply_string(const json_value *value, char **out) MUST_USE;
/* The same for text that is only shown: NUL becomes a space, what is no string NULL. */
char *reply_words(const json_value *value) MUST_USE;

/* --- jobs_health.c --- */
/* Asks; all calls that are stuck go on when the server answers, or end when it stays silent. */
void jobs_ask_health(jobs *j);
void jobs_health_init(jobs *j);

/* --- jobs.c --- */
void job_call_resume(job_call *c);
void job_call_end(job_call *c, const job_outcome *outcome, const err *error);

#endif
