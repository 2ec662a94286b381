/* Listings of a store whose pages the test writes. */
#ifndef TESTS_UNIT_S3_OPERATIONS_CONTRACT_SITE_H
#define TESTS_UNIT_S3_OPERATIONS_CONTRACT_SITE_H

#include "s3/operations/list_contract.h"

#include "decon/s3/buckets.h"
#include "decon/s3/uploads.h"
#include "base/util.h"
#include "tests/unit/s3/site.h"

typedef struct listing {
    site s;
    buf seen; /* "key:size ", "[prefix] " or "{unusable} " */
    unsigned pages;
    bool takes_unusable;
} listing;

static inline bool on_object(void *ctx, const s3_object *object, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "%s:%llu ", object->key, (unsigned long long)object->size_bytes);
}

static inline bool on_prefix(void *ctx, const char *prefix, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "[%s] ", prefix);
}

static inline bool on_unusable(void *ctx, const char *encoded, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "{%s} ", encoded);
}

static inline void on_done(void *ctx, const err *e)
{
    listing *l = ctx;
    site_done(&l->s, e);
}

static inline void open_listing(listing *l, s3_listing_order order)
{
    *l = (listing){0};
    site_open(&l->s, (s3_config){.max_attempts = 2, .listing_order = order});
    buf_init(&l->seen, 65536);
}

static inline void close_listing(listing *l)
{
    buf_deinit(&l->seen);
    site_close(&l->s);
}

static inline err_code list_of(listing *l, const char *bucket, const char *prefix,
                               const char *delimiter)
{
    s3_list(l->s.c, &(s3_list_options){.bucket = bucket,
                                       .prefix = prefix,
                                       .delimiter = delimiter,
                                       .on_object = on_object,
                                       .on_prefix = on_prefix,
                                       .on_unusable = l->takes_unusable ? on_unusable : NULL,
                                       .on_done = on_done,
                                       .ctx = l});
    return site_end(&l->s);
}

#define OBJECT_OF(key, size, etag)                                                                 \
    "<Contents><Key>" key "</Key><LastModified>2013-05-24T00:00:00.000Z</LastModified>"            \
    "<ETag>" etag "</ETag><Size>" size "</Size></Contents>"
#define OBJECT(key)  OBJECT_OF(key, "1", "e")
#define COMMON(name) "<CommonPrefixes><Prefix>" name "</Prefix></CommonPrefixes>"
#define URL_ENCODED  "<EncodingType>url</EncodingType>"
#define LAST         "<IsTruncated>false</IsTruncated>"
#define MORE(token)                                                                                \
    "<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define PAGE(inner) "<ListBucketResult>" inner "</ListBucketResult>"

#endif
