#include "s3/protocol/content_range.h"

#include "decon/s3/uri.h"
#include "base/util.h"

#define QUERY_MAX_BYTES ((size_t)8192)

bool s3_content_range_parse(const char *text, s3_content_range *out)
{
    const char *dash = text ? strchr(text, '-') : NULL;
    const char *slash = dash ? strchr(dash, '/') : NULL;
    uint64_t last = 0;
    if (!slash || !str_starts_with(text, "bytes "))
        return false;
    text += strlen("bytes ");
    AUTO_FREE char *from = xstrndup(text, (size_t)(dash - text));
    AUTO_FREE char *to = xstrndup(dash + 1, (size_t)(slash - dash - 1));
    if (!num_parse_u64(from, &out->from) || !num_parse_u64(to, &last) ||
        !num_parse_u64(slash + 1, &out->total) || last < out->from || last >= out->total)
        return false;
    out->to = last + 1;
    return true;
}

char *s3_version_query(const char *version_id)
{
    AUTO(buf) query = BUF(QUERY_MAX_BYTES);
    if (!version_id)
        return NULL;
    buf_append_str(&query, "versionId=");
    if (!s3_uri_encode(slice_from(version_id), false, &query))
        return NULL;
    return xstrdup(buf_str(&query));
}
