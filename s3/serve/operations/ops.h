/* The S3 operations of the small server: one table row each.
 *
 * What:    a row has the method, kind of target, the query parameter that selects it, the kind of
 *          body, the function that implements it, and the parameters and headers that it supports:
 *          a request with others is refused with NotImplemented.
 * Owner:   as s3/serve/operations/exchange.h. Threads: as there.
 * Fails:   false with an err: the server replies with it.
 * Source:  Amazon S3 API Reference (2006-03-01).
 */
#ifndef S3_SERVE_OPERATIONS_OPS_H
#define S3_SERVE_OPERATIONS_OPS_H

#include "base/util.h"
#include "s3/serve/operations/exchange.h"

typedef enum op_scope { OP_SERVICE, OP_BUCKET, OP_OBJECT } op_scope;
typedef enum op_body {
    OP_BODY_NONE,
    OP_BODY_XML,
    OP_BODY_PARTS, /* XML; checksum headers refer to the object, not to the body */
    OP_BODY_FILE,
} op_body;

struct operation {
    const char *method;
    op_scope scope;
    const char *param;  /* required query parameter, or NULL */
    const char *header; /* required header, or NULL */
    op_body body;
    bool (*run)(exchange *x, err *e);
    const char *params, *headers; /* supported by this operation, in addition to the common ones;
                                     or NULL */
};

#define OPS_OWNER "000000000000" /* the account that owns the buckets */

/* Refuses with NotImplemented or MethodNotAllowed if there is none. */
const operation *operation_find(const char *method, const target *t, const exchange *x, err *e);

/* s3/serve/operations/supported.c */
/* Refuses unsupported parameters and headers. */
bool op_check_supported(const exchange *x, err *e) MUST_USE;
/* Presigned URLs have signed headers as parameters: converts them to headers. */
void op_hoist_params(exchange *x);

/* s3/serve/operations/ops_bucket.c */
bool op_list_buckets(exchange *x, err *e);
bool op_create_bucket(exchange *x, err *e);
bool op_head_bucket(exchange *x, err *e);
bool op_delete_bucket(exchange *x, err *e);
bool op_bucket_location(exchange *x, err *e);
bool op_delete_objects(exchange *x, err *e);
/* s3/serve/operations/ops_list.c */
bool op_list_objects(exchange *x, err *e);
/* s3/serve/operations/ops_versioning.c */
bool op_get_versioning(exchange *x, err *e);
bool op_put_versioning(exchange *x, err *e);
/* The parameter versionId; *version NULL: none. */
bool op_version(const exchange *x, const char **version, err *e) MUST_USE;
/* In a bucket with versioning. */
void op_add_version_header(exchange *x, const object_meta *meta);
/* Headers of a reply for a deleted object. */
void op_add_marker_headers(exchange *x, const char *id);
/* s3/serve/operations/ops_list_versions.c */
bool op_list_versions(exchange *x, err *e);
/* s3/serve/operations/ops_object.c */
bool op_get_object(exchange *x, err *e); /* HEAD too */
bool op_put_object(exchange *x, err *e);
bool op_delete_object(exchange *x, err *e);
/* Refuses objects whose storage class must be restored before reading. */
bool op_check_readable(const object_meta *meta, err *e) MUST_USE;
bool op_write_condition(const exchange *x, commit_condition *out, err *e) MUST_USE;
/* s3/serve/operations/conditions.c */
typedef enum read_condition { READ_GO, READ_NOT_MODIFIED, READ_FAILED } read_condition;
/* RFC 9110, section 13.2.2, with the four headers under this prefix ("" or "x-amz-copy-source-"). */
read_condition op_read_condition(const exchange *x, const char *prefix, const object_meta *meta);
/* False if If-Range names another version: Range is then ignored. */
bool op_range_holds(const exchange *x, const object_meta *meta);
/* s3/serve/operations/ops_tagging.c */
bool op_get_tagging(exchange *x, err *e);
bool op_put_tagging(exchange *x, err *e);
bool op_delete_tagging(exchange *x, err *e);
/* x-amz-tagging of the request, if present. */
bool op_keep_tags(const exchange *x, object_meta *meta, err *e) MUST_USE;
/* s3/serve/operations/ops_copy.c */
bool op_copy_object(exchange *x, err *e);
bool op_copy_part(exchange *x, err *e);
/* s3/serve/operations/stored_headers.c: headers stored with an object (Content-Type, x-amz-meta-*,
 * ..) */
bool op_keep_headers(const exchange *x, object_meta *meta, err *e) MUST_USE;
/* Applies the response-* parameters, which override stored headers. */
bool op_add_kept_headers(exchange *x, const object_meta *meta, err *e) MUST_USE;
/* only the headers of encryption */
void op_add_encryption_headers(exchange *x, const object_meta *meta);
void op_add_checksum_headers(exchange *x, const object_meta *meta);
void op_append_checksum(buf *body, const object_meta *meta); /* the same as XML */
const char *op_checksum_type(const object_meta *meta);
/* Whether the request has the customer's key (SSE-C) that the object was written with. */
bool op_check_reader_key(const exchange *x, const object_meta *meta, bool is_copy_source, err *e)
    MUST_USE;
/* s3/serve/operations/ops_upload.c */
bool op_create_upload(exchange *x, err *e);
/* The request's part number, and the settings of its upload. */
bool op_part_request(const exchange *x, unsigned *number, object_meta *upload, err *e) MUST_USE;
bool op_upload_part(exchange *x, err *e);
bool op_complete_upload(exchange *x, err *e);
bool op_abort_upload(exchange *x, err *e);
bool op_list_parts(exchange *x, err *e);
bool op_list_uploads(exchange *x, err *e);

#endif
