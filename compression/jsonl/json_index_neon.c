/* The indexer for arm64 (NEON is always present), 16 bytes at a time. */
#include "base/util.h"
#include "compression/jsonl/json_masks.h"
#include "compression/jsonl/json_window.h"

#ifdef __aarch64__

#include <arm_neon.h>

#define KERNEL

typedef struct block {
    uint8x16_t quarter[4];
} block;

typedef struct utf8_checker {
    uint8x16_t faults;
    uint8x16_t before; /* the previous quarter block */
    uint8x16_t open;   /* nonzero: it ended within a sequence */
} utf8_checker;

static inline block block_load(const char *p)
{
    const uint8_t *bytes = (const uint8_t *)p;
    return (block){
        {vld1q_u8(bytes), vld1q_u8(bytes + 16), vld1q_u8(bytes + 32), vld1q_u8(bytes + 48)}};
}

static inline uint8x16_t equal(uint8x16_t x, char c)
{
    return vceqq_u8(x, vdupq_n_u8((uint8_t)c));
}

static inline uint8x16_t control(uint8x16_t x)
{
    return vcltq_u8(x, vdupq_n_u8(' '));
}

static inline uint8x16_t special(uint8x16_t x)
{
    return vorrq_u8(vorrq_u8(equal(x, '"'), equal(x, '\\')), control(x));
}

static inline bool block_is_plain(block b)
{
    uint8x16_t any = vorrq_u8(vorrq_u8(special(b.quarter[0]), special(b.quarter[1])),
                              vorrq_u8(special(b.quarter[2]), special(b.quarter[3])));
    return vmaxvq_u8(any) == 0;
}

static inline uint8x16_t lookup(const uint8_t *table, uint8x16_t x)
{
    return vqtbl1q_u8(vld1q_u8(table), vandq_u8(x, vdupq_n_u8(0x0f)));
}

static inline uint8x16_t white(uint8x16_t x)
{
    return vceqq_u8(lookup(white_by_low_half, x), x);
}

static inline uint8x16_t punctuation(uint8x16_t x)
{
    uint8x16_t folded = vorrq_u8(x, vdupq_n_u8(0x20));
    uint8x16_t found = vceqq_u8(lookup(punctuation_by_low_half, folded), folded);
    return vorrq_u8(found, equal(x, '\n'));
}

/* One bit per byte (each byte is all ones or zero): pairs are added until eight bytes are one. */
static inline uint64_t bits(const uint8x16_t quarter[4])
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t w = vld1q_u8(weights);
    uint8x16_t low = vpaddq_u8(vandq_u8(quarter[0], w), vandq_u8(quarter[1], w));
    uint8x16_t high = vpaddq_u8(vandq_u8(quarter[2], w), vandq_u8(quarter[3], w));
    uint8x16_t sums = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

static inline block_mask block_masks(block b)
{
    uint8x16_t quote[4], backslash[4], controls[4], punctuations[4], whites[4];
    for (int i = 0; i < 4; i++) {
        uint8x16_t x = b.quarter[i];
        quote[i] = equal(x, '"');
        backslash[i] = equal(x, '\\');
        controls[i] = control(x);
        punctuations[i] = punctuation(x);
        whites[i] = white(x);
    }
    return (block_mask){.quote = bits(quote),
                        .backslash = bits(backslash),
                        .control = bits(controls),
                        .punctuation = bits(punctuations),
                        .white = bits(whites)};
}

/* Each bit becomes the parity of the mask's bits up to it. */
static inline uint64_t prefix_xor(uint64_t mask)
{
    for (int distance = 1; distance < 64; distance *= 2)
        mask ^= mask << distance;
    return mask;
}

/* x shifted by `count` bytes; the last bytes of the previous vector are shifted in. */
#define SHIFTED(x, before, count) vextq_u8(before, x, 16 - (count))

static inline uint8x16_t utf8_faults(uint8x16_t x, uint8x16_t before)
{
    uint8x16_t first = SHIFTED(x, before, 1);
    uint8x16_t pairs = vandq_u8(
        vandq_u8(lookup(utf8_first_high, vshrq_n_u8(first, 4)), lookup(utf8_first_low, first)),
        lookup(utf8_second_high, vshrq_n_u8(x, 4)));
    uint8x16_t third = vqsubq_u8(SHIFTED(x, before, 2), vdupq_n_u8(0xe0 - 0x80));
    uint8x16_t fourth = vqsubq_u8(SHIFTED(x, before, 3), vdupq_n_u8(0xf0 - 0x80));
    uint8x16_t due = vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(0x80));
    return veorq_u8(due, pairs);
}

/* Nonzero if the last bytes require another one. */
static inline uint8x16_t utf8_open(uint8x16_t x)
{
    static const uint8_t most[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0xdf, 0xbf};
    return vqsubq_u8(x, vld1q_u8(most));
}

static inline void utf8_check(utf8_checker *c, block b)
{
    uint8x16_t any =
        vorrq_u8(vorrq_u8(b.quarter[0], b.quarter[1]), vorrq_u8(b.quarter[2], b.quarter[3]));
    if (vmaxvq_u8(any) < 0x80) {
        c->faults = vorrq_u8(c->faults, c->open);
        c->before = c->open = vdupq_n_u8(0);
        return;
    }
    for (int i = 0; i < 4; i++) {
        c->faults = vorrq_u8(c->faults, utf8_faults(b.quarter[i], c->before));
        c->before = b.quarter[i];
    }
    c->open = utf8_open(c->before);
}

static inline bool utf8_passed(const utf8_checker *c)
{
    return vmaxvq_u8(c->faults) == 0;
}

#include "compression/jsonl/json_index.h"

static bool supported(void)
{
    return true;
}

const json_indexer json_indexer_neon = {"neon", supported, index_window};

#endif
