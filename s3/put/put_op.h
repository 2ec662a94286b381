/* State of one upload, shared by put.c (start, parts) and put_single.c (PutObject, confirmation).
 *
 * What:    the operation, its state and the functions of the two files.
 * Owner:   created and freed by put.c.
 * Threads: the transport's.
 * Fails:   as s3_put.
 */
#ifndef S3_PUT_PUT_OP_H
#define S3_PUT_PUT_OP_H

#include "s3/put/destination.h"
#include "s3/put/proof.h"

typedef struct put_op {
    s3_op_base op;
    s3_put_options options;
    s3_destination to;
    uint64_t size;
    s3_integrity_try carried;
    unsigned digests, unproven;
    bool again, in_parts;

    /* one request: SINGLE, PROVE, CONFIRM */
    s3_request request;
    s3_proof proof;
    err doubt; /* why the reply of PutObject confirms nothing; code ERR_NONE: it does */
    uint64_t began_ms;
    op *job;
    s3_checksum checksum;
    char sha256_hex[2 * SHA256_BYTES + 1];
    char *etag;
    timer *later; /* a pause */

    /* PARTS */
    s3_multipart parts;
} put_op;

/* --- put.c --- */

void put_begin(put_op *o);
void put_progress(void *ctx, uint64_t sent_bytes);
/* Whether another attempt helps: with a weaker checksum, or after another writer was active. */
bool put_worth_another(put_op *o, const err *e);
/* The bytes of one part, or of all, as the body of a request. */
void put_set_body(const put_op *o, s3_request *r, uint64_t offset, uint64_t len);
/* Hashes data in memory and small data at once; false: `task` must be offloaded. */
bool put_hash_at_once(const put_op *o, s3_hash_task *task, uint64_t offset, uint64_t len);

/* --- put_single.c --- */

void put_single(put_op *o);
void put_single_end(put_op *o, const err *e);

#endif
