/* GetBucketVersioning, PutBucketVersioning, and the version in requests and replies. */
#include "base/util.h"
#include "s3/protocol/xml.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/xml.h"
#include "s3/serve/store/versions.h"

#define ROOT "VersioningConfiguration"

bool op_version(const exchange *x, const char **version, err *e)
{
    *version = target_param(&x->target, "versionId");
    return !*version || **version ||
           s3_refuse_because(e, REFUSE_INVALID_ARGUMENT, "Version id cannot be the empty string.");
}

void op_add_version_header(exchange *x, const object_meta *meta)
{
    if (versions_state(x->store, x->target.bucket) != VERSIONING_NEVER)
        exchange_add_header(x, "x-amz-version-id", "%s", versions_id(meta));
}

void op_add_marker_headers(exchange *x, const char *id)
{
    exchange_add_header(x, "x-amz-delete-marker", "true");
    exchange_add_header(x, "x-amz-version-id", "%s", id);
}

bool op_get_versioning(exchange *x, err *e)
{
    static const char *const states[] = {
        [VERSIONING_ENABLED] = "Enabled", [VERSIONING_SUSPENDED] = "Suspended"};
    AUTO(buf) body = BUF(1024);
    if (!store_bucket_check(x->store, x->target.bucket, e))
        return false;
    const char *state = states[versions_state(x->store, x->target.bucket)];
    buf_append_str(&body, XML_HEAD "<" ROOT " " XML_NAMESPACE ">");
    if (state)
        xml_element_str(&body, "Status", state);
    buf_append_str(&body, "</" ROOT ">");
    exchange_reply_xml(x, 200, &body);
    return true;
}

static bool on_element(void *ctx, const char *path, const char *text, err *e)
{
    versioning *state = ctx;
    if (str_equal(path, ROOT))
        return true;
    if (!str_equal(path, ROOT "/Status"))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED, "%s is not implemented here.", path);
    *state = str_equal(text, "Enabled")     ? VERSIONING_ENABLED
             : str_equal(text, "Suspended") ? VERSIONING_SUSPENDED
                                            : VERSIONING_NEVER;
    return true;
}

bool op_put_versioning(exchange *x, err *e)
{
    versioning state = VERSIONING_NEVER;
    if (!s3_xml_read(buf_slice(&x->xml), on_element, &state, e))
        return e->s3_code[0] ? false : s3_refuse(e, REFUSE_MALFORMED_XML);
    if (state == VERSIONING_NEVER)
        return s3_refuse(e, REFUSE_MALFORMED_XML);
    if (!versions_set_state(x->store, x->target.bucket, state, e))
        return false;
    exchange_reply(x, 200, (slice){0});
    return true;
}
