/* Splicing gzip: members and blocks of any kind. */
#include "tests/fuzz/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    splice_fuzz(CODEC_GZIP, bytes, size);
    return 0;
}
