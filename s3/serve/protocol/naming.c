#include "base/util.h"
#include "s3/serve/protocol/naming.h"

#include "s3/protocol/utf8.h"

bool layout_key_check(slice key, err *e)
{
    if (key.len > LAYOUT_KEY_BYTES_MAX)
        return s3_refuse(e, REFUSE_KEY_TOO_LONG);
    if (key.len == 0)
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is empty.");
    if (!s3_utf8_check(key))
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is not valid UTF-8.");
    if (memchr(key.data, '\0', key.len))
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key contains a NUL character.");
    return true;
}

bool layout_bucket_check(const char *bucket, err *e)
{
    size_t len = strlen(bucket);
    bool ok = len >= 3 && len <= 63 && bucket[len - 1] != '-' && bucket[len - 1] != '.';
    for (size_t i = 0; ok && i < len; i++) {
        char c = bucket[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool inner = i > 0 && (c == '-' || (c == '.' && bucket[i - 1] != '.'));
        ok = alphanumeric || inner;
    }
    return ok || s3_refuse(e, REFUSE_INVALID_BUCKET_NAME);
}
