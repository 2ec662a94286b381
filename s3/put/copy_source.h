/* Properties of the source of a copy: size, ETag, checksum, headers, tags.
 *
 * What:    s3_copy_source_look calls HeadObject; s3_copy_source_tags calls GetObjectTagging. CopyObject
 *          copies these properties itself, a multipart upload must send them.
 * Owner:   embedded in the operation; strings are its own: s3_copy_source_deinit.
 * Threads: the transport's.
 * Fails:   by on_done's error: ERR_S3_CHANGED if the source is not the version `etag`. Tags that must not
 *          be read, or that the store does not support, are omitted with a warning.
 * Sources: Amazon S3 API Reference, HeadObject, GetObjectTagging, CreateMultipartUpload.
 */
#ifndef S3_PUT_COPY_SOURCE_H
#define S3_PUT_COPY_SOURCE_H

#include "s3/client/client.h"
#include "s3/protocol/metadata.h"

typedef struct s3_copy_source {
    /* the operation's, before the first call */
    s3_client *client;
    char *bucket, *key;        /* owned */
    char *version_query;       /* versionId=ID, owned; NULL: the current version */
    char *etag;                /* the expected one, owned; NULL: the current one */
    const s3_headers *headers; /* of the operation; NULL: the client's */
    void (*on_done)(void *ctx, const err *e);
    void *ctx;

    /* found */
    uint64_t size;
    s3_checksum checksum; /* of the whole object; kind NONE: unknown */
    s3_fields fields;
    char *tags; /* in the form of x-amz-tagging; NULL: none */

    /* copy_source.c's */
    s3_headers *own; /* with the source's customer key */
    s3_request request;
    char *query; /* of GetObjectTagging */
} s3_copy_source;

void s3_copy_source_look(s3_copy_source *s);
void s3_copy_source_tags(s3_copy_source *s);
void s3_copy_source_deinit(s3_copy_source *s); /* no callback */

/* Warns, once per client, that tags are not copied, with the reason. */
void s3_copy_source_no_tags(s3_client *c, const err *e);

#endif
