/* PutObjectTagging, GetObjectTagging, DeleteObjectTagging, and x-amz-tagging of writes. */
#include "base/util.h"
#include "s3/serve/operations/ops.h"
#include "s3/serve/protocol/tags.h"
#include "s3/serve/protocol/xml.h"

bool op_keep_tags(const exchange *x, object_meta *meta, err *e)
{
    const char *value = exchange_header(x, "x-amz-tagging");
    AUTO(buf) text = BUF(sizeof meta->tags - 1);
    if (!value)
        return true;
    if (!tags_from_header(value, &text, e))
        return false;
    memcpy(meta->tags, buf_str(&text), text.len + 1);
    return true;
}

bool op_get_tagging(exchange *x, err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    AUTO(buf) body = BUF(EXCHANGE_REPLY_MAX);
    const char *version;
    if (!op_version(x, &version, e) || !store_bucket_check(x->store, x->target.bucket, e))
        return false;
    AUTO_FD fd = store_version_open(x->store, x->target.bucket, exchange_key(x), version, meta, e);
    if (fd < 0 || (meta->is_marker && !s3_refuse(e, REFUSE_METHOD_NOT_ALLOWED)))
        return false;
    op_add_version_header(x, meta);
    buf_append_str(&body, XML_HEAD "<Tagging " XML_NAMESPACE ">");
    tags_append_xml(meta->tags, &body);
    buf_append_str(&body, "</Tagging>");
    exchange_reply_xml(x, 200, &body);
    return true;
}

static bool retag(exchange *x, const char *tags, err *e)
{
    const char *version;
    return op_version(x, &version, e) && store_bucket_check(x->store, x->target.bucket, e) &&
           store_object_retag(x->store, x->target.bucket, exchange_key(x), version, tags, e);
}

bool op_put_tagging(exchange *x, err *e)
{
    AUTO(buf) text = BUF(STORE_TAGS_SIZE - 1);
    if (!tags_from_xml(buf_slice(&x->xml), &text, e) || !retag(x, buf_str(&text), e))
        return false;
    exchange_reply(x, 200, (slice){0});
    return true;
}

bool op_delete_tagging(exchange *x, err *e)
{
    if (!retag(x, "", e))
        return false;
    exchange_reply(x, 204, (slice){0});
    return true;
}
