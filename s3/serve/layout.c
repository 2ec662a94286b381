#include "s3/serve/layout.h"

#include "s3/uri.h"
#include "s3/utf8.h"

bool layout_key_check(slice key, err *e)
{
    if (key.len > LAYOUT_KEY_BYTES_MAX)
        return s3_refuse(e, REFUSE_KEY_TOO_LONG);
    if (key.len == 0)
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is empty.");
    if (!s3_utf8_check(key))
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is not valid UTF-8.");
    if (memchr(key.data, '\0', key.len))
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key holds a NUL character.");
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

bool layout_key_path(slice key, buf *path)
{
    bool ok = true;
    for (size_t at = 0;;) {
        size_t len = 0, left = key.len - at;
        while (len < left && len < LAYOUT_PIECE_BYTES && key.data[at + len] != '/')
            len++;
        ok = ok && s3_uri_encode((slice){key.data + at, len}, false, path);
        if (len == left)
            return ok && buf_append_str(path, "@o");
        bool slash = len < LAYOUT_PIECE_BYTES;
        ok = ok && buf_append_str(path, slash ? "@d/" : "@m/");
        at += len + slash;
        /* A key that ends in `/` has an empty last piece: its object is "@o" in the directory. */
    }
}

bool layout_name_decode(const char *name, layout_kind *kind, buf *decoded)
{
    size_t len = strlen(name);
    if (len < 2 || name[len - 2] != '@')
        return false;
    switch (name[len - 1]) {
    case 'o':
        *kind = LAYOUT_OBJECT;
        break;
    case 'd':
        *kind = LAYOUT_DIR;
        break;
    case 'm':
        *kind = LAYOUT_MORE;
        break;
    default:
        return false;
    }
    if (!s3_uri_decode((slice){name, len - 2}, false, decoded, NULL))
        return false;
    return *kind != LAYOUT_DIR || buf_append_char(decoded, '/');
}
