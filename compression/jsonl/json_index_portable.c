/* The portable indexer: words of eight bytes, and 64 bytes transposed into bit planes. */
#include "base/util.h"
#include "compression/jsonl/json_masks.h"
#include "compression/jsonl/json_window.h"
#include "compression/jsonl/string_scan.h"

#define KERNEL

typedef struct block {
    const char *bytes;
} block;

/* Bytes that the end of the previous block requires in this one; bit 0 is the first byte. */
typedef struct utf8_checker {
    uint64_t wrong;
    uint64_t due_1, due_2, due_3;
    uint64_t e0, ed, f0, f4;
} utf8_checker;

static inline block block_load(const char *p)
{
    return (block){p};
}

static inline uint64_t word_at(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline bool is_ascii(block b)
{
    uint64_t any = 0;
    for (int i = 0; i < JSON_BLOCK_BYTES; i += 8)
        any |= word_at(b.bytes + i);
    return !(any & SCAN_EACH(0x80));
}

static inline bool block_is_plain(block b)
{
    uint64_t any = 0;
    for (int i = 0; i < JSON_BLOCK_BYTES; i += 8)
        any |= scan_closing_bytes(le64toh(word_at(b.bytes + i)));
    return !any;
}

/* ---- 64 bytes as eight planes ---- */

/* Plane k holds bit k of each byte, so that a few operations classify 64 bytes. The byte at
 * position 8 i + j is bit 8 j + i: this order is the cheapest to compute, and masks are reordered
 * only where the order of the text is needed. */
typedef struct planes {
    uint64_t bit[8];
} planes;

static inline void exchange(uint64_t *low, uint64_t *high, int distance, uint64_t mask)
{
    uint64_t differ = (*low >> distance ^ *high) & mask;
    *high ^= differ;
    *low ^= differ << distance;
}

/* Transposes an 8 by 8 bit matrix in each of the eight bytes. */
static inline planes planes_of(block b)
{
    planes p = {{0}};
    uint64_t *w = p.bit;
    for (int i = 0; i < 8; i++)
        w[i] = le64toh(word_at(b.bytes + 8 * i));
    exchange(&w[0], &w[1], 1, SCAN_EACH(0x55));
    exchange(&w[2], &w[3], 1, SCAN_EACH(0x55));
    exchange(&w[4], &w[5], 1, SCAN_EACH(0x55));
    exchange(&w[6], &w[7], 1, SCAN_EACH(0x55));
    exchange(&w[0], &w[2], 2, SCAN_EACH(0x33));
    exchange(&w[1], &w[3], 2, SCAN_EACH(0x33));
    exchange(&w[4], &w[6], 2, SCAN_EACH(0x33));
    exchange(&w[5], &w[7], 2, SCAN_EACH(0x33));
    exchange(&w[0], &w[4], 4, SCAN_EACH(0x0f));
    exchange(&w[1], &w[5], 4, SCAN_EACH(0x0f));
    exchange(&w[2], &w[6], 4, SCAN_EACH(0x0f));
    exchange(&w[3], &w[7], 4, SCAN_EACH(0x0f));
    return p;
}

/* Reorders a mask from the order of the planes to that of the text: an 8 by 8 transposition. */
static inline uint64_t in_order(uint64_t mask)
{
    uint64_t differ = (mask >> 7 ^ mask) & UINT64_C(0x00aa00aa00aa00aa);
    mask ^= differ ^ differ << 7;
    differ = (mask >> 14 ^ mask) & UINT64_C(0x0000cccc0000cccc);
    mask ^= differ ^ differ << 14;
    differ = (mask >> 28 ^ mask) & UINT64_C(0x00000000f0f0f0f0);
    return mask ^ differ ^ differ << 28;
}

/* Shifts a mask in the order of the planes by one byte, across blocks too. */
static inline uint64_t shift_by_one(uint64_t mask, uint64_t *carry)
{
    uint64_t moved = mask << 8 | (mask >> 55 & 0xfe) | *carry;
    *carry = mask >> 63;
    return moved;
}

static inline block_mask block_masks(block b)
{
    planes p = planes_of(b);
    uint64_t b0 = p.bit[0], b1 = p.bit[1], b2 = p.bit[2], b3 = p.bit[3], b4 = p.bit[4];
    uint64_t low = ~(p.bit[7] | p.bit[6]); /* below 0x40 */
    uint64_t control = low & ~p.bit[5];
    uint64_t column_2 = low & p.bit[5] & ~b4, column_3 = low & p.bit[5] & b4; /* 0x20, 0x30 */
    uint64_t letters = ~p.bit[7] & p.bit[6] & b4;                             /* 0x50, 0x70 */
    uint64_t ends_in_a = b3 & ~b2 & b1 & ~b0, ends_in_c = b3 & b2 & ~b1 & ~b0;
    uint64_t bracket = letters & b3 & (b2 ^ b1) & b0; /* ends in b or d */
    uint64_t blank = column_2 & ~(b3 | b2 | b1 | b0);
    return (block_mask){
        .quote = in_order(column_2 & ~b3 & ~b2 & b1 & ~b0),
        .backslash = in_order(letters & ~p.bit[5] & ends_in_c),
        .control = in_order(control),
        .punctuation = in_order(bracket | (column_3 & ends_in_a) | (column_2 & ends_in_c) |
                                (control & ~b4 & ends_in_a)),
        .white = in_order(blank | (control & ~b4 & b3 & ~b1 & b0)), /* 9 and d: tab and return */
    };
}

static inline uint64_t prefix_xor(uint64_t mask)
{
    for (int distance = 1; distance < 64; distance *= 2)
        mask ^= mask << distance;
    return mask;
}

/* The table of utf8.h. Shifted lead bytes must meet exactly the continuation bytes; some leads
 * restrict the range of the next byte. */
static inline void utf8_check(utf8_checker *c, block b)
{
    if (!c->due_1 && is_ascii(b))
        return;
    planes p = planes_of(b);
    uint64_t b0 = p.bit[0], b1 = p.bit[1], b2 = p.bit[2], b3 = p.bit[3], b4 = p.bit[4];
    uint64_t b5 = p.bit[5], lead = p.bit[7] & p.bit[6], continuation = p.bit[7] & ~p.bit[6];
    uint64_t lead_3_4 = lead & b5, lead_3 = lead_3_4 & ~b4, lead_4 = lead_3_4 & b4;
    uint64_t low_0 = ~(b3 | b2 | b1 | b0);

    uint64_t due = shift_by_one(lead_4, &c->due_3);
    due = shift_by_one(lead_3_4 | due, &c->due_2);
    due = shift_by_one(lead | due, &c->due_1);
    uint64_t wrong = due ^ continuation;
    wrong |= lead & ~(b5 | b4 | b3 | b2 | b1);                       /* C0, C1 */
    wrong |= lead_4 & (b3 | (b2 & (b1 | b0)));                       /* F5 to FF */
    wrong |= shift_by_one(lead_3 & low_0, &c->e0) & ~b5;             /* E0, then below A0 */
    wrong |= shift_by_one(lead_3 & b3 & b2 & ~b1 & b0, &c->ed) & b5; /* ED, then above 9F */
    wrong |= shift_by_one(lead_4 & low_0, &c->f0) & ~(b5 | b4);      /* F0, then below 90 */
    wrong |=
        shift_by_one(lead_4 & b2 & ~(b3 | b1 | b0), &c->f4) & (b5 | b4); /* F4, then above 8F */
    c->wrong |= wrong;
}

static inline bool utf8_passed(const utf8_checker *c)
{
    return !c->wrong;
}

#include "compression/jsonl/json_index.h"

static bool supported(void)
{
    return true;
}

const json_indexer json_indexer_portable = {"portable", supported, index_window};
