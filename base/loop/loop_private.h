/* Internals shared by the event loop's source files: loop.c (rounds), loop_timer.c, loop_call.c
 * (the states of a request), loop_easy.c (a request as a curl handle), loop_error.c,
 * loop_process.c, loop_stall.c (bandwidth limit, stalls), loop_concurrency.c (requests in flight).
 * Owner:   the loop owns all calls, easy handles and timers. Threads: the loop's; wake_fd from any.
 * Fails:   as include/decon/base/loop.h says.
 */
#ifndef BASE_LOOP_LOOP_PRIVATE_H
#define BASE_LOOP_LOOP_PRIVATE_H

#include "decon/base/loop.h"
#include "base/list.h"
#include "base/loop/loop_rate_limit.h"
#include "base/loop/loop_easy.h"
#include "base/loop/loop_concurrency.h"

#define REPLY_HEAD_BYTES ((size_t)512 * 1024)

typedef enum flow_direction { FLOW_RECEIVE, FLOW_SEND, FLOW_DIRECTIONS } flow_direction;

typedef enum call_state {
    CALL_QUEUED, /* waits for a free handle */
    CALL_ACTIVE, /* curl has it */
    CALL_ENDING, /* curl has finished; the last callbacks run */
} call_state;

struct http_call {
    list_link link; /* in loop.queued or loop.active */
    loop *loop;
    http_request request;
    call_state state;
    bool cancelled; /* from inside one of its callbacks: removed when those return */
    char *shown;    /* "GET http://host/path": for messages, without the query */
    easy *easy;     /* NULL while queued */
    uint64_t sent_bytes;
    unsigned times_sent; /* libcurl repeats a request whose kept connection was closed */

    bool paused[FLOW_DIRECTIONS], stalled;      /* paused by the rate limit */
    uint64_t paused_order;                      /* 0: not paused */
    uint64_t moved_ms, window_ms, window_bytes; /* time of the last byte; bytes since window_ms */

    /* The reply. */
    bool first_byte, head_done, in_head; /* in_head: after the status line */
    int status;                          /* of the head being received */
    buf head;                            /* name NUL value NUL ... */
    size_t head_count;
    uint64_t body_bytes;
    err error; /* set by a callback, or by the upload's file */
};

struct timer {
    uint64_t due_ms, order;
    size_t index; /* in the heap */
    void (*fire)(void *ctx);
    void *ctx;
};

typedef struct timer_heap {
    timer **items; /* items[0] is due first */
    size_t count, capacity;
    uint64_t orders; /* timers started so far: equal due times fire in the order of their start */
} timer_heap;

struct loop {
    transport base;

    /* immutable */
    loop_options options; /* defaults filled in; its ca_bundle is a copy */
    int epoll_fd, wake_fd;
    CURLM *multi;

    /* loop only */
    linked_list queued, active;
    size_t active_local; /* active calls with no_proxy; the concurrency limit does not count them */
    loop_concurrency concurrency;
    easy *free_easies;
    bool in_curl;         /* inside a callback of curl: curl's functions must not be called */
    bool any_cancelled;   /* an active call is marked so */
    uint64_t curl_due_ms; /* time of curl's next call; UINT64_MAX: none */
    loop_rate_limit rate_limits[FLOW_DIRECTIONS];
    uint64_t pauses;      /* so far, by the rate limit */
    uint64_t flow_due_ms; /* time of the next loop_flow_run with work; UINT64_MAX: none */
    timer_heap timers;
    linked_list processes, watches;
    uint64_t random_state;
    pool *pool;
    int signal_fd; /* -1: none */
    void (*on_signal)(void *ctx, int signal_number, unsigned count);
    void *signal_ctx;
    unsigned signal_count;
    bool stopped;
};

uint64_t loop_clock_us(void);
uint64_t loop_clock_ms(void);

/* loop_timer.c */
timer *loop_timer_start(transport *t, uint64_t delay_ms, void (*fire)(void *ctx), void *ctx);
void loop_timer_stop(transport *t, timer *pending);
void loop_timers_fire(loop *l);             /* those due; not the ones they start */
uint64_t loop_timers_due_ms(const loop *l); /* UINT64_MAX: none */
void loop_timers_free(loop *l);

/* loop_call.c */
http_call *loop_call_send(transport *t, const http_request *request);
void loop_call_cancel(transport *t, http_call *call);
bool loop_calls_start(loop *l); /* as many as the limits allow; true if one has ended at once */
bool loop_calls_held_back(const loop *l);                    /* by the concurrency limit alone */
void loop_calls_curl(loop *l, curl_socket_t fd, int events); /* curl_multi_socket_action */
void loop_calls_collect(loop *l);                            /* ends calls that curl has finished */
void loop_call_end(http_call *call, CURLcode code); /* the last callbacks of an active call */
void loop_calls_drop_cancelled(loop *l);
void loop_calls_free(loop *l);

/* loop_stall.c */
bool loop_flow_may(http_call *call, flow_direction direction); /* false: pause it */
void loop_flow_moved(http_call *call, flow_direction direction, uint64_t bytes);
void loop_flow_alive(http_call *call, uint64_t bytes); /* bytes that the rate limit ignores */
void loop_flow_started(http_call *call);
void loop_flow_run(loop *l); /* resumes calls that the rate limit paused, ends stalled ones */

/* loop_process.c */
process *loop_process_start(transport *t, const process_request *request);
void loop_process_cancel(transport *t, process *p);
bool loop_process_ready(loop *l, int fd); /* false: not a descriptor of a process */
void loop_processes_free(loop *l);

#endif
