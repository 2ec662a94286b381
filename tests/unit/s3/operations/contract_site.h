/* Listings of a store whose pages the test writes. */
#ifndef TESTS_UNIT_S3_OPERATIONS_CONTRACT_SITE_H
#define TESTS_UNIT_S3_OPERATIONS_CONTRACT_SITE_H

#include "s3/operations/list_contract.h"

#include "decon/s3/buckets.h"
#include "decon/s3/uploads.h"
#include "base/util.h"
#include "tests/unit/s3/operations/listing_site.h"

static inline bool on_object(void *ctx, const s3_object *object, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "%s:%llu ", object->key, (unsigned long long)object->size_bytes);
}

static inline bool on_unusable(void *ctx, const char *encoded, err *e)
{
    listing *l = ctx;
    UNUSED(e);
    return buf_printf(&l->seen, "{%s} ", encoded);
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
