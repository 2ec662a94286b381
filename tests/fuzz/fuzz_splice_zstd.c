/* Splicing zstd: frames of any kind, pzstd's sizes, seek tables. */
#include "tests/fuzz/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    splice_fuzz(CODEC_ZSTD, bytes, size);
    return 0;
}
