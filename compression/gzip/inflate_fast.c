/* Decodes DEFLATE symbols while neither the input nor the output can end within one. Returns unused
 * whole bytes and leaves faults to the careful loop, which reads the symbol again. */
#include "base/util.h"
#include "compression/gzip/inflate_state.h"

#include <endian.h>

#define UNLIKELY(x) __builtin_expect((x) != 0, 0)

/* State that the fast loop keeps in registers. */
typedef struct fast {
    const unsigned char *in;
    unsigned char *out;
    uint64_t bits;
    unsigned count;
    uint32_t entry; /* entry of the next literal or length */
} fast;

static INLINE void fast_refill(fast *r)
{
    uint64_t word;
    memcpy(&word, r->in, 8);
    r->bits |= le64toh(word) << r->count;
    r->in += (63 - r->count) >> 3;
    r->count |= 56;
}

static INLINE void fast_drop(fast *r, unsigned count)
{
    r->bits >>= count & 63;
    r->count -= count & 63;
}

static INLINE void fast_next(const native_inflater *f, fast *r)
{
    r->entry = f->literals[r->bits & ((1u << LITERAL_ROOT_BITS) - 1)];
}

static INLINE void fast_literal(const native_inflater *f, fast *r)
{
    fast_drop(r, r->entry & 255);
    *r->out++ = (unsigned char)(r->entry >> 16);
    fast_next(f, r);
}

/* The value of a base entry whose code and extra bits are next; consumes them. */
static INLINE size_t fast_value(fast *r, uint32_t entry)
{
    unsigned code = entry >> 8 & 15, all = entry & 63;
    size_t extra = (size_t)((r->bits & ((1ull << all) - 1)) >> code);
    fast_drop(r, all);
    return (entry >> 16) + extra;
}

/* Decodes a length and its distance; false, with the registers unchanged, if they are
 * not a valid pair. */
static INLINE bool fast_match(const native_inflater *f, fast *r)
{
    fast before = *r;
    if (UNLIKELY(r->entry & ENTRY_SPECIAL)) {
        if (!(r->entry & ENTRY_SUBTABLE))
            return false;
        fast_drop(r, LITERAL_ROOT_BITS);
        r->entry = f->literals[(r->entry >> 16) + (r->bits & ((1u << (r->entry >> 8 & 15)) - 1))];
        if (r->entry & ENTRY_LITERAL) {
            fast_literal(f, r);
            return true;
        }
        if (r->entry & ENTRY_SPECIAL) {
            *r = before;
            return false;
        }
    }
    size_t len = fast_value(r, r->entry);
    fast_refill(r);
    uint32_t far = f->distances[r->bits & ((1u << DISTANCE_ROOT_BITS) - 1)];
    if (UNLIKELY(far & ENTRY_SPECIAL)) {
        fast_drop(r, DISTANCE_ROOT_BITS);
        if (far & ENTRY_SUBTABLE)
            far = f->distances[(far >> 16) + (r->bits & ((1u << (far >> 8 & 15)) - 1))];
    }
    size_t distance = fast_value(r, far);
    if (UNLIKELY((far & ENTRY_SPECIAL) ||
                 distance > (size_t)(r->out - f->buffer) - f->reach_from)) {
        *r = before;
        return false;
    }
    fast_refill(r);
    fast_next(f, r);
    inflate_copy_match(r->out, distance, len);
    r->out += len;
    return true;
}

/* Stops before faults and the end of the block. The next entry is looked up before a match is
 * copied, to hide the latency of the table. */
static INLINE void fast_loop(native_inflater *f, slice *data)
{
    const unsigned char *begin = (const unsigned char *)data->data;
    const unsigned char *in_end = begin + data->len - INFLATE_FAST_IN;
    unsigned char *out_end = f->buffer + inflate_out_end(f) - INFLATE_FAST_OUT;
    fast r = {.in = begin, .out = f->buffer + f->to, .bits = f->bits, .count = f->count};
    fast_refill(&r);
    fast_next(f, &r);
    while (r.in <= in_end && r.out <= out_end) {
        for (unsigned i = 0; i < 3 && (r.entry & ENTRY_LITERAL); i++)
            fast_literal(f, &r);
        if (!(r.entry & ENTRY_LITERAL) && !fast_match(f, &r))
            break;
        fast_refill(&r);
    }
    size_t unused = MIN((size_t)r.count / 8, (size_t)(r.in - begin));
    r.in -= unused;
    r.count -= 8 * (unsigned)unused;
    f->bits = r.bits & ((1ull << r.count) - 1);
    f->count = r.count;
    f->to = (size_t)(r.out - f->buffer);
    data->data += r.in - begin;
    data->len -= (size_t)(r.in - begin);
}

static void fast_symbols_plain(native_inflater *f, slice *data)
{
    fast_loop(f, data);
}

#ifdef __x86_64__
/* BMI2 shifts by a register need one instruction less. */
__attribute__((target("bmi,bmi2"))) static void fast_symbols_bmi2(native_inflater *f, slice *data)
{
    fast_loop(f, data);
}

void inflate_fast_symbols(native_inflater *f, slice *data)
{
    if (__builtin_cpu_supports("bmi2"))
        fast_symbols_bmi2(f, data);
    else
        fast_symbols_plain(f, data);
}
#else
void inflate_fast_symbols(native_inflater *f, slice *data)
{
    fast_symbols_plain(f, data);
}
#endif
