/* The common loop of the indexers: converts masks of 64 bytes to tokens.
 *
 * What:    a template, included at the end of each json_index_*.c, which first defines KERNEL
 *          (a target attribute), `block` (64 bytes), `block_load`, `block_masks`, `prefix_xor`,
 *          and for UTF-8 `utf8_checker`, `utf8_check`, `utf8_passed`.
 *          Masks have one bit per byte, the first one lowest.
 * Owner:   borrows. Threads: any; pure. Fails: never.
 */
#ifndef COMPRESSION_JSONL_JSON_INDEX_H
#define COMPRESSION_JSONL_JSON_INDEX_H

#include "base/util.h"
#include "base/json/json_escape.h"
#include "compression/jsonl/bit_positions.h"
#include "compression/jsonl/string_scan.h"
#include "compression/jsonl/utf8.h"

/* State carried from block to block. */
typedef struct index_carry {
    uint64_t in_string;   /* all ones after an opening quote */
    uint64_t scalar;      /* 1: the last byte belongs to a number, a literal or invalid text */
    size_t escaped_up_to; /* bytes before this offset belong to an escape that was checked */
    uint64_t control;     /* control characters within strings, of all blocks */
    bool wrong_escape;
} index_carry;

/* Checks the escapes that begin in this block; returns the mask of their bytes. */
static inline KERNEL uint64_t take_escapes(json_window *w, size_t base, uint64_t backslash,
                                           index_carry *carry)
{
    uint64_t escaped = 0;
    size_t from = carry->escaped_up_to;
    if (from > base) /* the rest of an escape from the previous block */
        escaped = ((uint64_t)1 << (from - base)) - 1;
    w->has_backslashes |= backslash != 0;
    for (backslash &= ~escaped; backslash; backslash &= ~escaped) {
        size_t at = (size_t)__builtin_ctzll(backslash);
        size_t len = json_escape_len(w->text + base + at);
        if (len == 0) {
            carry->wrong_escape = true;
            return escaped;
        }
        escaped |= (((uint64_t)1 << len) - 1) << at;
        carry->escaped_up_to = base + at + len;
    }
    return escaped;
}

#ifndef PUT_TOKENS /* an instruction set may define a faster one */
/* The number of set bits in each byte. */
static inline uint64_t count_in_bytes(uint64_t mask)
{
    mask -= mask >> 1 & SCAN_EACH(0x55);
    mask = (mask & SCAN_EACH(0x33)) + (mask >> 2 & SCAN_EACH(0x33));
    return (mask + (mask >> 4)) & SCAN_EACH(0x0f);
}

/* Writes the offsets of the mask's bits, and up to eight more values than it counts. Few bits are
 * written one by one, many in groups of eight, without a branch that would be mispredicted. */
static inline KERNEL uint16_t *put_tokens(uint16_t *out, uint64_t mask, size_t base)
{
    uint64_t ends = count_in_bytes(mask) * SCAN_EACH(1); /* in each byte: bits up to and
                                                            including it */
    uint64_t starts = ends << 8;
    if (ends >> 56 <= 8) {
        for (int i = 0; i < 8; i++) {
            out[i] = (uint16_t)(base + (size_t)__builtin_ctzll(mask | (uint64_t)1 << 63));
            mask &= mask - 1;
        }
    } else {
        for (int i = 0; i < 64; i += 8)
            json_places_put(out + (starts >> i & 0xff), mask >> i & 0xff, base + (size_t)i);
    }
    return out + (ends >> 56);
}
#endif

static inline KERNEL uint16_t *take_block(json_window *w, size_t base, const block_mask *m,
                                          index_carry *carry, uint16_t *out)
{
    uint64_t quote = m->quote;
    if (m->backslash | (carry->escaped_up_to > base))
        quote &= ~take_escapes(w, base, m->backslash, carry);
    uint64_t in_string = prefix_xor(quote) ^ carry->in_string; /* includes the opening quote */
    carry->in_string = 0 - (in_string >> 63);
    carry->control |= m->control & in_string;
    uint64_t scalar = ~(m->punctuation | m->white | quote | in_string);
    uint64_t scalar_start = scalar & ~(scalar << 1 | carry->scalar);
    carry->scalar = scalar >> 63;
    uint64_t tokens = (m->punctuation & ~in_string) | (quote & in_string) | scalar_start;
    return put_tokens(out, tokens, base);
}

/* Checks a sequence that extends beyond the window, using the bytes after it. */
static inline KERNEL void finish_sequence(json_window *w)
{
    const char *end = w->text + w->len;
    const char *p = end;
    while (p > w->text && end - p < 3 && utf8_is_continuation(p[-1]))
        p--;
    if (p == w->text || (unsigned char)p[-1] < 0xc0)
        return;
    p--;
    unsigned char lead = (unsigned char)*p;
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (p + len <= end)
        return;
    utf8 u = {0};
    utf8_skip(&u, p, p + len);
    w->odd |= u.wrong || u.left > 0;
    w->next = (size_t)(p - w->text) + len;
}

static KERNEL void index_window(json_window *w)
{
    index_carry carry = {.in_string = w->starts_in_string ? ~(uint64_t)0 : 0};
    utf8_checker checker = {0};
    uint16_t *out = w->tokens;
    w->has_backslashes = false;
    for (size_t base = 0; base < w->len; base += JSON_BLOCK_BYTES) {
        block b = block_load(w->text + base);
        utf8_check(&checker, b);
        if (carry.in_string && block_is_plain(b))
            continue;
        block_mask m = block_masks(b);
        out = take_block(w, base, &m, &carry, out);
    }
    w->count = (size_t)(out - w->tokens);
    w->ends_in_string = carry.in_string != 0;
    w->odd = carry.control || carry.wrong_escape || !utf8_passed(&checker);
    w->next = MAX(w->len, carry.escaped_up_to);
    finish_sequence(w);
}

#endif
