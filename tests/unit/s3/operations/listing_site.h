/* Listings in a test: what their callbacks have received, as text.
 *
 * What:    each test writes its callbacks for entries; open_listing and close_listing make and free
 *          the client.
 * Owner:   the test's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_OPERATIONS_LISTING_SITE_H
#define TESTS_UNIT_S3_OPERATIONS_LISTING_SITE_H

#include "base/util.h"
#include "tests/unit/s3/site.h"

typedef struct listing {
    site s;
    buf seen;            /* a text for each entry; "[prefix] " for common prefixes */
    bool stop;           /* the first entry ends the listing */
    const char *stop_at; /* this key ends it, with the error stop_with */
    err_code stop_with;
    bool takes_unusable;
    unsigned pages;
    s3_object last; /* its strings are freed, but for the next two */
    char etag[64], storage_class[32];
} listing;

static inline bool on_prefix(void *ctx, const char *prefix, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "[%s] ", prefix);
}

static inline void on_done(void *ctx, const err *e)
{
    listing *l = ctx;
    site_done(&l->s, e);
}

static inline void open_ordered_listing(listing *l, s3_listing_order order)
{
    *l = (listing){0};
    site_open(&l->s, (s3_config){.max_attempts = 2, .listing_order = order});
    buf_init(&l->seen, 65536);
}

static inline void open_listing(listing *l)
{
    open_ordered_listing(l, S3_LISTING_ORDER_BYTES);
}

static inline void close_listing(listing *l)
{
    buf_deinit(&l->seen);
    site_close(&l->s);
}

#endif
