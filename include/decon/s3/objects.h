/* Objects down, up and across: a part of the library's public face (include/decon/s3/s3.h includes it).
 *
 * What:    s3_get by parallel ranges pinned to one version, verified, resumable; s3_put in one
 *          request or in parts, with a checksum; s3_copy inside the store, of any size.
 * Owner:   option structs are copied, their strings too; descriptors and data stay the caller's and
 *          are needed until on_done or s3_op_cancel.
 * Threads: the transport's; file bodies are hashed by s3_config.pool where there is one.
 * Fails:   by the err given to on_done; DECON_ERR_S3_CHECKSUM where the bytes are not the object's even
 *          when loaded again, DECON_ERR_S3_CHANGED where the object is another one, DECON_ERR_S3_ARCHIVED.
 */
#ifndef DECON_S3_OBJECTS_H
#define DECON_S3_OBJECTS_H

#include "decon/s3/checksum.h"
#include "decon/s3/config.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_client s3_client;
typedef struct decon_op s3_op; /* an operation under way */

/* --- one object down --- */
typedef struct s3_get_result {
    uint64_t size_bytes;
    int64_t last_modified_s;
    const char *etag;        /* lent; or NULL */
    s3_checksum_kind proven; /* what the bytes were held against; NONE: the lengths only */
    uint64_t kept_bytes;     /* of an earlier run, not loaded again */
} s3_get_result;

typedef struct s3_get_options {
    const char *bucket, *key;
    const char *etag; /* as listed: a change since then fails with DECON_ERR_S3_CHANGED; or NULL */
    bool size_known;  /* size_bytes is as listed */
    uint64_t size_bytes;
    int fd; /* opened for reading and writing; written with pwrite at the object's own offsets */
    /* Where set: which ranges are in the file is kept under this name beside it, so that a later
     * s3_get of the same version goes on from there (open the file without O_TRUNC). Removed when
     * the object is whole; left where the download failed or was cancelled. */
    const char *resume_path;
    int resume_root_fd; /* the directory that resume_path is below, without links (fs_below.h); 0:
                           resume_path is an ordinary path */
    /* Where set, with `etag` and the size: the file holds the whole object, as an earlier run left
     * it. It is verified like fresh bytes, and loaded again (on_restart) where it is not the
     * object's. */
    bool file_is_whole;
    /* Or, where set, bytes are handed over in order instead of being written (one range at a
     * time, no file): for `cat`. They are verified when the last one came. */
    bool (*on_data)(void *ctx, decon_slice data, decon_err *e);
    /* The first `prefix_bytes` of the object are in the file: grows, for readers that follow. */
    void (*on_progress)(void *ctx, uint64_t prefix_bytes, uint64_t received_bytes);
    /* Not 0: a reader follows the prefix, and tells how far it is (s3_get_read_to, _read_end).
     * What it reads in some 50 ms, so that little is left to read when the last byte comes: ranges
     * are short, and none begins far beyond what it has read. A 32nd of it has to be enough for it
     * to read on. */
    uint64_t ahead_bytes;
    /* All bytes are in the file, and held against the checksum next. May be NULL. */
    void (*on_loaded)(void *ctx, uint64_t size_bytes);
    /* Called before bytes that are in the file already are loaded afresh (the object changed, or
     * they are not the object's); readers start over. May be NULL. */
    void (*on_restart)(void *ctx);
    void (*on_done)(void *ctx, const s3_get_result *result, const decon_err *error);
    void *ctx;
} s3_get_options;
s3_op *s3_get(s3_client *c, const s3_get_options *options);
/* Bytes that were in the file already when it began: of an earlier run. */
uint64_t s3_get_kept_bytes(const s3_op *get);

/* For the reader that follows (ahead_bytes). The file is not read a second time for the object's
 * checksum: the reader hashes what it reads. By which kind is known when on_progress tells of a
 * first byte; NONE: it need not. */
s3_checksum_kind s3_get_reader_kind(const s3_op *get);
/* All before `offset_bytes` is read. */
void s3_get_read_to(s3_op *get, uint64_t offset_bytes);
/* All of the object is read, and `found` is its checksum; NULL: the reader gave up, and the rest
 * comes without it. Not from on_loaded; on_done may come before it returns. */
void s3_get_read_end(s3_op *get, const s3_checksum *found);

/* --- one object up: PutObject, or multipart from a part size upwards ---
 * Without an error the object is there: the store's reply had an ETag, or HeadObject found the object
 * with the size and checksum that were sent. */
typedef struct s3_put_result {
    const char *etag;     /* lent */
    s3_checksum checksum; /* of the whole object, as sent; kind NONE: none was sent */
} s3_put_result;

typedef struct s3_put_options {
    const char *bucket, *key;
    decon_slice data;          /* borrowed until on_done; used when `fd` is -1 */
    int fd;                    /* a regular file, read with pread; stays the caller's; -1: data */
    uint64_t size_bytes;       /* of the file */
    const char *content_type;  /* NULL: binary/octet-stream */
    const char *if_none_match; /* "*": only where no object stands yet; NULL: always */
    const char *if_match;      /* only over the object with this etag; NULL: always */
    const s3_headers *headers; /* copied; NULL: the client's */
    const decon_http_header
        *fields; /* more of the object: Cache-Control, x-amz-meta-..., x-amz-acl; copied */
    size_t field_count;
    void (*on_progress)(void *ctx, uint64_t sent_bytes);
    void (*on_done)(void *ctx, const s3_put_result *result, const decon_err *error);
    void *ctx;
} s3_put_options;
s3_op *s3_put(s3_client *c, const s3_put_options *options);

/* --- one object across, inside the store: CopyObject, UploadPartCopy beyond 5 GiB --- */
typedef struct s3_copy_options {
    const char *from_bucket, *from_key;
    const char *from_etag; /* pins the source; NULL: whatever stands there when it begins */
    bool size_known;       /* saves a request for large ones */
    uint64_t size_bytes;
    /* Where set, and from_etag is not: the source is looked at first, pinned, and its ETag told. */
    void (*on_pinned)(void *ctx, const char *etag);
    const char *to_bucket, *to_key;
    const char *if_none_match;       /* as of s3_put */
    const s3_headers *headers;       /* as of s3_put */
    const decon_http_header *fields; /* in place of the source's */
    size_t field_count;
    bool fields_only;                                      /* and none of the source's */
    void (*on_progress)(void *ctx, uint64_t copied_bytes); /* may be NULL */
    void (*on_done)(void *ctx, const decon_err *error);
    void *ctx;
} s3_copy_options;
/* Content headers, user metadata and tags come along, storage class and encryption do not. Beyond 5
 * GiB the copy is held against the source's checksum, where that is one of the whole. */
s3_op *s3_copy(s3_client *c, const s3_copy_options *options);

#ifdef __cplusplus
}
#endif

#endif
