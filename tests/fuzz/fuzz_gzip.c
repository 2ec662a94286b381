/* gzip against zlib: concatenated members, then nothing or zeros. */
#include "tests/fuzz/codec.h"

#include <zlib.h>

static bool all_zeros(const uint8_t *p, size_t len)
{
    while (len > 0 && *p == 0)
        p++, len--;
    return len == 0;
}

static int inflate_member(z_stream *z, buf *text)
{
    int result;
    do {
        char out[4096];
        z->next_out = (Bytef *)out;
        z->avail_out = sizeof out;
        result = inflate(z, Z_NO_FLUSH);
        if (!buf_append(text, out, sizeof out - z->avail_out))
            return Z_BUF_ERROR;
    } while (result == Z_OK);
    return result;
}

static bool by_zlib(slice data, buf *text)
{
    z_stream z = {.next_in = (Bytef *)data.data, .avail_in = (uInt)data.len};
    if (data.len == 0 || inflateInit2(&z, 15 + 16) != Z_OK)
        return false;
    bool ok = true;
    do {
        ok = inflate_member(&z, text) == Z_STREAM_END && inflateReset(&z) == Z_OK;
    } while (ok && !all_zeros(z.next_in, z.avail_in));
    inflateEnd(&z);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(CODEC_GZIP, data, size, by_zlib);
    return 0;
}
