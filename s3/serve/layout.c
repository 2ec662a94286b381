#include "s3/serve/layout.h"

#include "s3/uri.h"

/* Length of the UTF-8 character at p (RFC 3629), or 0 where there is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool beyond = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

bool layout_key_check(slice key, err *e)
{
    if (key.len > LAYOUT_KEY_BYTES_MAX)
        return s3_refuse(e, REFUSE_KEY_TOO_LONG);
    if (key.len == 0)
        return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is empty.");
    for (size_t at = 0; at < key.len;) {
        size_t len = utf8_length((const unsigned char *)key.data + at, key.len - at);
        if (len == 0)
            return s3_refuse_because(e, REFUSE_INVALID_URI, "The key is not valid UTF-8.");
        if (key.data[at] == '\0')
            return s3_refuse_because(e, REFUSE_INVALID_URI, "The key holds a NUL character.");
        at += len;
    }
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
