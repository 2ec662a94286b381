/* The inside of our own DEFLATE decoder, which its three files share.
 *
 * What:    inflate.c takes the states in turn, symbols one by one where the input or the output may end
 *          within one. inflate_headers.c reads what stands in front of a block's bytes or symbols.
 *          inflate_fast.c decodes symbols where neither can end within one.
 * Owner:   inflate.c's object. Input is lent for the length of a call.
 * Threads: one at a time.
 * Fails:   by the state FAULT, and the inflater's cause.
 */
#ifndef COMPRESSION_GZIP_INFLATE_STATE_H
#define COMPRESSION_GZIP_INFLATE_STATE_H

#include "base/util.h"
#include "compression/gzip/inflate.h"
#include "compression/gzip/inflate_tables.h"

#define INLINE inline __attribute__((always_inline))

#define INFLATE_WINDOW_BYTES 32768u
#define INFLATE_LONGEST      258u
#define INFLATE_COPY_SLACK   24u /* copies run over their end by less */
#define INFLATE_BUFFER_BYTES (256u * 1024)
/* What a round of the fast loop takes at the most, of input and of room. */
#define INFLATE_FAST_IN  32u
#define INFLATE_FAST_OUT (INFLATE_LONGEST + INFLATE_COPY_SLACK)

typedef enum inflate_state {
    BLOCK_HEADER,
    STORED_SIZE,
    STORED,
    CODE_COUNTS,
    CODE_ORDER,
    CODE_LENGTHS,
    CODED,
    DONE,
    FAULT,
} inflate_state;

typedef struct native_inflater {
    inflater base;
    inflate_state state;
    uint64_t bits; /* those that come next, lowest first; above `count` zero */
    unsigned count;
    bool last_block;
    unsigned stored_left;
    unsigned literal_codes, distance_codes, order_codes;
    unsigned have; /* code lengths so far */
    uint8_t order_lengths[19];
    uint8_t lengths[288 + 32];
    uint32_t order_table[LENGTHS_ENTRIES];
    uint32_t literals[LITERAL_ENTRIES];
    uint32_t distances[DISTANCE_ENTRIES];
    size_t from, to;   /* what lies in `buffer`, and was not handed out; its end */
    size_t reach_from; /* the oldest byte that a distance may reach */
    /* Where it is, and where it stops: see inflate_place.h. */
    uint64_t slid;          /* bytes of text before buffer[0] */
    uint64_t taken;         /* bytes of input before the call under way */
    const char *call_begin; /* the input of that call */
    uint64_t block_bits, block_text, content_bits;
    uint64_t stop_text;
    size_t stop_to; /* stop_text as an index of `buffer`, for the call under way */
    bool stops_at_stored, stored_begins;
    unsigned char buffer[INFLATE_BUFFER_BYTES + INFLATE_COPY_SLACK];
} native_inflater;

static inline bool inflate_fault_set(native_inflater *f, const char *cause)
{
    f->state = FAULT;
    f->base.cause = cause;
    return true;
}

static inline bool inflate_need_bits(native_inflater *f, slice *in, unsigned count)
{
    while (f->count < count) {
        if (in->len == 0)
            return false;
        f->bits |= (uint64_t)(unsigned char)*in->data++ << f->count;
        f->count += 8;
        in->len--;
    }
    return true;
}

static inline unsigned inflate_drop_bits(native_inflater *f, unsigned count)
{
    unsigned value = (unsigned)(f->bits & ((1ull << count) - 1));
    f->bits >>= count;
    f->count -= count;
    return value;
}

/* Bits of the stream that are used up. */
static inline uint64_t inflate_bits_used(const native_inflater *f, const slice *in)
{
    return 8 * (f->taken + (uint64_t)(in->data - f->call_begin)) - f->count;
}

static inline void inflate_next_block(native_inflater *f)
{
    f->state = f->last_block ? DONE : BLOCK_HEADER;
}

/* Where the output of the call under way ends. */
static inline size_t inflate_out_end(const native_inflater *f)
{
    return MIN((size_t)INFLATE_BUFFER_BYTES, f->stop_to);
}

static INLINE void inflate_copy_match(unsigned char *out, size_t distance, size_t len)
{
    const unsigned char *from = out - distance;
    if (distance >= 8) {
        unsigned char *end = out + len;
        memcpy(out, from, 8);
        memcpy(out + 8, from + 8, 8);
        for (out += 16, from += 16; out < end; out += 8, from += 8)
            memcpy(out, from, 8);
        return;
    }
    for (; len > 0; len--)
        *out++ = *from++;
}

/* Does what BLOCK_HEADER, STORED_SIZE or a CODE_ state asks for; false: the input is at its end. */
bool inflate_header_step(native_inflater *f, slice *in) MUST_USE;

/* Decodes symbols while neither input nor room runs short; the caller has seen to INFLATE_FAST_IN and
 * INFLATE_FAST_OUT bytes of them. Stops in front of what it does not do: faults, and the end of the block. */
void inflate_fast_symbols(native_inflater *f, slice *in);

#endif
