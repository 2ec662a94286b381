/* State of the native DEFLATE decoder, shared by its three files.
 *
 * What:    inflate.c runs the state machine and decodes single symbols where the input or the
 *          output may end within one. inflate_headers.c reads block headers. inflate_fast.c decodes
 *          symbols where neither can end within one.
 * Owner:   the inflater of inflate.c. Input is borrowed for the duration of a call.
 * Threads: one at a time.
 * Fails:   by the state FAULT and the inflater's cause.
 */
#ifndef COMPRESSION_GZIP_INFLATE_STATE_H
#define COMPRESSION_GZIP_INFLATE_STATE_H

#include "base/util.h"
#include "compression/gzip/inflate.h"
#include "compression/gzip/inflate_tables.h"

#define INLINE inline __attribute__((always_inline))

#define INFLATE_WINDOW_BYTES 32768u
#define INFLATE_LONGEST      258u
#define INFLATE_COPY_SLACK   24u /* copies write less than this beyond their end */
#define INFLATE_BUFFER_BYTES (256u * 1024)
/* Upper bounds of one round of the fast loop, for input and output. */
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
    uint64_t bits; /* the next bits, lowest first; zero above `count` */
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
    size_t from, to;   /* decoded and not yet returned bytes of `buffer`; the end of the data */
    size_t reach_from; /* oldest byte that a distance may refer to */
    /* Position and stop: see inflate_place.h. */
    uint64_t slid;          /* bytes of text before buffer[0] */
    uint64_t taken;         /* bytes of input before the current call */
    const char *call_begin; /* the input of that call */
    uint64_t block_bits, block_text, content_bits;
    uint64_t stop_text;
    size_t stop_to; /* stop_text as an index of `buffer`, for the current call */
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

/* Bits of the stream that were consumed. */
static inline uint64_t inflate_bits_used(const native_inflater *f, const slice *in)
{
    return 8 * (f->taken + (uint64_t)(in->data - f->call_begin)) - f->count;
}

static inline void inflate_next_block(native_inflater *f)
{
    f->state = f->last_block ? DONE : BLOCK_HEADER;
}

/* End of the current call's output. */
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

/* Runs one step of BLOCK_HEADER, STORED_SIZE or a CODE_ state; false: the input has ended. */
bool inflate_header_step(native_inflater *f, slice *in) MUST_USE;

/* Decodes symbols while enough input and space remain; at the start the caller guarantees
 * INFLATE_FAST_IN and INFLATE_FAST_OUT bytes. Stops before faults and the end of the block. */
void inflate_fast_symbols(native_inflater *f, slice *in);

#endif
