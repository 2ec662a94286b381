/* zstd against libzstd: concatenated frames and skippable frames. */
#include "tests/fuzz/codec.h"

#include <zstd.h>
#include <zstd_errors.h>

/* libzstd's one-call decoder is stricter about empty blocks than its stream decoder. */
static bool at_one_go(slice data)
{
    static char out[FUZZ_TEXT_MAX];
    size_t result = ZSTD_decompress(out, sizeof out, data.data, data.len);
    return !ZSTD_isError(result) || ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall;
}

static bool by_libzstd(slice data, buf *text)
{
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, 25);
    ZSTD_inBuffer in = {.src = data.data, .size = data.len};
    size_t result = 1; /* nothing was decoded: incomplete */
    bool full = false;
    do {
        char out[4096];
        ZSTD_outBuffer target = {.dst = out, .size = sizeof out};
        size_t before = in.pos;
        result = ZSTD_decompressStream(ctx, &target, &in);
        if (ZSTD_isError(result) || !buf_append(text, out, target.pos))
            break;
        full = target.pos == target.size;
        if (in.pos == before && target.pos == 0)
            break;
    } while (in.pos < in.size || full);
    ZSTD_freeDCtx(ctx);
    return data.len > 0 && result == 0 && at_one_go(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_fuzz(CODEC_ZSTD, data, size, by_libzstd);
    return 0;
}
