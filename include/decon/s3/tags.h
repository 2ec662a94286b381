/* Tags of one object (GetObjectTagging).
 *
 * What:    s3_get_tags. Tags are written with the object: the field x-amz-tagging of s3_put_options,
 *          or s3_copy_options.tags.
 * Owner:   as all operations of include/decon/s3/s3.h; tags are borrowed by `done`.
 * Threads: the transport's.
 * Fails:   by the err given to `done`; permission s3:GetObjectTagging is separate from that to read.
 * Sources: Amazon S3 API Reference, GetObjectTagging.
 */
#ifndef DECON_S3_TAGS_H
#define DECON_S3_TAGS_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_tag {
    char *key, *value;
} s3_tag;

typedef void (*s3_tags_done)(void *ctx, const s3_tag *tags, size_t count, const decon_err *error);
/* version_id NULL: the current version. */
s3_op *s3_get_tags(s3_client *c, const char *bucket, const char *key, const char *version_id,
                   s3_tags_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
