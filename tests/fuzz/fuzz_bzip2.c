/* bzip2 against libbz2: concatenated streams. */
#include "tests/fuzz/codec.h"

#include <bzlib.h>

static int decode_stream(bz_stream *bz, buf *text)
{
    for (;;) {
        char out[4096];
        bz->next_out = out;
        bz->avail_out = sizeof out;
        int result = BZ2_bzDecompress(bz);
        size_t len = sizeof out - bz->avail_out;
        if (!buf_append(text, out, len) || result != BZ_OK)
            return result;
        if (len == 0 && bz->avail_in == 0)
            return BZ_UNEXPECTED_EOF;
    }
}

static bool by_libbz2(slice data, buf *text)
{
    bool ok = data.len > 0;
    unsigned left = (unsigned)data.len;
    const char *next = data.data;
    while (ok && left > 0) {
        bz_stream bz = {.next_in = (char *)next, .avail_in = left};
        ok = BZ2_bzDecompressInit(&bz, 0, 0) == BZ_OK && decode_stream(&bz, text) == BZ_STREAM_END;
        next = bz.next_in;
        left = bz.avail_in;
        BZ2_bzDecompressEnd(&bz);
    }
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(CODEC_BZIP2, data, size, by_libbz2);
    return 0;
}
