/* Tags of an object: the reply of GetObjectTagging, and the text of the header x-amz-tagging.
 *
 * What:    s3_tags_read parses <Tagging> (nothing at all means no tags if `may_be_empty`: Ceph 16
 *          replies so for an object uploaded in parts), s3_tags_parse `key=value&key=value` (percent-encoded, + for
 *          a space); s3_tags_text is the inverse of the latter.
 * Owner:   s3_tags_deinit.
 * Threads: any.
 * Fails:   s3_tags_read: ERR_S3_REPLY, class RETRY for a truncated reply; s3_tags_parse, s3_tags_add:
 *          ERR_USAGE for a key without `=`, a repeated key, and more than S3 permits.
 * Source:  Amazon S3 User Guide, "Categorizing your objects using tags".
 */
#ifndef S3_PROTOCOL_TAGS_H
#define S3_PROTOCOL_TAGS_H

#include "decon/s3/tags.h"
#include "base/util.h"

#define S3_TAGS_MAX 10 /* of an object */

typedef struct s3_tags {
    s3_tag *items;
    size_t count;
} s3_tags;

void s3_tags_deinit(s3_tags *t);
DEFINE_AUTO(s3_tags, s3_tags_deinit)

bool s3_tags_read(slice reply, bool may_be_empty, s3_tags *out, err *e) MUST_USE;
bool s3_tags_parse(const char *text, s3_tags *out, err *e) MUST_USE;
/* Adds a copy, after the checks of s3_tags_parse. */
bool s3_tags_add(s3_tags *t, const char *key, const char *value, err *e) MUST_USE;
/* "" without tags; NULL: more than a header holds. */
char *s3_tags_text(const s3_tags *t) MUST_USE;

#endif
