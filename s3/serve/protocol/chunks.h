/* Chunked bodies with signatures or trailers (Content-Encoding: aws-chunked).
 *
 * What:    removes the framing from a body as it arrives, checks the signatures of the chunks and
 *          of the trailer, each of which covers the previous one, and returns the trailer's value.
 * Owner:   chunks is an embedded value with _init / _deinit.
 * Threads: one at a time.
 * Fails:   by s3_refuse: InvalidRequest (invalid framing), InvalidChunkSizeError (a chunk below
 *          8 KiB that is not the last), SignatureDoesNotMatch, MalformedTrailerError,
 *          IncompleteBody; the error of the sink.
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
    CHUNKS_NONE,             /* no framing */
    CHUNKS_SIGNED,           /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD */
    CHUNKS_SIGNED_TRAILER,   /* STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER */
    CHUNKS_UNSIGNED_TRAILER, /* STREAMING-UNSIGNED-PAYLOAD-TRAILER */
} chunks_kind;

/* By the value of x-amz-content-sha256, which may be NULL. */
chunks_kind chunks_kind_of(const char *content_sha256);
bool chunks_are_signed(chunks_kind kind);
bool chunks_have_trailer(chunks_kind kind);

/* State of the chain of signatures. */
typedef struct chunk_signer {
    uint8_t key[SHA256_BYTES];
    char amz_date[S3_DATE_SIZE], scope[CHUNK_SCOPE_SIZE]; /* 20130524/us-east-1/s3/aws4_request */
    char last[S3_HASH_SIZE];                              /* the previous signature */
} chunk_signer;

typedef struct chunks {
    chunks_kind kind;
    enum { CHUNKS_AT_SIZE, CHUNKS_AT_DATA, CHUNKS_AT_DATA_END, CHUNKS_AT_TRAILER } state;
    chunk_signer signer;
    buf line;            /* the line of a chunk's size; the line end after its data */
    uint64_t left_bytes; /* of the chunk's data */
    bool small;          /* a chunk below CHUNK_SIZE_MIN was received: it must be the last one */
    digest_ctx sha256;   /* of the chunk's data */
    char claimed[S3_HASH_SIZE];
    buf trailer;
} chunks;

/* `signer` is used for signed chunks only. */
void chunks_init(chunks *c, chunks_kind kind, const chunk_signer *signer);
void chunks_deinit(chunks *c);

/* The next piece of the body; its data goes to `sink`, in one or more calls. */
bool chunks_take(chunks *c, slice data, bool (*sink)(void *ctx, slice data, err *e), void *ctx,
                 err *e) MUST_USE;

/* Ends the body. `name` is the only header of the trailer, or NULL: none. *value is malloc'ed. */
bool chunks_end(chunks *c, const char *name, char **value, err *e) MUST_USE;

#endif
