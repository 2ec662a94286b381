/* HeadObject to confirm a write whose reply does not confirm it.
 *
 * What:    the object must exist with the size and, if both sides know one, the checksum that were
 *          sent. Without a checksum to compare, the ETag of parts or of the source decides, and an
 *          object older than the write is refused.
 * Owner:   embedded in the operation; bucket, key and headers are borrowed until on_done.
 *          s3_proof_cancel releases it at any time.
 * Threads: the transport's.
 * Fails:   by on_done's error: ERR_S3_NOT_FOUND (no object), ERR_S3_CHANGED (another object), or the
 *          error of HeadObject.
 */
#ifndef S3_PUT_PROOF_H
#define S3_PUT_PROOF_H

#include "s3/client/client.h"

typedef struct s3_proof {
    /* the owner's */
    s3_client *client;
    const char *bucket, *key;
    const s3_headers *headers;
    uint64_t size;
    s3_checksum checksum;    /* of the bytes; kind NONE: unknown */
    bool by_checksum;        /* only an equal checksum counts */
    unsigned part_count;     /* of a multipart upload; 0: one request */
    const char *source_etag; /* of a copy's source, borrowed; or NULL */
    uint64_t began_ms;       /* clock_now_ms when the write began */
    /* etag: of the object. md5: kind MD5 where the ETag is one and nothing else was compared; the
     * owner, which has the bytes, compares it. */
    void (*on_done)(void *ctx, const char *etag, const s3_checksum *md5, const err *e);
    void *ctx;

    /* proof.c's */
    s3_request request;
    char *etag;
    s3_checksum md5;
} s3_proof;

void s3_proof_start(s3_proof *p);
void s3_proof_cancel(s3_proof *p); /* no callback; may be repeated */

/* Combines the reasons of the reply and of HeadObject to one error of class ITEM. */
void s3_proof_error(const err *doubt, const err *found, err *out);

#endif
