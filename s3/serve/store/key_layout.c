#include "s3/serve/store/key_layout.h"

#include "decon/s3/uri.h"
#include "base/util.h"

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
