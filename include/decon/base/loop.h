/* The event loop: one curl_multi, epoll, timers, wake-up and signals. Implements decon_transport.
 *
 * What:    runs until decon_loop_stop, or until a `done` flag of the caller is set.
 * Owner:   decon_loop_new / decon_loop_free; an attached pool keeps its owner. No global state: a
 *          program may run several loops, each on its own thread.
 * Threads: all calls from the loop's thread, except decon_loop_wake, which may be called from any
 *          thread and from a signal handler.
 * Fails:   decon_loop_new sets err; no other call fails. The first decon_loop_new ignores SIGPIPE
 *          (writing to a closed TLS connection raises it), so a closed pipe shows as EPIPE.
 */
#ifndef DECON_BASE_LOOP_H
#define DECON_BASE_LOOP_H

#include "decon/base/pool.h"
#include "decon/base/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct decon_loop decon_loop;

typedef struct decon_loop_options {
    unsigned max_connections;       /* easy handles and kept connections; 0: 64 */
    bool verify_tls;                /* false only on the user's explicit request */
    const char *ca_bundle;          /* AWS_CA_BUNDLE, or NULL; copied */
    const char *user_agent;         /* NULL: decon/<version> */
    size_t receive_buffer_bytes;    /* 0: 512 KiB */
    uint64_t bandwidth_bytes_per_s; /* limit in each direction, for bodies of all calls except
                                       those with no_proxy; 0: no limit */
} decon_loop_options;

decon_loop *decon_loop_new(const decon_loop_options *options, decon_err *e) DECON_MUST_USE;
void decon_loop_free(decon_loop *l); /* cancels pending calls without callbacks; NULL is allowed */
DECON_DEFINE_AUTO_PTR(decon_loop, decon_loop_free)

decon_transport *decon_loop_transport(decon_loop *l);

/* Completed pool tasks are delivered (decon_pool_collect) on this loop. One pool at a time; it must
 * outlive the loop, or be detached with NULL before it is freed. */
void decon_loop_attach_pool(decon_loop *l, decon_pool *p);

/* `on_signal` runs on the loop for each SIGINT or SIGTERM, with the signal's number and the count
 * of signals so far (1, 2, ...). Uses signalfd and blocks both signals. */
bool decon_loop_watch_signals(decon_loop *l,
                              void (*on_signal)(void *ctx, int signal_number, unsigned count),
                              void *ctx, decon_err *e) DECON_MUST_USE;

/* Runs until *done is true (checked after each round of events) or decon_loop_stop is called. */
void decon_loop_run(decon_loop *l, const bool *done);
void decon_loop_stop(decon_loop *l);
void decon_loop_wake(decon_loop *l);

#ifdef __cplusplus
}
#endif

#endif
