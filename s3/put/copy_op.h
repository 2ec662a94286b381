/* State of one copy, shared by copy.c (CopyObject) and copy_parts.c (UploadPartCopy).
 *
 * What:    the operation, its state and the functions of the two files.
 * Owner:   created and freed by copy.c.
 * Threads: the transport's.
 * Fails:   as s3_copy.
 */
#ifndef S3_PUT_COPY_OP_H
#define S3_PUT_COPY_OP_H

#include "s3/client/version_look.h"
#include "s3/put/copy_source.h"
#include "s3/put/destination.h"

typedef struct copy_op {
    s3_op_base op;
    s3_copy_options options;
    s3_copy_source from;
    s3_destination to;  /* its fields replace the source's */
    char *source;       /* x-amz-copy-source */
    char *tags;         /* instead of the source's; NULL: the source's */
    bool merges;        /* CopyObject needs all headers */
    s3_request request; /* COPY, VERIFY */
    s3_proof proof;
    err doubt; /* why the replies of CopyObject prove nothing */
    bool in_parts, again, verify, looked;
    bool doubted, relook; /* the source's If-Match was refused: find out whether it is unusable */
    err refusal;
    s3_version_look witness;
    unsigned unproven;
    uint64_t began_ms;
    s3_checksum_kind kind; /* requested for parts */
    s3_fields created;     /* of CreateMultipartUpload */
    s3_multipart parts;
} copy_op;

/* --- copy.c --- */

/* The source's ETag if x-amz-copy-source-if-match can carry it; NULL if HeadObject has compared it. */
const char *copy_source_condition(const copy_op *o);
/* A 412 although the source may be unchanged: HeadObject finds out, once. */
bool copy_doubts_condition(copy_op *o, const err *e);
void copy_look_begin(copy_op *o);

/* --- copy_parts.c --- */

void copy_parts_begin(copy_op *o);

#endif
