/* s3:// URIs and percent-encoding: encoding and decoding give the same bytes, a parsed URI keeps
 * bucket and key, and request targets of the server are refused or parsed. */
#include <stdlib.h>
#include <string.h>

#include "s3/serve/store/key_layout.h"
#include "s3/serve/protocol/target.h"
#include "decon/s3/uri.h"
#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void try_encoding(slice bytes, bool keep_slash)
{
    AUTO(buf) encoded = BUF(1 << 20);
    AUTO(buf) decoded = BUF(1 << 20);
    err e = ERR_INIT;
    if (!s3_uri_encode(bytes, keep_slash, &encoded))
        return;
    for (size_t i = 0; i < encoded.len; i++)
        expect((unsigned char)encoded.data[i] > ' ' && (unsigned char)encoded.data[i] < 127);
    expect(s3_uri_decode(buf_slice(&encoded), true, &decoded, &e));
    expect(slice_equal(buf_slice(&decoded), bytes));
}

static void try_uri(const char *text)
{
    AUTO(s3_uri) uri = {0};
    err e = ERR_INIT;
    bool ok = s3_uri_parse(text, &uri, &e);
    expect(ok == s3_uri_check(text, NULL));
    if (!ok) {
        expect(e.message[0] != '\0');
        return;
    }
    AUTO_FREE char *again = xasprintf("s3://%s/%s", uri.bucket, uri.key);
    expect(strncmp(again, text, strlen(text)) == 0 && strlen(again) <= strlen(text) + 1);
}

/* A key to its path and back: no two keys share a file, no path is outside the folder. */
static void try_layout(slice key)
{
    AUTO(buf) path = BUF(8192);
    err e = ERR_INIT;
    if (!layout_key_check(key, &e) || !layout_key_path(key, &path))
        return;
    AUTO(buf) back = BUF(8192);
    for (char *at = path.data, *slash; at; at = slash ? slash + 1 : NULL) {
        layout_kind kind;
        if ((slash = strchr(at, '/')))
            *slash = '\0';
        expect(strcmp(at, "..") != 0 && strcmp(at, ".") != 0 && strlen(at) <= 255);
        expect(layout_name_decode(at, &kind, &back));
        expect((kind == LAYOUT_OBJECT) == (slash == NULL));
    }
    expect(slice_equal(buf_slice(&back), key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice bytes = {(const char *)data, size};
    AUTO_FREE char *text = xstrndup(bytes.data, size);
    AUTO(target) t = {0};
    byte_range range;
    err e = ERR_INIT;
    try_encoding(bytes, true);
    try_encoding(bytes, false);
    try_uri(text);
    try_layout(bytes);
    if (target_parse(text, &t, &e) && t.key.len > 0)
        expect(layout_key_check(buf_slice(&t.key), &e));
    if (byte_range_parse(text, 1000, &range, &e))
        expect(range.len_bytes > 0 && range.offset + range.len_bytes <= 1000);
    return 0;
}
