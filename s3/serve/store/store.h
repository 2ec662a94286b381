/* Buckets and objects in a directory.
 *
 * What:    ROOT/buckets/<bucket>/<layout of key>: one file per object, STORE_HEADER_BYTES of
 *          metadata (lines of text, then a hole) and then the data: one rename replaces both.
 *          ROOT/uploads/<bucket>/<id>/: multipart uploads (s3/serve/store/uploads.h).
 *          ROOT/versioning/, ROOT/versions/: other versions (s3/serve/store/versions.h).
 *          ROOT/tmp/: bodies being received; leftovers are removed at the start.
 *          A ROOT with other files is a folder of files: its folders are buckets. It is read-only
 *          or, if adopted, has ROOT/.decon-s3/ with uploads, tmp, and separate files of metadata,
 *          each bound to inode, size and time of its object's file.
 * Owner:   store_open / store_close; ROOT is locked in between. An incoming body is a value
 *          with incoming_deinit, which removes it unless it was committed.
 * Threads: any, concurrently. Readers take no lock (an open file is a snapshot); names are changed
 *          under one mutex, so that preconditions are atomic with the change.
 * Fails:   s3_refuse for errors of the client, ERR_IO and others for errors of the server.
 */
#ifndef S3_SERVE_STORE_STORE_H
#define S3_SERVE_STORE_STORE_H

#include "base/util.h"
#include "s3/serve/protocol/checksum.h"
#include "s3/serve/store/part_sizes.h"
#include "s3/serve/protocol/error.h"

/* Enough for the largest set of tags and the other metadata. Files of older versions
 * have 4,096 bytes. */
#define STORE_HEADER_BYTES 32768
#define VERSION_ID_SIZE    33
#define STORE_TAGS_SIZE    16384 /* 10 tags of 128 + 256 characters of 4 bytes, separators, NUL */

typedef struct store store;

store *store_open(const char *root, err *e) MUST_USE; /* a folder of files: read-only */
/* A folder of files may be changed. */
store *store_open_adopted(const char *root, err *e) MUST_USE;
void store_close(store *s);
DEFINE_AUTO_PTR(store, store_close)

const char *store_state(const store *s); /* folder of the server's own data */
bool store_is_folder(const store *s);    /* objects are plain files: s3/serve/store/folder.h */
bool store_is_read_only(const store *s);
char *store_buckets_path(const store *s) MUST_USE;
char *store_bucket_path(const store *s, const char *bucket) MUST_USE;
char *store_uploads_path(const store *s, const char *bucket) MUST_USE; /* NULL: of all buckets */
void store_lock(store *s);
void store_unlock(store *s);

/* --- buckets --- */
bool store_bucket_check(const store *s, const char *bucket, err *e) MUST_USE; /* it exists */
bool store_bucket_create(store *s, const char *bucket, err *e) MUST_USE;
bool store_bucket_remove(store *s, const char *bucket, err *e) MUST_USE;

/* --- objects --- */
typedef struct object_meta {
    uint64_t size_bytes;
    int64_t modified_s;
    char etag[80]; /* with its quotes */
    checksum_kind checksum_kind;
    bool composite;                    /* the checksum covers the parts' checksums */
    char checksum[CHECKSUM_TEXT_SIZE]; /* or empty */
    char headers[3000]; /* lines "content-type: text/plain\n" to be returned with the object */
    char parts[PART_SIZES_MAX];    /* of a multipart object; empty: a single part, or unknown */
    char tags[STORE_TAGS_SIZE];    /* "key=value&key=value", see s3/serve/protocol/tags.h */
    char version[VERSION_ID_SIZE]; /* empty: the version `null` */
    bool is_marker;                /* a delete marker */
    uint64_t data_offset;          /* in its file */
    uint64_t file_inode;           /* of a folder's file; 0: metadata and data are in one file */
    int64_t file_changed_ns;
} object_meta;

/* A stored header; names in any case. */
bool object_meta_header(const object_meta *meta, const char *name, slice *value);

/* The descriptor's position is undefined: data begins at meta->data_offset. NoSuchKey when absent. */
int store_object_open(const store *s, const char *bucket, slice key, object_meta *meta, err *e)
    MUST_USE;
bool store_object_stat(const store *s, const char *bucket, slice key, object_meta *meta, err *e)
    MUST_USE;

/* --- received bodies --- */
typedef struct incoming {
    int fd; /* -1 while not open */
    char *temp_path;
    uint64_t data_offset; /* in the file */
    uint64_t size_bytes;
    digest_ctx md5;
} incoming;

bool incoming_open(store *s, incoming *in, err *e) MUST_USE;      /* of an object */
bool incoming_open_part(store *s, incoming *in, err *e) MUST_USE; /* of a part or metadata alone */
bool incoming_write(incoming *in, slice data, err *e) MUST_USE;
/* A range of another object's data. */
typedef struct file_range {
    int fd;
    uint64_t offset, len_bytes; /* in the file: from the object's data_offset on */
    bool with_md5;              /* also added to the MD5 */
    checksum *sum;              /* also added to this checksum; or NULL */
} file_range;
bool incoming_append_file(incoming *in, const file_range *from, err *e) MUST_USE;
void incoming_deinit(incoming *in);
DEFINE_AUTO(incoming, incoming_deinit)

typedef struct commit_condition {
    const char *if_match;      /* ETags, one of which the object must have; "*": any; or NULL */
    const char *if_none_match; /* "*": no object may exist; or NULL */
} commit_condition;

/* An If-Match or If-None-Match list: "*", or ETags with or without quotes. */
bool etag_listed(const char *list, const char *etag);

/* The same for one version; `version` NULL: the current one. NoSuchVersion when absent. */
int store_version_open(store *s, const char *bucket, slice key, const char *version,
                       object_meta *meta, err *e) MUST_USE;

typedef struct object_removal {
    const char *version;        /* NULL: the object, which a marker then covers in a bucket with
                                   versioning */
    commit_condition condition; /* for the current object */
    /* result */
    char id[VERSION_ID_SIZE]; /* of the removed version, or of the new marker; empty: neither */
    bool is_marker;           /* a marker was created, or removed */
} object_removal;
/* Succeeds if the object does not exist. */
bool store_object_remove(store *s, const char *bucket, slice key, object_removal *r, err *e)
    MUST_USE;
/* Writes the metadata (sets size and time) and moves the body to its final path. */
bool store_object_commit(store *s, const char *bucket, slice key, incoming *in, object_meta *meta,
                         const commit_condition *condition, err *e) MUST_USE;
/* The same for callers that have locked the store. */
bool store_object_commit_locked(store *s, const char *bucket, slice key, incoming *in,
                                object_meta *meta, const commit_condition *condition, err *e)
    MUST_USE;

/* Replaces the tags; everything else is kept, including LastModified. `version` as above. */
bool store_object_retag(store *s, const char *bucket, slice key, const char *version,
                        const char *tags, err *e) MUST_USE;

/* File format of objects and parts; also used by uploads. */
bool object_file_write_meta(incoming *in, object_meta *meta, err *e) MUST_USE;
/* The same with the size and time in *meta. */
bool object_file_write_block(int fd, const object_meta *meta, err *e) MUST_USE;
int object_file_open(const char *path, object_meta *meta, err *e) MUST_USE; /* -1: NoSuchKey, .. */

#endif
