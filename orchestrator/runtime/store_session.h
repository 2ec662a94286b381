/* Sequential requests to the store, for commands that do not run the flow.
 *
 * What:    a client, and calls that return when their operation has ended. store_session_fetch
 *          reads many objects, several at a time, and delivers them in order.
 * Owner:   store_session_close; the environment outlives the session.
 * Threads: loop.
 * Fails:   by err, after retries.
 */
#ifndef ORCHESTRATOR_RUNTIME_STORE_SESSION_H
#define ORCHESTRATOR_RUNTIME_STORE_SESSION_H

#include "base/util.h"
#include "decon/base/pool.h"
#include "decon/s3/s3.h"
#include "orchestrator/config/config.h"

typedef struct store_session_env {
    transport *transport;
    pool *pool;                                     /* hashes files; or NULL */
    void (*run_until)(void *ctx, const bool *done); /* the event loop; returns once *done */
    void *run_ctx;
    const char *(*getenv_fn)(const char *name);
} store_session_env;

typedef struct store_session {
    store_session_env env;
    s3_client *s3;
    bool done;
    err error; /* of the last operation */
} store_session;

bool store_session_open(store_session *s, const config *c, const store_session_env *env,
                        unsigned requests, err *e) MUST_USE;
void store_session_close(store_session *s);
DEFINE_AUTO(store_session, store_session_close)

/* Around an operation whose callback is store_session_end, or calls it with the session. */
void store_session_begin(store_session *s);
void store_session_end(void *session, const err *error);
void store_session_wake(void *session); /* the same as a timer's callback */
bool store_session_wait(store_session *s, err *e) MUST_USE;

/* Calls `each` for every object below the prefix. */
bool store_session_list(store_session *s, const char *bucket, const char *prefix,
                        bool (*each)(void *ctx, const s3_object *object, err *e), void *ctx, err *e)
    MUST_USE;

typedef struct store_listing {
    const char *bucket, *prefix;
    bool (*each)(void *ctx, const s3_object *object, err *e);
    void *ctx;
} store_listing;
/* Several folders at the same time; the first error of any. */
bool store_session_list_all(store_session *s, const store_listing *listings, size_t count, err *e)
    MUST_USE;

typedef struct store_fetch {
    const char *bucket;
    const char *const *keys;
    const uint64_t *sizes; /* of the objects, as listed */
    size_t count;
    /* A piece of the object at `index`, in order; borrowed. `last`: the object has ended; with an
     * error (e.g. it was replaced while it was read) it is incomplete. */
    void (*take)(void *ctx, size_t index, slice piece, bool last, const err *error);
    void *ctx;
} store_fetch;
/* Objects that cannot be read are reported to `take` only. */
void store_session_fetch(store_session *s, const store_fetch *fetch);

#endif
