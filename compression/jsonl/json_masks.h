/* Masks that the indexers compute for a block of 64 bytes, and lookup tables for vector code.
 *
 * What:    masks with one bit per byte, the first one lowest; lookup tables of 16 bytes for the
 *          classes of bytes and for UTF-8. UTF-8 is checked by pairs of adjacent bytes: three
 *          lookups (high and low half of the first byte, high half of the second) give sets of
 *          possible faults; their intersection is the fault. Third and fourth bytes are not visible
 *          in pairs: the lead two and three bytes earlier determines whether they must be
 *          continuations.
 * Owner:   constants. Threads: any. Fails: never.
 * Sources: Unicode table 3-7; Keiser and Lemire, "Validating UTF-8 in less than one instruction per
 *          byte", 2020, for the method.
 */
#ifndef COMPRESSION_JSONL_JSON_MASKS_H
#define COMPRESSION_JSONL_JSON_MASKS_H

#include "base/util.h"

typedef struct block_mask {
    uint64_t quote;
    uint64_t backslash;
    uint64_t control;     /* below 0x20 */
    uint64_t punctuation; /* [ ] { } : , and '\n'; a few control characters may be included */
    uint64_t white;       /* space, '\t', '\r' */
} block_mask;

/* Indexed by the low half of a byte: the byte of this class with that low half, or 0 if there is
 * none (0xff for low half 0, since byte 0 must not match). */
static const uint8_t white_by_low_half[16] = {' ', [9] = '\t', [13] = '\r'};
/* The same for bytes with bit 0x20 set, which maps '[' to '{' and ']' to '}'. */
static const uint8_t punctuation_by_low_half[16] = {0xff, [10] = ':', '{', ',', '}'};

/* Faults of two adjacent bytes; the last is not a fault where a third or fourth byte is required. */
enum {
    TOO_SHORT = 0x01,  /* no continuation after a lead */
    TOO_LONG = 0x02,   /* a continuation after ASCII */
    OVERLONG_3 = 0x04, /* E0 80-9F */
    SURROGATE = 0x08,  /* ED A0-BF */
    OVERLONG_2 = 0x10, /* C0, C1 */
    TOO_LARGE = 0x20,  /* F4 90-BF, F5-FF 90-BF */
    BAD_4 = 0x40,      /* F0 80-8F (overlong), F5-FF 80-8F (too large) */
    TWO_CONTINUATIONS = 0x80,
    ANY_LOW_HALF = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
    CONTINUATION = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS,
};

static const uint8_t utf8_first_high[16] = {
    [0 ... 7] = TOO_LONG,
    [8 ... 11] = TWO_CONTINUATIONS,
    [12] = TOO_SHORT | OVERLONG_2,
    [13] = TOO_SHORT,
    [14] = TOO_SHORT | OVERLONG_3 | SURROGATE,
    [15] = TOO_SHORT | TOO_LARGE | BAD_4,
};
static const uint8_t utf8_first_low[16] = {
    [0] = ANY_LOW_HALF | OVERLONG_2 | OVERLONG_3 | BAD_4,
    [1] = ANY_LOW_HALF | OVERLONG_2,
    [2 ... 3] = ANY_LOW_HALF,
    [4] = ANY_LOW_HALF | TOO_LARGE,
    [5 ... 12] = ANY_LOW_HALF | TOO_LARGE | BAD_4,
    [13] = ANY_LOW_HALF | TOO_LARGE | BAD_4 | SURROGATE,
    [14 ... 15] = ANY_LOW_HALF | TOO_LARGE | BAD_4,
};
static const uint8_t utf8_second_high[16] = {
    [0 ... 7] = TOO_SHORT,
    [8] = CONTINUATION | OVERLONG_3 | BAD_4,
    [9] = CONTINUATION | OVERLONG_3 | TOO_LARGE,
    [10 ... 11] = CONTINUATION | SURROGATE | TOO_LARGE,
    [12 ... 15] = TOO_SHORT,
};

#endif
