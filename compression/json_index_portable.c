/* The indexer for every processor: a table of classes, and words of eight bytes. */
#include "compression/json_masks.h"
#include "compression/json_window.h"
#include "compression/scan.h"
#include "compression/utf8.h"

#define KERNEL

typedef struct block {
    const char *bytes;
} block;

typedef struct utf8_checker {
    utf8 state;
    bool wrong;
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
        any |= scan_special_bytes(le64toh(word_at(b.bytes + i)));
    return !any;
}

enum { QUOTE = 1, BACKSLASH = 2, CONTROL = 4, PUNCTUATION = 8, WHITE = 16 };

static inline block_mask block_masks(block b)
{
    static const unsigned char classes[256] = {
        [0x00 ... 0x08] = CONTROL,
        ['\t'] = WHITE | CONTROL,
        ['\n'] = PUNCTUATION | CONTROL,
        [0x0b ... 0x0c] = CONTROL,
        ['\r'] = WHITE | CONTROL,
        [0x0e ... 0x1f] = CONTROL,
        ['"'] = QUOTE,
        ['\\'] = BACKSLASH,
        ['['] = PUNCTUATION,
        [']'] = PUNCTUATION,
        ['{'] = PUNCTUATION,
        ['}'] = PUNCTUATION,
        [':'] = PUNCTUATION,
        [','] = PUNCTUATION,
        [' '] = WHITE,
    };
    block_mask m = {0};
    for (int i = 0; i < JSON_BLOCK_BYTES; i++) {
        uint64_t class = classes[(unsigned char)b.bytes[i]];
        m.quote |= (class & QUOTE) << i;
        m.backslash |= (class >> 1 & 1) << i;
        m.control |= (class >> 2 & 1) << i;
        m.punctuation |= (class >> 3 & 1) << i;
        m.white |= class >> 4 << i;
    }
    return m;
}

static inline uint64_t prefix_xor(uint64_t mask)
{
    for (int distance = 1; distance < 64; distance *= 2)
        mask ^= mask << distance;
    return mask;
}

/* Sequences go over the ends of blocks; one that the window's end cuts is no fault here. */
static inline void utf8_check(utf8_checker *c, block b)
{
    const char *p = b.bytes, *end = p + JSON_BLOCK_BYTES;
    if (c->state.left == 0 && is_ascii(b))
        return;
    while (p < end && !c->wrong) {
        p = utf8_skip(&c->state, p, end);
        c->wrong = c->state.wrong;
        while (p < end && c->state.left == 0 && (signed char)*p >= 0)
            p++;
    }
}

static inline bool utf8_passed(const utf8_checker *c)
{
    return !c->wrong;
}

#include "compression/json_index.h"

static bool supported(void)
{
    return true;
}

const json_indexer json_indexer_portable = {"portable", supported, index_window};
