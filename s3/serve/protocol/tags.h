/* Tags of objects: `key=value&key=value`, as in x-amz-tagging, and as XML.
 *
 * What:    one text form for both, which is stored with objects: `%`, `&`, `=` and `+` inside a key
 *          or value are percent-encoded, other characters are not.
 * Owner:   the caller's buffers.
 * Threads: any.
 * Fails:   by s3_refuse: InvalidTag (length, characters, `aws:`, a key twice), BadRequest (over 10),
 *          MalformedXML, NotImplemented (an unknown element).
 * Source:  Amazon S3 User Guide, "Categorizing your objects using tags".
 */
#ifndef S3_SERVE_PROTOCOL_TAGS_H
#define S3_SERVE_PROTOCOL_TAGS_H

#include "s3/serve/protocol/error.h"

#define TAGS_MAX        10
#define TAG_KEY_CHARS   128
#define TAG_VALUE_CHARS 256

/* Both append the text form to `out`, which is empty at first. */
bool tags_from_header(const char *value, buf *out, err *e) MUST_USE;
bool tags_from_xml(slice body, buf *out, err *e) MUST_USE;

size_t tags_count(const char *text);
void tags_append_xml(const char *text, buf *body); /* <TagSet>, in the order of the text */

#endif
