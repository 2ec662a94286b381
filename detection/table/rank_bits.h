/* A bit array that yields the number of set bits before each position.
 *
 * What:    bits are set, then counted once; after that rank_bits_below takes constant time.
 * Owner:   an embedded value; rank_bits_init / _deinit.
 * Threads: setting and counting by one thread, before any other use; then all may read.
 * Fails:   never.
 */
#ifndef DETECTION_TABLE_RANK_BITS_H
#define DETECTION_TABLE_RANK_BITS_H

#include "base/util.h"

typedef struct rank_bits {
    uint64_t *words;
    uint32_t *below; /* by word: set bits before it */
    size_t word_count;
    uint32_t set; /* all set bits, after counting */
} rank_bits;

/* `count` bits, none of them set. */
void rank_bits_init(rank_bits *b, size_t count);
void rank_bits_deinit(rank_bits *b);
DEFINE_AUTO(rank_bits, rank_bits_deinit)

static inline void rank_bits_set(rank_bits *b, size_t i)
{
    b->words[i / 64] |= UINT64_C(1) << i % 64;
}

static inline bool rank_bits_has(const rank_bits *b, size_t i)
{
    return b->words[i / 64] >> i % 64 & 1;
}

/* After the last rank_bits_set. */
void rank_bits_count(rank_bits *b);

/* The compiler's builtin calls a function on processors that may lack the instruction. */
static inline uint32_t rank_bits_of_word(uint64_t w)
{
    w -= w >> 1 & UINT64_C(0x5555555555555555);
    w = (w & UINT64_C(0x3333333333333333)) + (w >> 2 & UINT64_C(0x3333333333333333));
    w = (w + (w >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(w * UINT64_C(0x0101010101010101) >> 56);
}

/* The number of set bits before bit `i`. */
static inline uint32_t rank_bits_below(const rank_bits *b, size_t i)
{
    uint64_t before = b->words[i / 64] & ((UINT64_C(1) << i % 64) - 1);
    return b->below[i / 64] + rank_bits_of_word(before);
}

#endif
