/* Multipart uploads in progress, neither completed nor aborted: their parts cost storage.
 *
 * What:    s3_list_uploads lists all pages; s3_abort_upload aborts one upload.
 * Owner:   as all operations of include/decon/s3/s3.h; the callback borrows its arguments.
 * Threads: the transport's.
 * Fails:   by the err given to on_done, as in include/decon/s3/s3.h. An upload that does not exist
 *          (NoSuchUpload) counts as aborted.
 * Sources: Amazon S3 API Reference, ListMultipartUploads, AbortMultipartUpload.
 */
#ifndef DECON_S3_UPLOADS_H
#define DECON_S3_UPLOADS_H

#include "decon/s3/s3.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct s3_upload {
    const char *key, *upload_id;
    int64_t initiated_s; /* 0: not in the reply */
} s3_upload;

typedef struct s3_list_uploads_options {
    const char *bucket;
    const char *prefix; /* NULL: all */
    /* In the store's order. false ends the listing with the error that was set
     * (DECON_ERR_CANCELLED: without an error). */
    bool (*on_upload)(void *ctx, const s3_upload *upload, decon_err *e);
    void (*on_done)(void *ctx, const decon_err *error); /* error NULL: the listing is complete */
    void *ctx;
} s3_list_uploads_options;
s3_op *s3_list_uploads(s3_client *c, const s3_list_uploads_options *options);

s3_op *s3_abort_upload(s3_client *c, const char *bucket, const char *key, const char *upload_id,
                       s3_done done, void *ctx);

#ifdef __cplusplus
}
#endif

#endif
