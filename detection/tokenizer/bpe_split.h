/* Cutting text into the pieces that a byte-pair tokenizer encodes each by itself.
 *
 * What:    each function finds where the piece that begins at an offset ends.
 * Owner:   nothing. Threads: any. Fails: never; the text is valid UTF-8.
 * Sources: the public patterns of the tokenizers, alternatives in their order (bpe_split.c and
 *          bpe_split_o200k.c list them).
 */
#ifndef DETECTION_TOKENIZER_BPE_SPLIT_H
#define DETECTION_TOKENIZER_BPE_SPLIT_H

#include "decon/base/buf.h"

/* `at` < text.len; the result is larger than it. */
typedef size_t bpe_split(slice text, size_t at);

bpe_split bpe_split_cl100k;
bpe_split bpe_split_o200k;
bpe_split bpe_split_r50k; /* p50k's and p50k_edit's too */

/* A piece that is a lower-case ASCII word of at most 15 bytes, with or without a space before it,
 * and not followed by anything that could belong to it: its length, for all three. 0: not such a
 * piece, ask the splitter. The 16 bytes at the offset are `low` and `high`, in memory order. */
static inline size_t bpe_split_plain_word(uint64_t low, uint64_t high);

/* The highest bit of each byte that is not in a to z. */
static inline uint64_t bpe_not_small(uint64_t bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t from_a = (bytes | tops) - ones * 'a';
    uint64_t above_z = (bytes & ~tops) + ones * (127 - 'z');
    return (~from_a | above_z | bytes) & tops;
}

static inline size_t bpe_split_plain_word(uint64_t low, uint64_t high)
{
    uint64_t stop_low = bpe_not_small(low), stop_high = bpe_not_small(high);
    if ((low & 0xFF) == ' ')
        stop_low &= ~UINT64_C(0x80);
    size_t len = stop_low    ? (size_t)__builtin_ctzll(stop_low) / 8
                 : stop_high ? 8 + (size_t)__builtin_ctzll(stop_high) / 8
                             : 16;
    if (len > 15 || len < 1 + ((low & 0xFF) == ' '))
        return 0;
    unsigned behind = (unsigned)((len < 8 ? low >> 8 * len : high >> 8 * (len - 8)) & 0xFF);
    return behind < 0x80 && behind != '\'' && (behind < 'A' || behind > 'Z') ? len : 0;
}

#endif
