/* Many objects removed by one request.
 *
 * What:    s3_delete_many: DeleteObjects for up to 1,000 keys of a bucket. Keys that have no form in
 *          XML (control characters, what is not UTF-8), those that the reply does not name, and all
 *          keys in a store without DeleteObjects go by requests of their own. What may pass
 *          (InternalError, SlowDown) is tried again for the keys that it befell, and for no other:
 *          a name that was written anew meanwhile is not removed a second time.
 * Owner:   as all operations of include/decon/s3/s3.h; keys are copied.
 * Threads: the transport's.
 * Fails:   a key that could not be removed is told by on_key_error; on_done's error says why the
 *          rest was not even tried, or not for sure. A key that is not there is no error, as in S3.
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
    void (*on_key_error)(void *ctx, const char *key, const decon_err *error);
    /* error NULL: each key was removed, or told of by on_key_error. Else it befell all keys that
     * on_key_error did not tell of, and that is `left` of them. */
    void (*on_done)(void *ctx, size_t left, const decon_err *error);
    void *ctx;
} s3_delete_many_options;
s3_op *s3_delete_many(s3_client *c, const s3_delete_many_options *options);

#ifdef __cplusplus
}
#endif

#endif
