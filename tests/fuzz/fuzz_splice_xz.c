/* Splicing xz: streams, blocks, padding, indexes. */
#include "tests/fuzz/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    splice_fuzz(CODEC_XZ, bytes, size);
    return 0;
}
