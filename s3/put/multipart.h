/* A multipart upload: created, parts sent in parallel, completed or aborted.
 *
 * What:    the states that uploads and large copies share. The source provides the parts: bytes of a
 *          file, ranges of another object, or memory that is being filled.
 * Owner:   embedded in the operation; strings are borrowed until on_gone. After on_done or a cancel
 *          the abort continues in the background; on_gone is then called, where it may be freed.
 * Threads: the transport's.
 * Fails:   by on_done's error. Parts that the store reports as altered (ERR_S3_CHECKSUM) are prepared
 *          and sent again, three times.
 * Sources: Amazon S3 User Guide, "Uploading and copying objects using multipart upload".
 */
#ifndef S3_PUT_MULTIPART_H
#define S3_PUT_MULTIPART_H

#include "base/list.h"
#include "base/util.h"
#include "s3/put/proof.h"

typedef struct s3_multipart s3_multipart;

typedef struct s3_part {
    s3_request request;
    s3_multipart *upload;
    unsigned number; /* from 1 */
    uint64_t offset, len;

    /* set by the source before s3_multipart_send */
    s3_checksum checksum; /* of its bytes; kind NONE: none */
    uint64_t crc;
    char sha256_hex[2 * SHA256_BYTES + 1]; /* "": not hashed */
    char range[64];                        /* buffer for a header */
    s3_bytes *bytes;                       /* bytes in memory, shared; or NULL */
    op *job;                               /* cancelled with the part */

    /* multipart.c's */
    buf query;
    char *etag;
    unsigned times; /* number of times it was sent again, because of its checksum */
    list_link link;
} s3_part;

/* Of a stored part. */
typedef struct s3_part_result {
    char *etag;
    uint64_t crc, len;
} s3_part_result;

typedef struct s3_part_source {
    const char *operation; /* "UploadPart" */
    const char *body_root; /* "CopyPartResult": the reply's body has ETag and checksum */
    /* Ends, at once or later, in s3_multipart_send or s3_multipart_fail. */
    void (*prepare)(void *ctx, s3_part *part);
} s3_part_source;

typedef enum s3_multipart_state {
    S3_MULTIPART_CREATE,
    S3_MULTIPART_PARTS,
    S3_MULTIPART_COMPLETE,
    S3_MULTIPART_CONFIRM,
    S3_MULTIPART_ABORT
} s3_multipart_state;

struct s3_multipart {
    /* the owner's, before s3_multipart_start */
    s3_client *client;
    const char *bucket, *key, *if_none_match, *if_match;
    const s3_headers *headers;
    const http_header *create_headers; /* of CreateMultipartUpload */
    size_t create_header_count;
    uint64_t size, part_bytes; /* both 0: parts come by s3_multipart_add */
    s3_checksum_kind checksum; /* a CRC sent with each part; NONE: none */
    s3_checksum expected;      /* of the whole, if known in advance; kind NONE: unknown */
    const s3_part_source *source;
    void (*on_progress)(void *ctx, uint64_t bytes); /* not NULL */
    void (*on_done)(void *ctx, const char *etag, const err *e);
    void (*on_gone)(void *ctx);
    void *ctx;

    /* multipart.c's */
    s3_request request; /* all but the parts */
    s3_multipart_state state;
    bool cancelled; /* no callbacks except on_gone */
    buf query, body;
    char *upload_id, *etag;
    s3_checksum whole;
    s3_proof proof;
    err doubt;         /* why replies of CompleteMultipartUpload confirm nothing */
    unsigned unproven; /* such replies */
    uint64_t began_ms;
    uint64_t sent;
    unsigned part_count, next_part;
    bool open;               /* s3_multipart_end has not been called */
    bool no_part_checksum;   /* it failed since a reply lacked the requested checksum */
    s3_part_result *results; /* one for each part */
    linked_list parts;       /* s3_part: in flight, or waiting for the id */
};

void s3_multipart_start(s3_multipart *m);
void s3_multipart_cancel(s3_multipart *m); /* calls on_gone, but not on_done */
void s3_multipart_free(s3_multipart *m);   /* cancels its requests; no callback */

/* For uploads of unknown size: adds the next part, whose bytes are shared; ends the parts. */
void s3_multipart_add(s3_multipart *m, s3_bytes *bytes);
void s3_multipart_end(s3_multipart *m);

/* For the source: initialises part->request, to get its body or headers; sends it. */
void s3_multipart_request(s3_part *part);
/* Stores the result of a hash task in the part: checksum, CRC, SHA-256. */
void s3_part_take_hash(s3_part *part, s3_hash_task *task);
void s3_multipart_send(s3_part *part);
void s3_multipart_fail(s3_part *part, const err *e);

/* A reply that bytes and checksum differ: hashing them again may help, sending them again does not.
 * For s3_request's on_refusal. */
bool s3_refuses_digest(void *ctx, const s3_reply *head);
/* Replaces *upload_id by the UploadId in a reply of CreateMultipartUpload. For
 * s3_request's on_check. */
bool s3_multipart_take_id(const s3_request *r, char **upload_id, err *e) MUST_USE;

/* --- between multipart.c (the upload) and multipart_part.c (its parts) --- */
void s3_multipart_parts_begin(s3_multipart *m); /* the upload has its id */
void s3_multipart_go_on(s3_multipart *m);       /* more parts, or the completion */
void s3_multipart_complete(s3_multipart *m);
void s3_multipart_finish(s3_multipart *m, const err *e); /* e NULL: success */
void s3_part_free(s3_part *part);

#endif
