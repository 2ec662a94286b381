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
        any |= scan_closing_bytes(le64toh(word_at(b.bytes + i)));
    return !any;
}

/* A class is the lowest bit of a byte of its own: what eight bytes of text are, each moved on by its
 * place, is or-ed into one word, and that holds eight bits of each mask. */
#define QUOTE       UINT64_C(1)
#define BACKSLASH   (UINT64_C(1) << 8)
#define CONTROL     (UINT64_C(1) << 16)
#define PUNCTUATION (UINT64_C(1) << 24)
#define WHITE       (UINT64_C(1) << 32)

static inline block_mask block_masks(block b)
{
    static const uint64_t classes[256] = {
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
    for (int i = 0; i < JSON_BLOCK_BYTES; i += 8) {
        uint64_t word = 0;
        for (int place = 0; place < 8; place++)
            word |= classes[(unsigned char)b.bytes[i + place]] << place;
        m.quote |= (word & 0xff) << i;
        m.backslash |= (word >> 8 & 0xff) << i;
        m.control |= (word >> 16 & 0xff) << i;
        m.punctuation |= (word >> 24 & 0xff) << i;
        m.white |= (word >> 32 & 0xff) << i;
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
