/* The S3 operations of the small server: one table row each.
 *
 * What:    a row is method, kind of target, the query parameter that tells it from its siblings,
 *          what its body is, and the function that carries it out and replies.
 * Owner:   as s3/serve/exchange.h. Threads: as there.
 * Fails:   false with an err: the server replies with it.
 * Source:  Amazon S3 API Reference (2006-03-01).
 */
#ifndef S3_SERVE_OPS_H
#define S3_SERVE_OPS_H

#include "s3/serve/exchange.h"

typedef enum op_scope { OP_SERVICE, OP_BUCKET, OP_OBJECT } op_scope;
typedef enum op_body { OP_BODY_NONE, OP_BODY_XML, OP_BODY_FILE } op_body;

struct operation {
    const char *method;
    op_scope scope;
    const char *param;  /* query parameter that must be there, or NULL */
    const char *header; /* header that must be there, or NULL */
    op_body body;
    bool (*run)(exchange *x, err *e);
};

/* NotImplemented or MethodNotAllowed where there is none. */
const operation *operation_find(const char *method, const target *t, const exchange *x, err *e);

/* s3/serve/ops_bucket.c */
bool op_list_buckets(exchange *x, err *e);
bool op_create_bucket(exchange *x, err *e);
bool op_head_bucket(exchange *x, err *e);
bool op_delete_bucket(exchange *x, err *e);
bool op_bucket_location(exchange *x, err *e);
bool op_delete_objects(exchange *x, err *e);
/* s3/serve/ops_list.c */
bool op_list_objects(exchange *x, err *e);
/* s3/serve/ops_object.c */
bool op_get_object(exchange *x, err *e); /* HEAD too */
bool op_put_object(exchange *x, err *e);
bool op_delete_object(exchange *x, err *e);
bool op_copy_object(exchange *x, err *e);
/* The headers that an object keeps: Content-Type, x-amz-meta-*, .. */
bool op_keep_headers(const exchange *x, object_meta *meta, err *e) MUST_USE;
/* s3/serve/ops_upload.c */
bool op_create_upload(exchange *x, err *e);
bool op_upload_part(exchange *x, err *e);
bool op_complete_upload(exchange *x, err *e);
bool op_abort_upload(exchange *x, err *e);
bool op_list_parts(exchange *x, err *e);
bool op_list_uploads(exchange *x, err *e);

#endif
