/* The state of the fake transport, and its calls (transport_calls.c). Only for transport*.c. */
#ifndef TESTS_FAKE_TRANSPORT_INSIDE_H
#define TESTS_FAKE_TRANSPORT_INSIDE_H

#include "tests/fake/script.h"

#define NO_TIME UINT64_MAX

/* A call is sent, then answered (its reply is known and due at due_ms), then delivered and
 * freed. */
struct http_call {
    struct http_call *next;
    http_request request;
    size_t record;
    fake_reply *reply;                /* NULL until answered */
    uint64_t due_ms;                  /* of the reply; NO_TIME: never */
    uint64_t limit_ms;                /* the call's own limit; NO_TIME: none */
    bool delivering, cancelled, ours; /* ours: failed by the fake itself */
};

struct timer {
    struct timer *next;
    uint64_t due_ms, order;
    void (*fire)(void *ctx);
    void *ctx;
};

struct fake_transport {
    transport base;
    uint64_t now_ms;
    int64_t wall_offset_s; /* wall = offset + now */
    uint64_t random_value;
    bool random_fixed;
    http_call *calls; /* in the order sent */
    timer *timers;    /* by due_ms, then in the order started */
    uint64_t orders;
    fake_script script;
    fake_processes processes;
    fake_request **records;
    size_t record_count, calls_pending, calls_peak;
};

http_call *transport_send(transport *t, const http_request *request);
void transport_cancel(transport *t, http_call *call);
void transport_answer(fake_transport *f, http_call *call);
void transport_deliver(fake_transport *f, http_call *call, bool limit_passed);
void transport_free_call(http_call *call);
void transport_free_record(fake_request *record);

#endif
