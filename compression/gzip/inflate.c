/* state         reads                         next
 * BLOCK_HEADER  3 bits                        STORED_SIZE, CODED (fixed), CODE_COUNTS
 * STORED_SIZE   rest of the byte, 32 bits     STORED
 * STORED        the stored bytes              next block
 * CODE_COUNTS   14 bits                       CODE_ORDER
 * CODE_ORDER    3 bits each                   CODE_LENGTHS
 * CODE_LENGTHS  a code and its repeat count   CODED
 * CODED         a literal; a length with its  next block at the end-of-block symbol
 *               distance; the end of the block
 * next block: BLOCK_HEADER, or DONE after the last one.
 *
 * Fields and symbols are consumed completely or not at all: if the input ends within one, its bits
 * remain in `bits`. The fast loop runs while neither the input nor the output can end within a
 * symbol; it returns unused whole bytes and leaves faults to the careful loop, which reads the
 * symbol again.
 */
#include "base/util.h"
#include "compression/gzip/inflate_state.h"

/* ---- output ---- */

/* Moves the window to the front if the free space cannot hold a symbol. */
static void make_room(native_inflater *f)
{
    if (f->from < f->to || f->to + INFLATE_LONGEST <= INFLATE_BUFFER_BYTES)
        return;
    memmove(f->buffer, f->buffer + f->to - INFLATE_WINDOW_BYTES, INFLATE_WINDOW_BYTES);
    f->slid += f->to - INFLATE_WINDOW_BYTES;
    f->from = f->to = INFLATE_WINDOW_BYTES;
    f->reach_from = 0;
}

static bool stored(native_inflater *f, slice *in)
{
    size_t out_end = inflate_out_end(f);
    f->stored_begins = false;
    for (; f->stored_left > 0 && f->count >= 8 && f->to < out_end; f->stored_left--)
        f->buffer[f->to++] = (unsigned char)inflate_drop_bits(f, 8);
    size_t len = MIN(in->len, (size_t)f->stored_left);
    len = f->to < out_end ? MIN(len, out_end - f->to) : 0;
    memcpy(f->buffer + f->to, in->data, len);
    f->to += len;
    in->data += len;
    in->len -= len;
    f->stored_left -= (unsigned)len;
    if (f->stored_left == 0)
        inflate_next_block(f);
    return f->stored_left == 0;
}

/* Looks up an entry, through the second-level table if needed; the code starts after `at` bits.
 * *bits: length of the code including the root bits; *extra: the extra bits that follow. */
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

/* True if enough bits are present: the entry does not depend on the bits above them. */
static bool settle(native_inflater *f, slice *in, const uint32_t *table, unsigned root_bits,
                   unsigned at, uint32_t *entry, unsigned *bits, unsigned *extra)
{
    for (;;) {
        *entry = look_up(table, root_bits, f->bits >> at, bits, extra);
        if (f->count >= at + *bits)
            return inflate_need_bits(f, in, at + *bits + *extra);
        if (!inflate_need_bits(f, in, f->count + 1))
            return false;
    }
}

static unsigned extra_value(uint64_t ahead, unsigned bits)
{
    return (unsigned)(ahead & ((1ull << bits) - 1));
}

/* Decodes one symbol, with its distance. */
static bool careful_symbol(native_inflater *f, slice *in)
{
    uint32_t entry, far;
    unsigned bits, extra, far_bits, far_extra;
    if (!settle(f, in, f->literals, LITERAL_ROOT_BITS, 0, &entry, &bits, &extra))
        return false;
    if (entry & ENTRY_LITERAL) {
        inflate_drop_bits(f, bits);
        f->buffer[f->to++] = (unsigned char)(entry >> 16);
        return true;
    }
    if (entry & ENTRY_SPECIAL) {
        if (!(entry & ENTRY_END))
            return inflate_fault_set(f, "invalid literal/length code");
        inflate_drop_bits(f, bits);
        inflate_next_block(f);
        return true;
    }
    unsigned at = bits + extra;
    if (!settle(f, in, f->distances, DISTANCE_ROOT_BITS, at, &far, &far_bits, &far_extra))
        return false;
    if (far & ENTRY_SPECIAL)
        return inflate_fault_set(f, "invalid distance code");
    size_t len = (entry >> 16) + extra_value(f->bits >> bits, extra);
    size_t distance = (far >> 16) + extra_value(f->bits >> (at + far_bits), far_extra);
    if (distance > f->to - f->reach_from)
        return inflate_fault_set(f, "invalid distance too far back");
    f->bits >>= at + far_bits + far_extra;
    f->count -= at + far_bits + far_extra;
    inflate_copy_match(f->buffer + f->to, distance, len);
    f->to += len;
    return true;
}

/* False: the input has ended, the buffer is full, or a stop is reached. */
static bool coded(native_inflater *f, slice *in)
{
    while (f->state == CODED) {
        if (in->len >= INFLATE_FAST_IN && f->to + INFLATE_FAST_OUT <= inflate_out_end(f))
            inflate_fast_symbols(f, in);
        if (f->to + INFLATE_LONGEST > INFLATE_BUFFER_BYTES || f->to >= f->stop_to ||
            !careful_symbol(f, in))
            return false;
    }
    return true;
}

static bool step(native_inflater *f, slice *in)
{
    switch (f->state) {
    case BLOCK_HEADER:
    case STORED_SIZE:
    case CODE_COUNTS:
    case CODE_ORDER:
    case CODE_LENGTHS:
        return inflate_header_step(f, in);
    case STORED:
        return stored(f, in);
    case CODED:
        return coded(f, in);
    default:
        return false;
    }
}

/* ---- the inflater ---- */

/* Between symbols, and not within the headers before them. */
static bool at_stop(native_inflater *f)
{
    if (f->state == STORED && f->stored_begins && f->stops_at_stored) {
        f->stored_begins = false;
        return true;
    }
    return f->to >= f->stop_to &&
           (f->state == BLOCK_HEADER || f->state == STORED || f->state == CODED);
}

static bool decode(native_inflater *f, slice *data)
{
    while (f->state != DONE && f->state != FAULT) {
        if (at_stop(f))
            return true;
        if (!step(f, data))
            return at_stop(f);
    }
    return false;
}

static inflate_result run(inflater *base, slice *data, slice *out)
{
    native_inflater *f = (native_inflater *)base;
    make_room(f);
    f->call_begin = data->data;
    f->stop_to = f->stop_text <= f->slid ? 0 : (size_t)MIN(f->stop_text - f->slid, SIZE_MAX);
    bool stopped = decode(f, data);
    f->taken += (uint64_t)(data->data - f->call_begin);
    f->call_begin = data->data;
    *out = (slice){.data = (const char *)f->buffer + f->from, .len = f->to - f->from};
    f->from = f->to;
    if (f->state == DONE)
        return INFLATE_END;
    if (f->state == FAULT)
        return INFLATE_FAULT;
    if (stopped)
        return INFLATE_STOP;
    return data->len > 0 || f->to + INFLATE_LONGEST > INFLATE_BUFFER_BYTES ? INFLATE_FULL
                                                                           : INFLATE_MORE;
}

static void reset(inflater *base)
{
    native_inflater *f = (native_inflater *)base;
    base->cause = NULL;
    f->state = BLOCK_HEADER;
    f->bits = 0;
    f->count = 0;
    f->last_block = false;
    f->from = f->to = f->reach_from = 0;
    f->slid = f->taken = 0;
    f->block_bits = f->block_text = f->content_bits = 0;
    f->stop_text = UINT64_MAX;
    f->stops_at_stored = f->stored_begins = false;
}

static void release(inflater *base)
{
    free((native_inflater *)base);
}

static const inflater_ops native_ops = {.run = run, .reset = reset, .free = release};

inflater *inflater_native_new(void)
{
    native_inflater *f = xcalloc(1, sizeof *f);
    f->base.ops = &native_ops;
    reset(&f->base);
    return &f->base;
}
