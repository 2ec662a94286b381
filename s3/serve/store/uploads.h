/* Multipart uploads in the store's directory.
 *
 * What:    ROOT/uploads/<bucket>/<id>/ has `key`, `meta` (an object file without data) and one
 *          object file per part, `00001` to `10000`. One rename creates it, and one ends it.
 * Owner:   upload_ref borrows all that it points to.
 * Threads: any at once, as s3/serve/store/store.h.
 * Fails:   s3_refuse (NoSuchUpload, InvalidPart, EntityTooSmall, ...), ERR_IO.
 * Source:  Amazon S3 User Guide, "Uploading and copying objects using multipart upload".
 */
#ifndef S3_SERVE_STORE_UPLOADS_H
#define S3_SERVE_STORE_UPLOADS_H

#include "base/util.h"
#include "s3/serve/store/store.h"

#define UPLOAD_ID_SIZE       33
#define UPLOAD_PARTS_MAX     10000
#define UPLOAD_PART_MIN_SIZE (5 * 1024 * 1024) /* of all parts except the last */

typedef struct upload_ref {
    store *store;
    const char *bucket;
    slice key;
    const char *id;
} upload_ref;

typedef struct upload_part {
    unsigned number;
    char etag[80];                     /* from the client's list: with or without quotes */
    char checksum[CHECKSUM_TEXT_SIZE]; /* from the client's list, or empty */
    checksum_kind checksum_kind;       /* of that */
} upload_part;

/* The client's request to complete an upload. */
typedef struct upload_ending {
    const upload_part *parts;
    size_t count;
    commit_condition condition;
    sent_checksum sent; /* of the whole object */
    bool size_known;
    uint64_t size_bytes;
} upload_ending;

bool upload_create(store *s, const char *bucket, slice key, object_meta *meta,
                   char id[UPLOAD_ID_SIZE], err *e) MUST_USE;
bool upload_check(const upload_ref *u, err *e) MUST_USE; /* it exists, and is for this key */
/* Settings of the new object; checksum_kind and composite are the upload's. */
bool upload_meta_read(const upload_ref *u, object_meta *meta, err *e) MUST_USE;
bool upload_put_part(const upload_ref *u, unsigned number, incoming *in, object_meta *meta, err *e)
    MUST_USE;
int upload_part_open(const upload_ref *u, unsigned number, object_meta *meta, err *e)
    MUST_USE; /* -1: NoSuchKey, .. */
/* Joins the listed parts to the object; *meta receives the committed metadata. */
bool upload_complete(const upload_ref *u, const upload_ending *ending, object_meta *meta, err *e)
    MUST_USE;
bool upload_abort(const upload_ref *u, err *e) MUST_USE;

/* Parts in order of number. */
bool upload_each_part(const upload_ref *u,
                      bool (*each)(void *ctx, unsigned number, const object_meta *meta, err *e),
                      void *ctx, err *e) MUST_USE;

typedef struct upload_info {
    char *key;
    char id[UPLOAD_ID_SIZE];
    int64_t initiated_s;
} upload_info;

typedef struct upload_list {
    upload_info *items;
    size_t count, capacity;
} upload_list;

/* All uploads of a bucket in progress, by key. */
bool upload_list_read(store *s, const char *bucket, upload_list *out, err *e) MUST_USE;
void upload_list_deinit(upload_list *list);
DEFINE_AUTO(upload_list, upload_list_deinit)

#endif
