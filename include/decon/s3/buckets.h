/* Lists and deletes buckets, and sets their versioning.
 *
 * What:    s3_list_buckets: the buckets of the account that owns the credentials, in the store's
 *          order; s3_delete_bucket: deletes an empty bucket; s3_get_versioning, s3_set_versioning.
 * Owner:   as all operations of include/decon/s3/s3.h; names are borrowed by the callback.
 * Threads: the transport's.
 * Fails:   by the err given to on_done, as in include/decon/s3/s3.h.
 * Sources: Amazon S3 API Reference, ListBuckets, DeleteBucket, GetBucketVersioning,
 *          PutBucketVersioning.
 */
#ifndef DECON_S3_BUCKETS_H
#define DECON_S3_BUCKETS_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_list_buckets_options {
    /* false ends the operation with the error that was set (DECON_ERR_CANCELLED: without an
     * error). */
    bool (*on_bucket)(void *ctx, const char *name, int64_t created_s, decon_err *e);
    void (*on_done)(void *ctx, const decon_err *error); /* error NULL: the list is complete */
    void *ctx;
} s3_list_buckets_options;
s3_op *s3_list_buckets(s3_client *c, const s3_list_buckets_options *options);

s3_op *s3_delete_bucket(s3_client *c, const char *bucket, s3_done done, void *ctx);

typedef enum s3_versioning {
    S3_VERSIONING_OFF, /* it was never enabled */
    S3_VERSIONING_ENABLED,
    S3_VERSIONING_SUSPENDED /* earlier versions stay; new objects have the version `null` */
} s3_versioning;
typedef void (*s3_versioning_done)(void *ctx, s3_versioning state, const decon_err *error);
s3_op *s3_get_versioning(s3_client *c, const char *bucket, s3_versioning_done done, void *ctx);
/* ENABLED or SUSPENDED: S3 cannot set it to OFF again. */
s3_op *s3_set_versioning(s3_client *c, const char *bucket, s3_versioning state, s3_done done,
                         void *ctx);

#ifdef __cplusplus
}
#endif

#endif
