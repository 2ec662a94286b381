/* Tags of one object.
 *
 * What:    s3_get_tags reads, s3_set_tags replaces the tags of an existing object. Tags can also be
 *          written with the object: the field x-amz-tagging of s3_put_options, or
 *          s3_copy_options.tags.
 * Owner:   as all operations of include/decon/s3/s3.h; tags are borrowed by `done`, and copied by
 *          s3_set_tags.
 * Threads: the transport's.
 * Fails:   by the err given to `done`; the permissions s3:GetObjectTagging, s3:PutObjectTagging and
 *          s3:DeleteObjectTagging are separate from those to read and write.
 * Sources: Amazon S3 API Reference, GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
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
/* All tags of the object are replaced by these; count 0: removed. */
s3_op *s3_set_tags(s3_client *c, const char *bucket, const char *key, const char *version_id,
                   const s3_tag *tags, size_t count, s3_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
