/* state         needs                         then
 * BLOCK_HEADER  3 bits                        STORED_SIZE, CODED (fixed), CODE_COUNTS
 * STORED_SIZE   to the byte, 32 bits          STORED
 * STORED        its bytes                     next block
 * CODE_COUNTS   14 bits                       CODE_ORDER
 * CODE_ORDER    3 bits each                   CODE_LENGTHS
 * CODE_LENGTHS  a code and its repeat count   CODED
 * CODED         a literal; a length with its  next block at the end-of-block symbol
 *               distance; the end of the block
 * next block: BLOCK_HEADER, or DONE behind the last one.
 *
 * Fields and symbols are taken whole or not at all: where the input ends within one, its bits stay in
 * `bits`. The fast loop runs where neither the input nor the output can end within a symbol; it hands
 * back whole bytes that it has not used, and leaves faults to the careful loop, which meets the same
 * symbol again.
 */
#include "compression/inflate.h"

#include "compression/inflate_tables.h"

#include <endian.h>

#define WINDOW_BYTES 32768u
#define LONGEST      258u
#define COPY_SLACK   24u /* copies run over their end by less */
#define PAIR_BITS    48u /* a length and a distance, both with extra bits */
#define FAST_IN      32u
#define FAST_OUT     (LONGEST + COPY_SLACK)
#define BUFFER_BYTES (256u * 1024)

#define INLINE      inline __attribute__((always_inline))
#define UNLIKELY(x) __builtin_expect((x) != 0, 0)

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

typedef struct native {
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
    unsigned char buffer[BUFFER_BYTES + COPY_SLACK];
} native;

static bool fault(native *f, const char *cause)
{
    f->state = FAULT;
    f->base.cause = cause;
    return true;
}

/* ---- bits ---- */

static bool need(native *f, slice *in, unsigned count)
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

static unsigned drop(native *f, unsigned count)
{
    unsigned value = (unsigned)(f->bits & ((1ull << count) - 1));
    f->bits >>= count;
    f->count -= count;
    return value;
}

/* ---- block headers; each yields false when the input is at its end ---- */

static void next_block(native *f)
{
    f->state = f->last_block ? DONE : BLOCK_HEADER;
}

static void use_fixed_codes(native *f)
{
    memset(f->lengths, 8, 144);
    memset(f->lengths + 144, 9, 112);
    memset(f->lengths + 256, 7, 24);
    memset(f->lengths + 280, 8, 8);
    memset(f->lengths + 288, 5, 32);
    bool built = huffman_build(HUFFMAN_LITERALS, f->lengths, 288, f->literals) &&
                 huffman_build(HUFFMAN_DISTANCES, f->lengths + 288, 32, f->distances);
    f->state = CODED;
    if (!built)
        fault(f, "the fixed codes cannot be built");
}

static bool block_header(native *f, slice *in)
{
    if (!need(f, in, 3))
        return false;
    unsigned type = (unsigned)(f->bits >> 1 & 3);
    if (type == 3)
        return fault(f, "invalid block type");
    f->last_block = drop(f, 3) & 1;
    if (type == 0)
        f->state = STORED_SIZE;
    else if (type == 1)
        use_fixed_codes(f);
    else
        f->state = CODE_COUNTS;
    return true;
}

static bool stored_size(native *f, slice *in)
{
    drop(f, f->count % 8);
    if (!need(f, in, 32))
        return false;
    unsigned len = (unsigned)(f->bits & 0xffff), inverse = (unsigned)(f->bits >> 16 & 0xffff);
    if ((len ^ inverse) != 0xffff)
        return fault(f, "invalid stored block lengths");
    drop(f, 32);
    f->stored_left = len;
    f->state = STORED;
    return true;
}

static bool code_counts(native *f, slice *in)
{
    if (!need(f, in, 14))
        return false;
    f->literal_codes = (unsigned)(f->bits & 31) + 257;
    f->distance_codes = (unsigned)(f->bits >> 5 & 31) + 1;
    f->order_codes = (unsigned)(f->bits >> 10 & 15) + 4;
    if (f->literal_codes > 286 || f->distance_codes > 30)
        return fault(f, "too many length or distance symbols");
    drop(f, 14);
    f->have = 0;
    memset(f->order_lengths, 0, sizeof f->order_lengths);
    f->state = CODE_ORDER;
    return true;
}

static bool code_order(native *f, slice *in)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    for (; f->have < f->order_codes; f->have++) {
        if (!need(f, in, 3))
            return false;
        f->order_lengths[order[f->have]] = (uint8_t)drop(f, 3);
    }
    if (!huffman_build(HUFFMAN_LENGTHS, f->order_lengths, 19, f->order_table))
        return fault(f, "invalid code lengths set");
    f->have = 0;
    f->state = CODE_LENGTHS;
    return true;
}

static bool build_codes(native *f)
{
    if (f->lengths[256] == 0)
        return fault(f, "invalid code -- missing end-of-block");
    if (!huffman_build(HUFFMAN_LITERALS, f->lengths, f->literal_codes, f->literals))
        return fault(f, "invalid literal/lengths set");
    if (!huffman_build(HUFFMAN_DISTANCES, f->lengths + f->literal_codes, f->distance_codes,
                       f->distances))
        return fault(f, "invalid distances set");
    f->state = CODED;
    return true;
}

/* One code and what it stands for: a length, or one that is repeated. */
static bool code_length(native *f, slice *in)
{
    static const uint8_t extra_bits[] = {2, 3, 7}, least[] = {3, 3, 11};
    uint32_t entry = f->order_table[f->bits & (LENGTHS_ENTRIES - 1)];
    while (f->count < (entry & 255)) {
        if (!need(f, in, f->count + 1))
            return false;
        entry = f->order_table[f->bits & (LENGTHS_ENTRIES - 1)];
    }
    unsigned symbol = entry >> 16, code_bits = entry & 255;
    if (symbol < 16) {
        drop(f, code_bits);
        f->lengths[f->have++] = (uint8_t)symbol;
        return true;
    }
    if (!need(f, in, code_bits + extra_bits[symbol - 16]))
        return false;
    unsigned extra = (unsigned)(f->bits >> code_bits) & ((1u << extra_bits[symbol - 16]) - 1);
    unsigned repeat = least[symbol - 16] + extra;
    if ((symbol == 16 && f->have == 0) || f->have + repeat > f->literal_codes + f->distance_codes)
        return fault(f, "invalid bit length repeat");
    drop(f, code_bits + extra_bits[symbol - 16]);
    memset(f->lengths + f->have, symbol == 16 ? f->lengths[f->have - 1] : 0, repeat);
    f->have += repeat;
    return true;
}

static bool code_lengths(native *f, slice *in)
{
    while (f->have < f->literal_codes + f->distance_codes)
        if (!code_length(f, in) || f->state == FAULT)
            return f->state == FAULT;
    return build_codes(f);
}

/* ---- what comes out ---- */

/* Moves the window to the front, when the room behind it no longer holds a symbol. */
static void make_room(native *f)
{
    if (f->from < f->to || f->to + LONGEST <= BUFFER_BYTES)
        return;
    memmove(f->buffer, f->buffer + f->to - WINDOW_BYTES, WINDOW_BYTES);
    f->from = f->to = WINDOW_BYTES;
    f->reach_from = 0;
}

static bool stored(native *f, slice *in)
{
    for (; f->stored_left > 0 && f->count >= 8; f->stored_left--)
        f->buffer[f->to++] = (unsigned char)drop(f, 8);
    size_t len = MIN(in->len, (size_t)f->stored_left);
    len = MIN(len, BUFFER_BYTES - f->to);
    memcpy(f->buffer + f->to, in->data, len);
    f->to += len;
    in->data += len;
    in->len -= len;
    f->stored_left -= (unsigned)len;
    if (f->stored_left == 0)
        next_block(f);
    return f->stored_left == 0;
}

/* Looks an entry up, through the second table; its code begins `at` bits on. *bits is how many the
 * code takes in all, a subtable's root included, *extra how many follow it. */
static uint32_t look_up(const uint32_t *table, unsigned root_bits, uint64_t ahead, unsigned *bits,
                        unsigned *extra)
{
    uint32_t entry = table[ahead & ((1u << root_bits) - 1)];
    unsigned root = 0;
    if ((entry & ENTRY_SPECIAL) && (entry & ENTRY_SUBTABLE)) {
        root = root_bits;
        entry = table[(entry >> 16) + (ahead >> root_bits & ((1u << (entry >> 8 & 15)) - 1))];
    }
    bool has_extra = !(entry & (ENTRY_LITERAL | ENTRY_SPECIAL));
    *bits = root + (has_extra ? entry >> 8 & 15 : entry & 255);
    *extra = has_extra ? (entry & 255) - (entry >> 8 & 15) : 0;
    return entry;
}

/* An entry holds once its bits are there: what lies above them does not change it. */
static bool settle(native *f, slice *in, const uint32_t *table, unsigned root_bits, unsigned at,
                   uint32_t *entry, unsigned *bits, unsigned *extra)
{
    for (;;) {
        *entry = look_up(table, root_bits, f->bits >> at, bits, extra);
        if (f->count >= at + *bits)
            return need(f, in, at + *bits + *extra);
        if (!need(f, in, f->count + 1))
            return false;
    }
}

static INLINE void copy_match(unsigned char *out, size_t distance, size_t len)
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

static unsigned extra_value(uint64_t ahead, unsigned bits)
{
    return (unsigned)(ahead & ((1ull << bits) - 1));
}

/* One symbol, with its distance. */
static bool careful_symbol(native *f, slice *in)
{
    uint32_t entry, far;
    unsigned bits, extra, far_bits, far_extra;
    if (!settle(f, in, f->literals, LITERAL_ROOT_BITS, 0, &entry, &bits, &extra))
        return false;
    if (entry & ENTRY_LITERAL) {
        drop(f, bits);
        f->buffer[f->to++] = (unsigned char)(entry >> 16);
        return true;
    }
    if (entry & ENTRY_SPECIAL) {
        if (!(entry & ENTRY_END))
            return fault(f, "invalid literal/length code");
        drop(f, bits);
        next_block(f);
        return true;
    }
    unsigned at = bits + extra;
    if (!settle(f, in, f->distances, DISTANCE_ROOT_BITS, at, &far, &far_bits, &far_extra))
        return false;
    if (far & ENTRY_SPECIAL)
        return fault(f, "invalid distance code");
    size_t len = (entry >> 16) + extra_value(f->bits >> bits, extra);
    size_t distance = (far >> 16) + extra_value(f->bits >> (at + far_bits), far_extra);
    if (distance > f->to - f->reach_from)
        return fault(f, "invalid distance too far back");
    f->bits >>= at + far_bits + far_extra;
    f->count -= at + far_bits + far_extra;
    copy_match(f->buffer + f->to, distance, len);
    f->to += len;
    return true;
}

/* What the fast loop keeps in registers. */
typedef struct fast {
    const unsigned char *in;
    unsigned char *out;
    uint64_t bits;
    unsigned count;
    uint32_t entry; /* of the next literal or length */
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

static INLINE void fast_next(const native *f, fast *r)
{
    r->entry = f->literals[r->bits & ((1u << LITERAL_ROOT_BITS) - 1)];
}

static INLINE void fast_literal(const native *f, fast *r)
{
    fast_drop(r, r->entry & 255);
    *r->out++ = (unsigned char)(r->entry >> 16);
    fast_next(f, r);
}

/* The value of a base entry whose code and extra bits come next, which it drops. */
static INLINE size_t fast_value(fast *r, uint32_t entry)
{
    unsigned code = entry >> 8 & 15, all = entry & 63;
    size_t extra = (size_t)((r->bits & ((1ull << all) - 1)) >> code);
    fast_drop(r, all);
    return (entry >> 16) + extra;
}

/* A length and its distance; false, with the registers as they were, at what is no such pair. */
static INLINE bool fast_match(const native *f, fast *r)
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
    copy_match(r->out, distance, len);
    r->out += len;
    return true;
}

/* Stops in front of what it does not do: faults, and the end of the block. The next entry is looked
 * up before a match is copied: the table's latency passes meanwhile. */
static INLINE void fast_loop(native *f, slice *data)
{
    const unsigned char *begin = (const unsigned char *)data->data;
    const unsigned char *in_end = begin + data->len - FAST_IN;
    unsigned char *out_end = f->buffer + BUFFER_BYTES - FAST_OUT;
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

static void fast_symbols_plain(native *f, slice *data)
{
    fast_loop(f, data);
}

#ifdef __x86_64__
/* Shifts by a register's count take one step less with BMI2. */
__attribute__((target("bmi,bmi2"))) static void fast_symbols_bmi2(native *f, slice *data)
{
    fast_loop(f, data);
}

static void fast_symbols(native *f, slice *data)
{
    if (__builtin_cpu_supports("bmi2"))
        fast_symbols_bmi2(f, data);
    else
        fast_symbols_plain(f, data);
}
#else
static void fast_symbols(native *f, slice *data)
{
    fast_symbols_plain(f, data);
}
#endif

/* False: the input is at its end, or the buffer is full. */
static bool coded(native *f, slice *in)
{
    while (f->state == CODED) {
        if (in->len >= FAST_IN && f->to + FAST_OUT <= BUFFER_BYTES)
            fast_symbols(f, in);
        if (f->to + LONGEST > BUFFER_BYTES || !careful_symbol(f, in))
            return false;
    }
    return true;
}

static bool step(native *f, slice *in)
{
    switch (f->state) {
    case BLOCK_HEADER:
        return block_header(f, in);
    case STORED_SIZE:
        return stored_size(f, in);
    case STORED:
        return stored(f, in);
    case CODE_COUNTS:
        return code_counts(f, in);
    case CODE_ORDER:
        return code_order(f, in);
    case CODE_LENGTHS:
        return code_lengths(f, in);
    case CODED:
        return coded(f, in);
    default:
        return false;
    }
}

/* ---- the inflater ---- */

static inflate_result run(inflater *base, slice *data, slice *out)
{
    native *f = (native *)base;
    make_room(f);
    while (f->state != DONE && f->state != FAULT && step(f, data))
        ;
    *out = (slice){.data = (const char *)f->buffer + f->from, .len = f->to - f->from};
    f->from = f->to;
    if (f->state == DONE)
        return INFLATE_END;
    if (f->state == FAULT)
        return INFLATE_FAULT;
    return data->len > 0 || f->to + LONGEST > BUFFER_BYTES ? INFLATE_FULL : INFLATE_MORE;
}

static void reset(inflater *base)
{
    native *f = (native *)base;
    base->cause = NULL;
    f->state = BLOCK_HEADER;
    f->bits = 0;
    f->count = 0;
    f->last_block = false;
    f->from = f->to = f->reach_from = 0;
}

static void release(inflater *base)
{
    free((native *)base);
}

static const inflater_ops native_ops = {.run = run, .reset = reset, .free = release};

inflater *inflater_native_new(void)
{
    native *f = xcalloc(1, sizeof *f);
    f->base.ops = &native_ops;
    reset(&f->base);
    return &f->base;
}
