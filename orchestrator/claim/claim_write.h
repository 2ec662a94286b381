/* One conditional write of a claim: succeeds for exactly one of the hosts that try it at a time.
 *
 * What:    PUT with If-None-Match: * (the object must not exist) or If-Match. A PUT whose reply was
 *          lost is sent again and then refused because of its own success (412, or 409): the object
 *          is then read, and its nonce shows its owner. An earlier write of this host is replaced.
 * Owner:   strings and body are copied. The ETag is borrowed by on_done.
 * Threads: loop.
 * Fails:   by the error given to on_done: whether the object was written is unknown.
 */
#ifndef ORCHESTRATOR_CLAIM_CLAIM_WRITE_H
#define ORCHESTRATOR_CLAIM_CLAIM_WRITE_H

#include "base/op.h"
#include "decon/s3/s3.h"

#define CLAIM_BODY_MAX_BYTES ((size_t)4096)

/* `etag` NULL: another host's write came first, or the object is gone. */
typedef void (*claim_write_done)(void *ctx, const char *etag, const err *error);

typedef struct claim_write_options {
    transport *transport;
    s3_client *s3;
    const char *bucket, *key;
    slice body;           /* JSON with the member "nonce", or empty */
    const char *nonce;    /* of this host; compared with the object's. NULL: nothing is compared */
    const char *if_match; /* NULL: If-None-Match: * */
    claim_write_done on_done;
    void *ctx;
} claim_write_options;

op *claim_write_start(const claim_write_options *options) MUST_USE;

/* Tests whether the store honours both conditions. Writes and removes a test object at `key`.
 * `honoured` false:
 * `why` says which condition it ignores or refuses. An error: unknown. */
typedef void (*claim_probe_done)(void *ctx, bool honoured, const char *why, const err *error);
op *claim_probe_start(transport *t, s3_client *s3, const char *bucket, const char *key,
                      claim_probe_done on_done, void *ctx) MUST_USE;

#endif
