/* What operations on one bucket or object with one request at a time share.
 *
 * What:    names, the request, and a text for its query or body. Embedded as the first member; a
 *          new operation is begun by s3_simple_request, completed by the caller, and sent by
 *          s3_simple_send.
 * Owner:   the operation owns itself (base/op.h); s3_simple_free is its op_kind.free, or is called
 *          last by that.
 * Threads: the transport's.
 * Fails:   by on_done.
 */
#ifndef S3_CLIENT_SIMPLE_OP_H
#define S3_CLIENT_SIMPLE_OP_H

#include "decon/base/digest.h"
#include "s3/client/client.h"

#define S3_MD5_TEXT_SIZE (4 * ((MD5_BYTES + 2) / 3) + 1) /* base64 */

typedef struct s3_simple_op {
    s3_op_base op;
    s3_request request;
    char *bucket, *key; /* key: or NULL */
    buf text;           /* at most 32 KiB: a key of 1,024 bytes and an upload id, URI-encoded */
    char md5_text[S3_MD5_TEXT_SIZE];
} s3_simple_op;

/* Copies the names; `done` may be NULL. */
void *s3_simple_new(s3_client *c, const op_kind *kind, size_t size_bytes, const char *bucket,
                    const char *key, void (*done)(void *ctx, const err *e), void *ctx) MUST_USE;
void s3_simple_free(op *o);

/* A new request for bucket and key, which replaces the last one; it ends the operation. The
 * caller adds query, headers, checks, or another on_done, whose ctx is the operation. */
s3_request *s3_simple_request(void *simple, const char *operation, const char *method);
void s3_simple_send(void *simple);
/* Sends a change whose reply has no body, and reports an error unless the reply is S3's success. */
void s3_simple_change(void *simple);
/* Sets an XML body with its MD5, which S3 requires of most such requests. `body` is borrowed until
 * the end; false if it has overflowed. */
bool s3_simple_xml(void *simple, const buf *body) MUST_USE;

#endif
