/* A scripted transport with a fake clock: base/transport without network and without time.
 *
 * What:    requests are recorded when they are sent and answered in fake_run: by the first rule of
 *          fake_when that matches, else by the next rule of fake_expect (which must match), else by
 *          the handler (fake_handle: a small server of the test's own). An unanswered request fails
 *          the test.
 * Owner:   fake_new / fake_free. Rules, headers and bodies are copied; so is what a handler fills
 *          in, as soon as it returns. Records live until fake_free.
 * Threads: one. Callbacks fire inside fake_run, fake_advance, fake_run_all and fake_run_until only,
 *          never inside http_send or timer_start.
 * Fails:   fake_free fails the running test when a call or a timer is still pending (neither
 *          finished nor cancelled), when an expected request was not sent, or when a request was
 *          not expected. Call it in the test's body or teardown.
 *
 * Time advances only in fake_advance, fake_run_all and fake_run_until. A call's own limits
 * (stall_timeout_ms, total_timeout_ms) use the fake clock: ERR_TIMEOUT. The body of a request, or
 * its file, is read when the request is sent.
 */
#ifndef TESTS_FAKE_TRANSPORT_H
#define TESTS_FAKE_TRANSPORT_H

#include "decon/base/transport.h"
#include "base/util.h"
#include "tests/fake/process.h"

typedef struct fake_transport fake_transport;

/* A request as it was sent. */
typedef struct fake_request {
    const char *method, *url;
    const http_header *headers;
    size_t header_count;
    slice body;       /* of http_request.body, or read from body_fd */
    bool from_file;   /* it came from body_fd */
    uint64_t sent_ms; /* on the fake clock */
    int connect_timeout_ms, stall_timeout_ms, total_timeout_ms;
    bool no_proxy, no_reuse;
    bool cancelled; /* by http_cancel */
    bool done;      /* on_done was called */
} fake_request;

typedef struct fake_reply {
    int status; /* 0 with no `error`: 200. 0 with `error`: no status line was received */
    const http_header *headers; /* Content-Length is added if missing (except for HEAD) */
    size_t header_count;
    slice body;         /* not delivered for HEAD */
    size_t chunk_bytes; /* bytes of each on_body call; 0: 64 KiB */
    err_code error;     /* not ERR_NONE: ends the call after the status, headers and body above;
                           e.g. ERR_NET, ERR_NET_DNS, ERR_TIMEOUT, ERR_TRUNCATED */
    bool never;         /* never answers: it ends when cancelled or at its own time limit */
    bool reused;        /* http_result.reused */
    uint64_t delay_ms;  /* delay of the answer on the fake clock */
    bool no_length;     /* no Content-Length is added: chunked coding, HTTP/1.0 */
} fake_reply;

typedef struct fake_rule {
    const char *method;         /* NULL: any */
    const char *url;            /* the whole URL; NULL: any */
    const char *url_has;        /* and/or a part of it; NULL: any */
    const http_header *headers; /* required header with this value; value NULL: any value */
    size_t header_count;
    const char *body_has; /* a part of the request's body; NULL: any */
    unsigned times;       /* how often it answers; 0: once (expect), unlimited (when) */
    fake_reply reply;
} fake_rule;

/* Fills in *reply (zeroed before); memory that it points to must live until the handler returns. */
typedef void (*fake_handler)(void *ctx, const fake_request *request, fake_reply *reply);

fake_transport *fake_new(void);
void fake_free(fake_transport *f); /* NULL is allowed; may fail the test, see above */
transport *fake_transport_base(fake_transport *f);

/* The failure that fake_free would report now; NULL: none. Freed by the caller. */
char *fake_complaints(const fake_transport *f) MUST_USE;
void fake_discard(fake_transport *f); /* fake_free without its checks */

/* The script. */
void fake_expect(fake_transport *f, const fake_rule *rule); /* in strict order */
void fake_when(fake_transport *f, const fake_rule *rule);   /* in any order, before fake_expect's */
void fake_handle(fake_transport *f, fake_handler handler, void *ctx);
void fake_expect_process(fake_transport *f, const fake_process_rule *rule); /* in strict order */
unsigned fake_processes_cancelled(const fake_transport *f);

/* Running. */
void fake_run(fake_transport *f);                  /* all that is due now, and its consequences */
void fake_advance(fake_transport *f, uint64_t ms); /* step by step, timers and replies in order */
/* Advances to the next timer or reply until none is left; calls that never end stay pending; fails
 * after 100,000 steps. fake_run_until also stops when *done is set, and yields it. */
void fake_run_all(fake_transport *f);
bool fake_run_until(fake_transport *f, const bool *done);

/* An environment with the credentials of AWS's signing examples. */
const char *fake_credentials(const char *name);

/* The clock and chance. Starts at 2013-05-24T00:00:00Z (the date of AWS's signing examples). */
void fake_set_wall(fake_transport *f, int64_t wall_s);       /* moves with the fake clock */
void fake_set_random(fake_transport *f, uint64_t value);     /* a constant value */
void fake_set_random_seed(fake_transport *f, uint64_t seed); /* a sequence (default: seed 1) */

/* What happened. */
size_t fake_request_count(const fake_transport *f);
const fake_request *fake_request_at(const fake_transport *f, size_t index); /* fails beyond count */
const char *fake_request_header(const fake_request *r, const char *name);   /* NULL when absent */
size_t fake_calls_pending(const fake_transport *f);
size_t fake_calls_peak(const fake_transport *f); /* the most calls pending at one time */
size_t fake_timers_pending(const fake_transport *f);
uint64_t fake_next_ms(const fake_transport *f); /* until the next timer, reply or limit; UINT64_MAX:
                                                   there is none */

#endif
