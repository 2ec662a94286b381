/* Headers that are stored with an object: content headers (Content-Type, Cache-Control ...), user
 * metadata, tags.
 *
 * What:    a list of names and values; names are unique, compared without regard to case.
 * Owner:   embedded; it owns its strings: s3_fields_deinit.
 * Threads: any.
 * Fails:   never.
 */
#ifndef S3_PROTOCOL_METADATA_H
#define S3_PROTOCOL_METADATA_H

#include "decon/base/transport.h"
#include "base/util.h"

typedef struct s3_fields {
    http_header *items; /* both strings are owned */
    size_t count;
} s3_fields;

void s3_fields_deinit(s3_fields *f);
DEFINE_AUTO(s3_fields, s3_fields_deinit)

/* Replaces the value of `name`; NULL removes it. */
void s3_fields_set(s3_fields *f, const char *name, const char *value);
void s3_fields_add(s3_fields *f, const http_header *more, size_t count);
/* The headers of a HEAD's reply that a copy must send. */
void s3_fields_of_reply(s3_fields *f, const http_reply *reply);
/* The same, and other x-amz- headers of the object (encryption, version). */
void s3_fields_of_object(s3_fields *f, const http_reply *reply);
/* Whether one of them describes the content; access control and encryption do not. */
bool s3_fields_describe_content(const s3_fields *f);
/* Whether x-amz-tagging-count, which some stores send without tags too, is not 0. */
bool s3_headers_count_tags(const http_header *items, size_t count);

#endif
