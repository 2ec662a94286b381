#include "base/util.h"
#include "compression/gzip/inflate_place.h"

#include "compression/gzip/inflate_state.h"

#define END_OF_BLOCK  256
#define CODE_BITS_MAX 15

void inflater_stop(inflater *base, uint64_t text, bool at_stored)
{
    native_inflater *f = (native_inflater *)base;
    f->stop_text = text;
    f->stops_at_stored = at_stored;
}

/* The canonical code of the end-of-block symbol (RFC 1951, section 3.2.2), first bit lowest. */
static unsigned end_code(const native_inflater *f)
{
    unsigned counts[CODE_BITS_MAX + 1] = {0}, code = 0, reversed = 0;
    unsigned len = f->lengths[END_OF_BLOCK];
    for (unsigned i = 0; i < f->literal_codes; i++)
        counts[f->lengths[i]] += f->lengths[i] != 0;
    for (unsigned bits = 1; bits <= len; bits++)
        code = (code + counts[bits - 1]) << 1;
    for (unsigned i = 0; i < END_OF_BLOCK; i++)
        code += f->lengths[i] == len;
    for (unsigned bits = 0; bits < len; bits++, code >>= 1)
        reversed = reversed << 1 | (code & 1);
    return reversed;
}

inflate_place inflater_place(const inflater *base)
{
    const native_inflater *f = (const native_inflater *)base;
    inflate_place p = {.bits = 8 * f->taken - f->count,
                       .text = f->slid + f->to,
                       .block_bits = f->block_bits,
                       .block_text = f->block_text,
                       .content_bits = f->content_bits,
                       .is_last = f->last_block};
    if (f->state == STORED) {
        p.within = INFLATE_IN_STORED;
        p.stored_left = f->stored_left;
    } else if (f->state == CODED) {
        p.within = INFLATE_IN_CODED;
        p.end_code_len = f->lengths[END_OF_BLOCK];
        p.end_code = end_code(f);
    }
    return p;
}

slice inflater_history(const inflater *base)
{
    const native_inflater *f = (const native_inflater *)base;
    size_t len = MIN(f->to - f->reach_from, (size_t)INFLATE_WINDOW_BYTES);
    return (slice){.data = (const char *)f->buffer + f->to - len, .len = len};
}
