/* Deletes many objects with one request.
 *
 * What:    s3_delete_many: DeleteObjects for up to 1,000 keys, or versions, of a bucket. Single DeleteObject
 *          requests are used for keys that XML cannot represent (control characters, invalid
 *          UTF-8), keys that the reply does not name, and all keys if the store lacks
 *          DeleteObjects. Retryable errors (InternalError, SlowDown) are retried for the affected
 *          keys only, so that an object that was written in the meantime is not deleted.
 * Owner:   as all operations of include/decon/s3/s3.h; keys are copied.
 * Threads: the transport's.
 * Fails:   on_key_error reports each key that could not be deleted; on_done's error is the reason
 *          why the remaining keys were not tried, or are in doubt. A missing key is not an error, as in
 *          S3.
 * Sources: Amazon S3 API Reference, DeleteObjects.
 */
#ifndef DECON_S3_DELETE_MANY_H
#define DECON_S3_DELETE_MANY_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

#define S3_DELETE_MANY_MAX 1000

typedef struct s3_delete_many_options {
    const char *bucket;
    const char *const *keys;
    size_t key_count; /* 1 to S3_DELETE_MANY_MAX */
    /* The version of each key to delete permanently; NULL: the current objects. */
    const char *const *version_ids;
    /* version_id: NULL without version_ids */
    void (*on_key_error)(void *ctx, const char *key, const char *version_id,
                         const decon_err *error);
    /* error NULL: each key was deleted, or reported by on_key_error. Else the `left` keys that were
     * not passed to on_key_error were not deleted, for this reason. */
    void (*on_done)(void *ctx, size_t left, const decon_err *error);
    void *ctx;
} s3_delete_many_options;
s3_op *s3_delete_many(s3_client *c, const s3_delete_many_options *options);

#ifdef __cplusplus
}
#endif

#endif
