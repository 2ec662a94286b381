/* xz against liblzma: streams and padding. */
#include "tests/fuzz/codec.h"

#include <lzma.h>

static bool by_liblzma(slice data, buf *text)
{
    lzma_stream lzma = LZMA_STREAM_INIT;
    lzma_ret result = lzma_stream_decoder(&lzma, FUZZ_MEMORY * 2,
                                          LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
    lzma.next_in = (const uint8_t *)data.data;
    lzma.avail_in = data.len;
    while (result == LZMA_OK) {
        char out[4096];
        lzma.next_out = (uint8_t *)out;
        lzma.avail_out = sizeof out;
        result = lzma_code(&lzma, LZMA_FINISH);
        if (!buf_append(text, out, sizeof out - lzma.avail_out))
            break;
    }
    lzma_end(&lzma);
    return result == LZMA_STREAM_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(CODEC_XZ, data, size, by_liblzma);
    return 0;
}
