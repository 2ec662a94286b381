/* Preconditions of reads, in the order of RFC 9110, section 13.2.2. */
#include "base/util.h"
#include "s3/protocol/http_date.h"
#include "s3/serve/operations/ops.h"

static const char *header_of(const exchange *x, const char *prefix, const char *name)
{
    AUTO_FREE char *full = xasprintf("%s%s", prefix, name);
    return exchange_header(x, full);
}

/* Whether the object changed after the time in the header; `otherwise` if the header is absent or
 * not a date (it is then ignored, RFC 9110). */
static bool changed_after(const exchange *x, const char *prefix, const char *name,
                          const object_meta *meta, bool otherwise)
{
    int64_t then_s = 0;
    const char *value = header_of(x, prefix, name);
    if (!value || !s3_when_parse(value, &then_s))
        return otherwise;
    return meta->modified_s > then_s;
}

read_condition op_read_condition(const exchange *x, const char *prefix, const object_meta *meta)
{
    const char *if_match = header_of(x, prefix, "if-match");
    const char *if_none_match = header_of(x, prefix, "if-none-match");
    bool failed = if_match ? !etag_listed(if_match, meta->etag)
                           : changed_after(x, prefix, "if-unmodified-since", meta, false);
    if (failed)
        return READ_FAILED;
    bool unchanged = if_none_match ? etag_listed(if_none_match, meta->etag)
                                   : !changed_after(x, prefix, "if-modified-since", meta, true);
    return unchanged ? READ_NOT_MODIFIED : READ_GO;
}

bool op_range_holds(const exchange *x, const object_meta *meta)
{
    int64_t then_s = 0;
    const char *value = exchange_header(x, "If-Range");
    if (!value)
        return true;
    if (value[0] != '"' && s3_when_parse_http(value, &then_s))
        return meta->modified_s == then_s;
    return str_equal(value, meta->etag); /* strong comparison: quotes count */
}
