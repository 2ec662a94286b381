/* A small store for several hosts: objects in memory, with conditional writes.
 *
 * What:    answers PUT (If-None-Match, If-Match), GET, HEAD, DELETE and listings of one bucket.
 *          Each host has its own fake transport and so its own clock; a host whose clock does not
 *          advance is stopped.
 * Owner:   small_store_new / small_store_free. A reply's text lives until the next request.
 * Threads: one.
 * Fails:   by failing the running test.
 */
#ifndef TESTS_FAKE_SMALL_STORE_H
#define TESTS_FAKE_SMALL_STORE_H

#include "tests/fake/transport.h"

#define SMALL_STORE_URL    "http://store.test/"
#define SMALL_STORE_BUCKET "b"

typedef struct small_store small_store;

small_store *small_store_new(void);
void small_store_free(small_store *s);
/* For fake_handle; ctx is the store. */
void small_store_answer(void *ctx, const fake_request *r, fake_reply *reply);

void small_store_put(small_store *s, const char *key, const char *data);
const char *small_store_get(const small_store *s, const char *key); /* NULL: absent */
void small_store_drop(small_store *s, const char *key);
size_t small_store_count(const small_store *s, const char *part); /* of keys that contain this */

typedef struct small_store_knobs {
    bool ignore_none_match, ignore_match; /* the condition has no effect */
    bool refuse_conditions;               /* 501 NotImplemented */
    unsigned lose_puts;   /* number of PUTs that are executed and not answered (connection lost) */
    const char *lose_key; /* only those of keys that contain this; NULL: all */
    const char *refuse_key;      /* PUT of keys that contain this: 403 */
    bool conflict;               /* a refused PUT is answered 409 instead of 412 */
    bool down;                   /* no request is answered: the connection fails */
    int64_t now_s;               /* Last-Modified of written objects */
    unsigned puts, reads, lists; /* counted */
    unsigned refused_leases;     /* of puts: leases, by their condition */
    unsigned part_lists;         /* of lists: of the parts of slices, `open/` */
} small_store_knobs;
small_store_knobs *small_store_knobs_of(small_store *s);

#endif
