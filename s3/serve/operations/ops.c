#include "base/util.h"
#include "s3/serve/operations/ops.h"

static const operation operations[] = {
    /* The first row that fits decides: rows with a parameter or a header stand before those
     * without. */
    {"GET", OP_SERVICE, NULL, NULL, OP_BODY_NONE, op_list_buckets},

    {"PUT", OP_BUCKET, NULL, NULL, OP_BODY_XML, op_create_bucket},
    {"HEAD", OP_BUCKET, NULL, NULL, OP_BODY_NONE, op_head_bucket},
    {"DELETE", OP_BUCKET, NULL, NULL, OP_BODY_NONE, op_delete_bucket},
    {"GET", OP_BUCKET, "location", NULL, OP_BODY_NONE, op_bucket_location},
    {"GET", OP_BUCKET, "uploads", NULL, OP_BODY_NONE, op_list_uploads},
    {"GET", OP_BUCKET, "list-type", NULL, OP_BODY_NONE, op_list_objects},
    {"POST", OP_BUCKET, "delete", NULL, OP_BODY_XML, op_delete_objects},

    {"GET", OP_OBJECT, "uploadId", NULL, OP_BODY_NONE, op_list_parts},
    {"GET", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_get_object},
    {"HEAD", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_get_object},
    {"PUT", OP_OBJECT, "uploadId", "x-amz-copy-source", OP_BODY_NONE, op_copy_part},
    {"PUT", OP_OBJECT, "uploadId", NULL, OP_BODY_FILE, op_upload_part},
    {"PUT", OP_OBJECT, NULL, "x-amz-copy-source", OP_BODY_NONE, op_copy_object},
    {"PUT", OP_OBJECT, NULL, NULL, OP_BODY_FILE, op_put_object},
    {"POST", OP_OBJECT, "uploads", NULL, OP_BODY_NONE, op_create_upload},
    {"POST", OP_OBJECT, "uploadId", NULL, OP_BODY_PARTS, op_complete_upload},
    {"DELETE", OP_OBJECT, "uploadId", NULL, OP_BODY_NONE, op_abort_upload},
    {"DELETE", OP_OBJECT, NULL, NULL, OP_BODY_NONE, op_delete_object},
};

/* Parameters that turn a request into another one, which we do not have: without this list
 * `PUT /b/k?acl` would overwrite the object. */
static const char *const not_implemented[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "inventory",
    "intelligent-tiering",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "versionId",
    "versioning",
    "versions",
    "website",
};

static op_scope scope_of(const target *t)
{
    return !t->bucket ? OP_SERVICE : t->key.len == 0 ? OP_BUCKET : OP_OBJECT;
}

const operation *operation_find(const char *method, const target *t, const exchange *x, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(not_implemented); i++)
        if (target_param(t, not_implemented[i])) {
            s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "?%s is not implemented by this server.",
                              not_implemented[i]);
            return NULL;
        }
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        const operation *o = &operations[i];
        if (str_equal(o->method, method) && o->scope == scope_of(t) &&
            (!o->param || target_param(t, o->param)) &&
            (!o->header || exchange_header(x, o->header)))
            return o;
    }
    if (str_equal(method, "GET") && scope_of(t) == OP_BUCKET)
        s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                          "Only version 2 of ListObjects is implemented (list-type=2).");
    else
        s3_refuse(e, REFUSE_METHOD_NOT_ALLOWED);
    return NULL;
}
