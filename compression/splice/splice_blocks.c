#include "base/util.h"
#include "compression/splice/splice.h"

#include <string.h>

#define BLOCKS_MOST_BYTES ((size_t)256 << 20)

/* The stored form of a block. */
typedef struct entry {
    uint64_t from_bit;
    uint32_t bits, text_bytes;
} entry;

void splice_blocks_init(splice_blocks *b)
{
    buf_init(&b->entries, BLOCKS_MOST_BYTES);
}

void splice_blocks_deinit(splice_blocks *b)
{
    buf_deinit(&b->entries);
}

bool splice_blocks_add(void *ctx, const codec_block *block, err *e)
{
    splice_blocks *b = ctx;
    uint64_t bits = block->to_bit - block->from_bit;
    entry new = {.from_bit = block->from_bit,
                 .bits = (uint32_t)bits,
                 .text_bytes = (uint32_t)block->text_bytes};
    if (bits > UINT32_MAX || block->text_bytes > UINT32_MAX)
        return err_set(e, ERR_LIMIT, "splice: a block is larger than bzip2 allows");
    return buf_append(&b->entries, &new, sizeof new) ||
           err_set(e, ERR_LIMIT, "splice: the file has too many blocks");
}

bool splice_blocks_get(const splice_blocks *b, size_t number, codec_block *out)
{
    entry found;
    if (number >= b->entries.len / sizeof found)
        return false;
    memcpy(&found, b->entries.data + number * sizeof found, sizeof found);
    *out = (codec_block){.from_bit = found.from_bit,
                         .to_bit = found.from_bit + found.bits,
                         .text_bytes = found.text_bytes};
    return true;
}
