/* Bodies in chunks with signatures or trailers of their own (Content-Encoding: aws-chunked).
 *
 * What:    takes the framing off a body while it comes in, checks the signature of each chunk and
 *          of the trailer, each of which signs the one before, and tells what the trailer says.
 * Owner:   chunks is an embedded value with _init / _deinit.
 * Threads: one at a time.
 * Fails:   by s3_refuse: InvalidRequest (framing that is none), InvalidChunkSizeError (a chunk below
 *          8 KiB that is not the last), SignatureDoesNotMatch, MalformedTrailerError,
 *          IncompleteBody; what the sink says.
 * Sources: Amazon S3 API Reference, "Signature Calculations for the Authorization Header:
 *          Transferring Payload in Multiple Chunks" and ".. Including Trailing Headers".
 */
#ifndef S3_SERVE_PROTOCOL_CHUNKS_H
#define S3_SERVE_PROTOCOL_CHUNKS_H

#include "s3/serve/protocol/error.h"
#include "decon/s3/sign.h"
#include "base/util.h"

#define CHUNK_SIZE_MIN    (8 * 1024) /* of all chunks but the last */
#define CHUNK_LINE_MAX    256        /* a chunk's size and signature */
#define CHUNK_SCOPE_SIZE  128
#define CHUNK_TRAILER_MAX (16 * 1024)

typedef enum chunks_kind {
    CHUNKS_NONE,             /* the body is what it is */
    CHUNKS_SIGNED,           /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    CHUNKS_SIGNED_TRAILER,   /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
    CHUNKS_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
} chunks_kind;

/* By the value of x-amz-content-sha256, which may be NULL. */
chunks_kind chunks_kind_of(const char *content_sha256);
bool chunks_are_signed(chunks_kind kind);
bool chunks_have_trailer(chunks_kind kind);

/* What the signature of the request is gone on with. */
typedef struct chunk_signer {
    uint8_t key[SHA256_BYTES];
    char amz_date[S3_DATE_SIZE], scope[CHUNK_SCOPE_SIZE]; /* 20130524/us-east-1/s3/aws4_request */
    char last[S3_HASH_SIZE];                              /* the signature before the next one */
} chunk_signer;

typedef struct chunks {
    chunks_kind kind;
    enum { CHUNKS_AT_SIZE, CHUNKS_AT_DATA, CHUNKS_AT_DATA_END, CHUNKS_AT_TRAILER } state;
    chunk_signer signer;
    buf line;            /* of a chunk's size; its end behind the data */
    uint64_t left_bytes; /* of the chunk's data */
    bool small;          /* a chunk below CHUNK_SIZE_MIN came: it must have been the last one */
    digest_ctx sha256;   /* of the chunk's data */
    char claimed[S3_HASH_SIZE];
    buf trailer;
} chunks;

/* `signer` counts only where they are signed. */
void chunks_init(chunks *c, chunks_kind kind, const chunk_signer *signer);
void chunks_deinit(chunks *c);

/* The next piece of the body; its data goes to `sink`, in one or more calls. */
bool chunks_take(chunks *c, slice data, bool (*sink)(void *ctx, slice data, err *e), void *ctx,
                 err *e) MUST_USE;

/* The whole body came. `name` is the one header that the trailer must hold, or NULL: none. *value
 * is malloc'ed. */
bool chunks_end(chunks *c, const char *name, char **value, err *e) MUST_USE;

#endif
