/* Download, upload and copy of objects. Included by decon/s3/s3.h.
 *
 * What:    s3_get downloads one version by parallel ranges, verified and resumable; s3_put uploads
 *          in one request or in parts, with a checksum; s3_copy copies inside the store, at any
 *          size.
 * Owner:   option structs and their strings are copied; file descriptors and data remain the
 *          caller's and must be valid until on_done or s3_op_cancel.
 * Threads: the transport's; file bodies are hashed by s3_config.pool if set.
 * Fails:   by the err given to on_done. DECON_ERR_S3_CHECKSUM: the bytes do not match the object,
 *          also on retry. DECON_ERR_S3_CHANGED: the object was replaced. DECON_ERR_S3_ARCHIVED: it
 *          must be restored first.
 */
#ifndef DECON_S3_OBJECTS_H
#define DECON_S3_OBJECTS_H

#include "decon/s3/checksum.h"
#include "decon/s3/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_client s3_client;
typedef struct decon_op s3_op; /* an operation in progress */

/* --- download --- */
typedef struct s3_get_result {
    uint64_t size_bytes;
    int64_t last_modified_s;
    const char *etag;        /* borrowed; or NULL */
    s3_checksum_kind proven; /* the checksum that was verified; NONE: only the length */
    uint64_t kept_bytes;     /* reused from an earlier run, not downloaded again */
} s3_get_result;

typedef struct s3_get_options {
    const char *bucket, *key;
    const char *etag; /* expected version: another one fails with DECON_ERR_S3_CHANGED; or NULL */
    const char *version_id; /* of a bucket with versioning; NULL: the current version */
    bool size_known;        /* size_bytes is known */
    uint64_t size_bytes;
    int fd; /* open for reading and writing; written with pwrite at the object's offsets */
    /* If set: the ranges in the file are recorded in this file, and a later s3_get of the same
     * version resumes from them (open the data file without O_TRUNC). Removed when the object is
     * complete; kept if the download fails or is cancelled. */
    const char *resume_path;
    int resume_root_fd; /* directory that resume_path is relative to, without following links
                           (fs_below.h); 0: resume_path is an ordinary path */
    /* If set, together with `etag` and the size: the file has the whole object, from an earlier
     * run. It is verified like a download, and downloaded again (on_restart) if it does not
     * match. */
    bool file_is_whole;
    /* If set, bytes are passed in order instead of being written (one range at a time, no file):
     * for `cat`. They are verified after the last one. */
    bool (*on_data)(void *ctx, decon_slice data, decon_err *e);
    /* The first `prefix_bytes` of the object are in the file; for readers that follow. */
    void (*on_progress)(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes);
    /* If not 0: a reader follows the prefix and reports its position (s3_get_read_to,
     * s3_get_read_end). The bytes that it reads in about 50 ms: ranges are short and do not start
     * far beyond the reader's position, so that little is left to read after the last byte. The
     * reader must be able to proceed with 1/32 of it. */
    uint64_t ahead_bytes;
    /* All bytes are in the file; the checksum is verified next. May be NULL. */
    void (*on_loaded)(void *ctx, uint64_t size_bytes);
    /* Called before bytes in the file are downloaded again (the object changed, or the bytes do not
     * match it); readers start over. May be NULL. */
    void (*on_restart)(void *ctx);
    void (*on_done)(void *ctx, const s3_get_result *result, const decon_err *error);
    void *ctx;
} s3_get_options;
s3_op *s3_get(s3_client *c, const s3_get_options *options);
/* Bytes of an earlier run that were in the file at the start. */
uint64_t s3_get_kept_bytes(const s3_op *get);

/* For a reader that follows (ahead_bytes). The reader hashes what it reads, so that the file is not
 * read a second time for the checksum. The algorithm is known at the first call of on_progress;
 * NONE: no hash is needed. */
s3_checksum_kind s3_get_reader_kind(const s3_op *get);
/* All bytes before `offset_bytes` were read. */
void s3_get_read_to(s3_op *get, uint64_t offset_bytes);
/* The whole object was read, and `found` is its checksum; NULL: the reader stopped, and the
 * download continues without it. Must not be called from on_loaded; on_done may be called before
 * this returns. */
void s3_get_read_end(s3_op *get, const s3_checksum *found);

/* Some bytes of an object, in order and of one version; no checksum covers them. */
typedef struct s3_get_slice_options {
    const char *bucket, *key;
    const char *version_id; /* NULL: the current version */
    bool from_end;          /* the last len_bytes of the object; offset_bytes is not used */
    uint64_t offset_bytes, len_bytes; /* len_bytes 0: to the end */
    bool (*on_data)(void *ctx, decon_slice data, decon_err *e);
    void (*on_done)(void *ctx, const decon_err *error);
    void *ctx;
} s3_get_slice_options;
s3_op *s3_get_slice(s3_client *c, const s3_get_slice_options *options);

/* --- upload: PutObject, or a multipart upload from one part size --- Success: the store's reply had
 * an ETag, or HeadObject returned the size and checksum that were sent. */
typedef struct s3_put_result {
    const char *etag;     /* borrowed */
    s3_checksum checksum; /* of the whole object, as sent; kind NONE: none was sent */
} s3_put_result;

typedef struct s3_put_options {
    const char *bucket, *key;
    decon_slice data;          /* borrowed until on_done; used when `fd` is -1 */
    int fd;                    /* a regular file, read with pread; remains the caller's; -1: data */
    uint64_t size_bytes;       /* of the file */
    const char *content_type;  /* NULL: binary/octet-stream */
    const char *if_none_match; /* "*": only if the object does not exist; NULL: always */
    const char *if_match;      /* only if the object has this ETag; NULL: always */
    const s3_headers *headers; /* copied; NULL: the client's */
    /* More headers: Cache-Control, x-amz-meta-..., x-amz-acl; copied. */
    const decon_http_header *fields;
    size_t field_count;
    void (*on_progress)(void *ctx, uint64_t sent_bytes);
    void (*on_done)(void *ctx, const s3_put_result *result, const decon_err *error);
    void *ctx;
} s3_put_options;
s3_op *s3_put(s3_client *c, const s3_put_options *options);

/* --- copy inside the store: CopyObject, UploadPartCopy above 5 GiB --- */
typedef struct s3_copy_options {
    const char *from_bucket, *from_key;
    const char *from_version_id; /* of a bucket with versioning; NULL: the current version */
    const char *from_etag; /* expected ETag of the source; NULL: the current one at the start */
    bool size_known;       /* saves a request for large objects */
    uint64_t size_bytes;
    /* If set and from_etag is not: gets the source's ETag, from a HeadObject before the copy. */
    void (*on_pinned)(void *ctx, const char *etag);
    const char *to_bucket, *to_key;
    const char *if_none_match;       /* as in s3_put */
    const s3_headers *headers;       /* as in s3_put */
    const decon_http_header *fields; /* instead of the source's */
    size_t field_count;
    bool fields_only; /* none of the source's are copied */
    const char *tags; /* as x-amz-tagging has them; "": none; NULL: the source's */
    void (*on_progress)(void *ctx, uint64_t copied_bytes); /* may be NULL */
    void (*on_done)(void *ctx, const decon_err *error);
    void *ctx;
} s3_copy_options;
/* Content headers, user metadata and tags are copied, storage class and encryption are not. Above 5
 * GiB the copy's checksum is compared with the source's, if that covers the whole object. */
s3_op *s3_copy(s3_client *c, const s3_copy_options *options);

#ifdef __cplusplus
}
#endif

#endif
