#include "base/util.h"
#include "compression/gzip/inflate_tables.h"

#include <string.h>

#define BITS_MAX    15
#define SYMBOLS_MAX 288

static const struct {
    unsigned root_bits, entries;
} kinds[] = {
    [HUFFMAN_LENGTHS] = {LENGTHS_ROOT_BITS, LENGTHS_ENTRIES},
    [HUFFMAN_LITERALS] = {LITERAL_ROOT_BITS, LITERAL_ENTRIES},
    [HUFFMAN_DISTANCES] = {DISTANCE_ROOT_BITS, DISTANCE_ENTRIES},
};

static uint32_t base_entry(uint32_t value, unsigned extra_bits, unsigned bits)
{
    return value << 16 | bits << 8 | (bits + extra_bits);
}

static uint32_t literal_entry(unsigned symbol, unsigned bits)
{
    static const uint16_t base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    if (symbol < 256)
        return ENTRY_LITERAL | symbol << 16 | bits;
    if (symbol == 256)
        return ENTRY_SPECIAL | ENTRY_END | bits;
    if (symbol - 257 >= ARRAY_LEN(base))
        return ENTRY_SPECIAL | bits; /* 286 and 287 are not used */
    return base_entry(base[symbol - 257], extra[symbol - 257], bits);
}

static uint32_t distance_entry(unsigned symbol, unsigned bits)
{
    if (symbol >= 30)
        return ENTRY_SPECIAL | bits; /* 30 and 31 are not used */
    unsigned extra_bits = symbol < 4 ? 0 : symbol / 2 - 1;
    uint32_t base = symbol < 4 ? symbol : (2 + symbol % 2) << extra_bits;
    return base_entry(base + 1, extra_bits, bits);
}

static uint32_t entry_of(huffman_kind kind, unsigned symbol, unsigned bits)
{
    switch (kind) {
    case HUFFMAN_LITERALS:
        return literal_entry(symbol, bits);
    case HUFFMAN_DISTANCES:
        return distance_entry(symbol, bits);
    default:
        return base_entry(symbol, 0, bits);
    }
}

static unsigned reverse(unsigned code, unsigned bits)
{
    unsigned result = 0;
    for (; bits > 0; bits--, code >>= 1)
        result = result << 1 | (code & 1);
    return result;
}

/* Unused code space: 0 if the set is complete. */
static int room_left(const unsigned *counts)
{
    int left = 1;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
        left = left * 2 - (int)counts[bits];
        if (left < 0)
            return left;
    }
    return left;
}

static bool lengths_fit(huffman_kind kind, const unsigned *counts, unsigned longest)
{
    if (longest == 0)
        return kind != HUFFMAN_LITERALS; /* distances: a block with only literals */
    int left = room_left(counts);
    return left == 0 || (left > 0 && kind != HUFFMAN_LENGTHS && longest == 1);
}

/* Symbols in the order of their codes: by length, then by value. */
static unsigned sort_symbols(const uint8_t *lengths, unsigned symbols, const unsigned *counts,
                             uint16_t *sorted)
{
    unsigned starts[BITS_MAX + 2] = {0};
    for (unsigned bits = 1; bits <= BITS_MAX; bits++)
        starts[bits + 1] = starts[bits] + counts[bits];
    unsigned used = starts[BITS_MAX + 1];
    for (unsigned symbol = 0; symbol < symbols; symbol++)
        if (lengths[symbol])
            sorted[starts[lengths[symbol]]++] = (uint16_t)symbol;
    return used;
}

typedef struct builder {
    huffman_kind kind;
    uint32_t *table;
    unsigned root_bits;
    unsigned next; /* first free entry */
    unsigned longest;
    unsigned counts[BITS_MAX + 1]; /* remaining codes of each length */
    unsigned prefix, sub_at, sub_bits;
} builder;

/* The number of index bits of the subtable that starts with a code of this length. */
static unsigned subtable_bits(const builder *b, unsigned bits)
{
    unsigned sub = bits - b->root_bits;
    int left = 1 << sub;
    for (; b->root_bits + sub < b->longest; sub++, left *= 2) {
        left -= (int)b->counts[b->root_bits + sub];
        if (left <= 0)
            break;
    }
    return sub;
}

static void fill(uint32_t *table, unsigned from, unsigned step, unsigned end, uint32_t entry)
{
    for (unsigned i = from; i < end; i += step)
        table[i] = entry;
}

static bool open_subtable(builder *b, unsigned prefix, unsigned bits)
{
    b->prefix = prefix;
    b->sub_bits = subtable_bits(b, bits);
    b->sub_at = b->next;
    b->next += 1u << b->sub_bits;
    if (b->next > kinds[b->kind].entries)
        return false;
    b->table[prefix] =
        b->sub_at << 16 | ENTRY_SPECIAL | ENTRY_SUBTABLE | b->sub_bits << 8 | b->root_bits;
    return true;
}

static bool place(builder *b, unsigned symbol, unsigned code, unsigned bits)
{
    unsigned reversed = reverse(code, bits);
    if (bits <= b->root_bits) {
        fill(b->table, reversed, 1u << bits, 1u << b->root_bits, entry_of(b->kind, symbol, bits));
        return true;
    }
    unsigned prefix = reversed & ((1u << b->root_bits) - 1);
    if (prefix != b->prefix && !open_subtable(b, prefix, bits))
        return false;
    unsigned sub = bits - b->root_bits;
    fill(b->table + b->sub_at, reversed >> b->root_bits, 1u << sub, 1u << b->sub_bits,
         entry_of(b->kind, symbol, sub));
    return true;
}

bool huffman_build(huffman_kind kind, const uint8_t *lengths, unsigned symbols, uint32_t *table)
{
    builder b = {.kind = kind, .table = table, .root_bits = kinds[kind].root_bits};
    uint16_t sorted[SYMBOLS_MAX];
    for (unsigned symbol = 0; symbol < symbols; symbol++)
        b.counts[lengths[symbol]] += lengths[symbol] != 0;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++)
        b.longest = b.counts[bits] ? bits : b.longest;
    if (!lengths_fit(kind, b.counts, b.longest))
        return false;
    b.next = 1u << b.root_bits;
    b.prefix = UINT32_MAX;
    /* Only these sets may be incomplete. As in zlib, an empty set of lengths is treated as one code
     * of one bit, and the missing end of block is detected later. */
    if (b.longest < 2)
        fill(table, 0, 1, b.next,
             kind == HUFFMAN_LENGTHS ? base_entry(0, 0, 1) : ENTRY_SPECIAL | 1);
    unsigned used = sort_symbols(lengths, symbols, b.counts, sorted);
    for (unsigned i = 0, code = 0, bits = 0; i < used; i++, code++) {
        code <<= lengths[sorted[i]] - bits;
        bits = lengths[sorted[i]];
        if (!place(&b, sorted[i], code, bits))
            return false;
        b.counts[bits]--;
    }
    return true;
}
