/* Destination of an upload or copy; shared by s3/put/put.c, put_stream.c and copy.c.
 *
 * What:    names, conditions and headers, and the multipart upload that is created from them.
 * Owner:   embedded in the operation (zeroed at first); copies its input, s3_destination_deinit
 *          releases it. A multipart upload borrows it.
 * Threads: the transport's.
 * Fails:   never.
 */
#ifndef S3_PUT_DESTINATION_H
#define S3_PUT_DESTINATION_H

#include "s3/protocol/metadata.h"
#include "s3/put/multipart.h"

typedef struct s3_destination {
    char *bucket, *key, *if_none_match, *if_match;
    s3_headers *headers; /* NULL: the client's */
    s3_fields fields;    /* the object's own: Content-Type and more */
    unsigned conflicts;  /* refusals because of another writer */
} s3_destination;

void s3_destination_init(s3_destination *d, const char *bucket, const char *key,
                         const s3_headers *headers);
/* Conditions of the write, as in s3_put; each may be NULL. */
void s3_destination_only(s3_destination *d, const char *if_none_match, const char *if_match);
void s3_destination_deinit(s3_destination *d);

/* The common settings of a multipart upload; the operation adds size, source and callbacks. */
s3_multipart s3_destination_upload(const s3_destination *d, s3_client *c);

/* Whether a refused write is repeated: after a conflict with another writer (409), three times; or
 * with a simpler checksum, if the store does not support this one (`carried`; NULL: none). */
bool s3_destination_begins_again(s3_destination *d, const s3_integrity *in,
                                 s3_integrity_try *carried, const err *e);
/* Whether bytes whose digest the store refused are hashed and sent again: three times. */
bool s3_digest_again(unsigned *times, const err *e);

#endif
