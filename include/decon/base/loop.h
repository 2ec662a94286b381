/* The event loop: one curl_multi, epoll, timers, a wake-up and signals. Implements base/transport.
 *
 * What:    runs until decon_loop_stop, or until a `done` flag of the caller is set.
 * Owner:   decon_loop_new / decon_loop_free; the pool that is attached stays its owner's. An instance, never a
 *          global: a program may run several, each on a thread of its own.
 * Threads: every call from the loop's thread, but decon_loop_wake, which is safe from any thread and from
 *          a signal handler.
 * Fails:   decon_loop_new sets err; the rest does not fail. The first decon_loop_new has SIGPIPE ignored (a
 *          closed TLS connection would raise it), so that a closed pipe shows as EPIPE.
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
    bool verify_tls;                /* false only where the user said so by name */
    const char *ca_bundle;          /* AWS_CA_BUNDLE, or NULL; copied */
    const char *user_agent;         /* NULL: decon/<version> */
    size_t receive_buffer_bytes;    /* 0: 512 KiB */
    uint64_t bandwidth_bytes_per_s; /* the most in each direction, of bodies, over all calls but
                                       those with no_proxy; 0: no cap */
} decon_loop_options;

decon_loop *decon_loop_new(const decon_loop_options *options, decon_err *e) DECON_MUST_USE;
void decon_loop_free(decon_loop *l); /* cancels what is under way without callbacks; NULL is fine */
DECON_DEFINE_AUTO_PTR(decon_loop, decon_loop_free)

decon_transport *decon_loop_transport(decon_loop *l);

/* Finished pool tasks are handed over (decon_pool_collect) on this loop. One pool at a time; it outlives
 * the loop, or is detached with NULL before it is freed. */
void decon_loop_attach_pool(decon_loop *l, decon_pool *p);

/* `on_signal` is called on the loop for each SIGINT / SIGTERM that arrives, with the signal's
 * number and how many have come so far (1, 2, ..). Uses signalfd; blocks both signals. */
bool decon_loop_watch_signals(decon_loop *l,
                              void (*on_signal)(void *ctx, int signal_number, unsigned count),
                              void *ctx, decon_err *e) DECON_MUST_USE;

/* Runs until *done is true (looked at after each round of events) or decon_loop_stop was called. */
void decon_loop_run(decon_loop *l, const bool *done);
void decon_loop_stop(decon_loop *l);
void decon_loop_wake(decon_loop *l);

#ifdef __cplusplus
}
#endif

#endif
