#include "base/util.h"
#include "s3/serve/operations/ops.h"

/* Parameters and headers that several rows list; see s3/serve/operations/supported.c. */
#define CUSTOMER  "x-amz-server-side-encryption-customer-*"
#define CHECKSUMS "x-amz-checksum-*"
#define STORED                                                                                     \
    "x-amz-meta-* x-amz-acl x-amz-storage-class x-amz-tagging x-amz-website-redirect-location "    \
    "x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id "                    \
    "x-amz-server-side-encryption-bucket-key-enabled " CUSTOMER
#define SOURCE                                                                                     \
    "x-amz-copy-source x-amz-copy-source-if-* x-amz-source-expected-bucket-owner "                 \
    "x-amz-copy-source-server-side-encryption-customer-*"
#define CONDITION "If-Match If-None-Match"
#define RESPONSE                                                                                   \
    "response-content-type response-content-language response-expires response-cache-control "     \
    "response-content-disposition response-content-encoding"
#define READ "partNumber versionId " RESPONSE

static const operation operations[] = {
    /* The first matching row applies: rows with a parameter or header precede those without. */
    {"GET", OP_SERVICE, NULL, NULL, OP_BODY_NONE, op_list_buckets,
     "prefix max-buckets continuation-token", NULL},

    {"PUT", OP_BUCKET, "versioning", NULL, OP_BODY_XML, op_put_versioning, NULL, CHECKSUMS},
    {"PUT", OP_BUCKET, NULL, NULL, OP_BODY_XML, op_create_bucket, NULL,
     "x-amz-acl x-amz-object-ownership"},
    {"HEAD", OP_BUCKET, NULL, NULL, OP_BODY_NONE, op_head_bucket, NULL, NULL},
    {"DELETE", OP_BUCKET, NULL, NULL, OP_BODY_NONE, op_delete_bucket, NULL, NULL},
    {"GET", OP_BUCKET, "location", NULL, OP_BODY_NONE, op_bucket_location, NULL, NULL},
    {"GET", OP_BUCKET, "versioning", NULL, OP_BODY_NONE, op_get_versioning, NULL, NULL},
    {"GET", OP_BUCKET, "versions", NULL, OP_BODY_NONE, op_list_versions,
     "prefix delimiter max-keys key-marker version-id-marker encoding-type", NULL},
    {"GET", OP_BUCKET, "uploads", NULL, OP_BODY_NONE, op_list_uploads,
     "prefix delimiter key-marker upload-id-marker max-uploads encoding-type", NULL},
    {"GET", OP_BUCKET, "list-type", NULL, OP_BODY_NONE, op_list_objects,
     "prefix delimiter max-keys continuation-token start-after encoding-type fetch-owner", NULL},
    {"GET", OP_BUCKET, NULL, NULL, OP_BODY_NONE, op_list_objects,
     "prefix delimiter max-keys marker encoding-type", NULL},
    {"POST", OP_BUCKET, "delete", NULL, OP_BODY_XML, op_delete_objects, NULL, CHECKSUMS},

    {"GET", OP_OBJECT, "uploadId", NULL, OP_BODY_NONE, op_list_parts,
     "max-parts part-number-marker", CUSTOMER},
    {"GET", OP_OBJECT, "tagging", NULL, OP_BODY_NONE, op_get_tagging, "versionId", NULL},
    {"PUT", OP_OBJECT, "tagging", NULL, OP_BODY_XML, op_put_tagging, "versionId", CHECKSUMS},
    {"DELETE", OP_OBJECT, "tagging", NULL, OP_BODY_NONE, op_delete_tagging, "versionId", NULL},
    {"GET", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_get_object, READ,
     "x-amz-checksum-mode " CUSTOMER},
    {"HEAD", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_get_object, READ,
     "x-amz-checksum-mode " CUSTOMER},
    {"PUT", OP_OBJECT, "uploadId", "x-amz-copy-source", OP_BODY_NONE, op_copy_part, "partNumber",
     SOURCE " x-amz-copy-source-range " CUSTOMER},
    {"PUT", OP_OBJECT, "uploadId", NULL, OP_BODY_FILE, op_upload_part, "partNumber",
     CHECKSUMS " " CUSTOMER},
    {"PUT", OP_OBJECT, NULL, "x-amz-copy-source", OP_BODY_NONE, op_copy_object, NULL,
     SOURCE " " STORED " " CONDITION
            " x-amz-metadata-directive x-amz-tagging-directive x-amz-checksum-algorithm"},
    {"PUT", OP_OBJECT, NULL, NULL, OP_BODY_FILE, op_put_object, NULL,
     CHECKSUMS " " STORED " " CONDITION},
    {"POST", OP_OBJECT, "uploads", NULL, OP_BODY_NONE, op_create_upload, NULL,
     STORED " x-amz-checksum-algorithm x-amz-checksum-type"},
    {"POST", OP_OBJECT, "uploadId", NULL, OP_BODY_PARTS, op_complete_upload, NULL,
     CHECKSUMS " x-amz-mp-object-size " CUSTOMER " " CONDITION},
    {"DELETE", OP_OBJECT, "uploadId", NULL, OP_BODY_NONE, op_abort_upload, NULL, NULL},
    {"DELETE", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_delete_object, "versionId", CONDITION},
};

static op_scope scope_of(const target *t)
{
    return !t->bucket ? OP_SERVICE : t->key.len == 0 ? OP_BUCKET : OP_OBJECT;
}

/* Methods of S3 that are not in the table. */
static bool is_of_s3(const char *method)
{
    return str_equal(method, "POST") || str_equal(method, "OPTIONS") || str_equal(method, "PUT") ||
           str_equal(method, "DELETE");
}

const operation *operation_find(const char *method, const target *t, const exchange *x, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        const operation *o = &operations[i];
        if (str_equal(o->method, method) && o->scope == scope_of(t) &&
            (!o->param || target_param(t, o->param)) &&
            (!o->header || exchange_header(x, o->header)))
            return o;
    }
    s3_refuse(e, is_of_s3(method) ? REFUSE_NOT_IMPLEMENTED : REFUSE_METHOD_NOT_ALLOWED);
    return NULL;
}
