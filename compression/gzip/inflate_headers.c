/* Reads block headers: the type, the size of a stored block, the codes. Each step returns false at
 * the end of the input. */
#include "base/util.h"
#include "compression/gzip/inflate_state.h"

static void use_fixed_codes(native_inflater *f)
{
    memset(f->lengths, 8, 144);
    memset(f->lengths + 144, 9, 112);
    memset(f->lengths + 256, 7, 24);
    memset(f->lengths + 280, 8, 8);
    memset(f->lengths + 288, 5, 32);
    f->literal_codes = 288;
    bool built = huffman_build(HUFFMAN_LITERALS, f->lengths, 288, f->literals) &&
                 huffman_build(HUFFMAN_DISTANCES, f->lengths + 288, 32, f->distances);
    f->state = CODED;
    if (!built)
        inflate_fault_set(f, "the fixed codes cannot be built");
}

static bool block_header(native_inflater *f, slice *in)
{
    if (!inflate_need_bits(f, in, 3))
        return false;
    unsigned type = (unsigned)(f->bits >> 1 & 3);
    if (type == 3)
        return inflate_fault_set(f, "invalid block type");
    f->last_block = inflate_drop_bits(f, 3) & 1;
    if (type == 0)
        f->state = STORED_SIZE;
    else if (type == 1)
        use_fixed_codes(f);
    else
        f->state = CODE_COUNTS;
    return true;
}

static bool stored_size(native_inflater *f, slice *in)
{
    inflate_drop_bits(f, f->count % 8);
    if (!inflate_need_bits(f, in, 32))
        return false;
    unsigned len = (unsigned)(f->bits & 0xffff), inverse = (unsigned)(f->bits >> 16 & 0xffff);
    if ((len ^ inverse) != 0xffff)
        return inflate_fault_set(f, "invalid stored block lengths");
    inflate_drop_bits(f, 32);
    f->stored_left = len;
    f->state = STORED;
    return true;
}

static bool code_counts(native_inflater *f, slice *in)
{
    if (!inflate_need_bits(f, in, 14))
        return false;
    f->literal_codes = (unsigned)(f->bits & 31) + 257;
    f->distance_codes = (unsigned)(f->bits >> 5 & 31) + 1;
    f->order_codes = (unsigned)(f->bits >> 10 & 15) + 4;
    if (f->literal_codes > 286 || f->distance_codes > 30)
        return inflate_fault_set(f, "too many length or distance symbols");
    inflate_drop_bits(f, 14);
    f->have = 0;
    memset(f->order_lengths, 0, sizeof f->order_lengths);
    f->state = CODE_ORDER;
    return true;
}

static bool code_order(native_inflater *f, slice *in)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    for (; f->have < f->order_codes; f->have++) {
        if (!inflate_need_bits(f, in, 3))
            return false;
        f->order_lengths[order[f->have]] = (uint8_t)inflate_drop_bits(f, 3);
    }
    if (!huffman_build(HUFFMAN_LENGTHS, f->order_lengths, 19, f->order_table))
        return inflate_fault_set(f, "invalid code lengths set");
    f->have = 0;
    f->state = CODE_LENGTHS;
    return true;
}

static bool build_codes(native_inflater *f)
{
    if (f->lengths[256] == 0)
        return inflate_fault_set(f, "invalid code -- missing end-of-block");
    if (!huffman_build(HUFFMAN_LITERALS, f->lengths, f->literal_codes, f->literals))
        return inflate_fault_set(f, "invalid literal/lengths set");
    if (!huffman_build(HUFFMAN_DISTANCES, f->lengths + f->literal_codes, f->distance_codes,
                       f->distances))
        return inflate_fault_set(f, "invalid distances set");
    f->state = CODED;
    return true;
}

/* One code of CODE_LENGTHS: a length, or a repeat. */
static bool code_length(native_inflater *f, slice *in)
{
    static const uint8_t extra_bits[] = {2, 3, 7}, least[] = {3, 3, 11};
    uint32_t entry = f->order_table[f->bits & (LENGTHS_ENTRIES - 1)];
    while (f->count < (entry & 255)) {
        if (!inflate_need_bits(f, in, f->count + 1))
            return false;
        entry = f->order_table[f->bits & (LENGTHS_ENTRIES - 1)];
    }
    unsigned symbol = entry >> 16, code_bits = entry & 255;
    if (symbol < 16) {
        inflate_drop_bits(f, code_bits);
        f->lengths[f->have++] = (uint8_t)symbol;
        return true;
    }
    if (!inflate_need_bits(f, in, code_bits + extra_bits[symbol - 16]))
        return false;
    unsigned extra = (unsigned)(f->bits >> code_bits) & ((1u << extra_bits[symbol - 16]) - 1);
    unsigned repeat = least[symbol - 16] + extra;
    if ((symbol == 16 && f->have == 0) || f->have + repeat > f->literal_codes + f->distance_codes)
        return inflate_fault_set(f, "invalid bit length repeat");
    inflate_drop_bits(f, code_bits + extra_bits[symbol - 16]);
    memset(f->lengths + f->have, symbol == 16 ? f->lengths[f->have - 1] : 0, repeat);
    f->have += repeat;
    return true;
}

static bool code_lengths(native_inflater *f, slice *in)
{
    while (f->have < f->literal_codes + f->distance_codes)
        if (!code_length(f, in) || f->state == FAULT)
            return f->state == FAULT;
    return build_codes(f);
}

static bool header_step(native_inflater *f, slice *in)
{
    switch (f->state) {
    case BLOCK_HEADER:
        return block_header(f, in);
    case STORED_SIZE:
        return stored_size(f, in);
    case CODE_COUNTS:
        return code_counts(f, in);
    case CODE_ORDER:
        return code_order(f, in);
    default:
        return code_lengths(f, in);
    }
}

bool inflate_header_step(native_inflater *f, slice *in)
{
    bool is_block = f->state == BLOCK_HEADER;
    uint64_t at = inflate_bits_used(f, in);
    if (!header_step(f, in))
        return false;
    if (is_block) {
        f->block_bits = at;
        f->block_text = f->slid + f->to;
    }
    f->stored_begins = f->state == STORED;
    if (f->state == CODED || f->state == STORED)
        f->content_bits = inflate_bits_used(f, in);
    return true;
}
