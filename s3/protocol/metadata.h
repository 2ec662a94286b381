/* Headers that stay with an object: its content's (Content-Type, Cache-Control ...), user metadata,
 * tags.
 *
 * What:    a list of names and values; a name stands in it once, compared without case.
 * Owner:   embedded; it owns its strings: s3_fields_deinit.
 * Threads: any.
 * Fails:   never.
 */
#ifndef S3_PROTOCOL_METADATA_H
#define S3_PROTOCOL_METADATA_H

#include "decon/base/transport.h"
#include "base/util.h"

typedef struct s3_fields {
    http_header *items; /* both strings are ours */
    size_t count;
} s3_fields;

void s3_fields_deinit(s3_fields *f);
DEFINE_AUTO(s3_fields, s3_fields_deinit)

/* In place of what stands there under that name; value NULL takes it away. */
void s3_fields_set(s3_fields *f, const char *name, const char *value);
void s3_fields_add(s3_fields *f, const http_header *more, size_t count);
/* Those of a HEAD's reply that a copy takes along. */
void s3_fields_of_reply(s3_fields *f, const http_reply *reply);
/* The same, and what else the reply says of the object in x-amz- headers (encryption, version). */
void s3_fields_of_object(s3_fields *f, const http_reply *reply);
/* Is one of them such a header? What an access list or an encryption says is none. */
bool s3_fields_describe_content(const s3_fields *f);

#endif
