#include "base/util.h"
#include "compression/bzip2/bzip2_bits.h"

#include <pthread.h>

uint64_t bzip2_bits_read(slice bytes, uint64_t at, unsigned count)
{
    const unsigned char *p = (const unsigned char *)bytes.data + at / 8;
    unsigned skip = at % 8;
    uint64_t value = 0;
    for (unsigned have = 0; have < skip + count; have += 8)
        value = value << 8 | *p++;
    unsigned rest = (8 - (skip + count) % 8) % 8;
    return value >> rest & ((1ull << count) - 1);
}

size_t bzip2_bits_copy(slice bytes, uint64_t from, uint64_t to, unsigned char *out)
{
    const unsigned char *p = (const unsigned char *)bytes.data + from / 8;
    const unsigned char *end = (const unsigned char *)bytes.data + bytes.len;
    unsigned shift = from % 8;
    size_t len = (size_t)((to - from + 7) / 8);
    if (shift == 0)
        memcpy(out, p, len);
    else
        for (size_t i = 0; i < len; i++)
            out[i] =
                (unsigned char)(p[i] << shift | (p + i + 1 < end ? p[i + 1] : 0) >> (8 - shift));
    unsigned over = (unsigned)(len * 8 - (to - from));
    if (over > 0)
        out[len - 1] = (unsigned char)(out[len - 1] & (0xffu << over));
    return len;
}

/* At any shift a mark covers five whole bytes after the byte in which it begins. Two of them
 * exclude almost all positions: the tables have, for each byte value, one bit per shift and kind of
 * mark that it is compatible with. */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static uint16_t first_byte[256], second_byte[256];

static void make_tables(void)
{
    static const uint64_t marks[] = {BZIP2_BLOCK_MARK, BZIP2_END_MARK};
    for (unsigned kind = 0; kind < 2; kind++)
        for (unsigned shift = 0; shift < 8; shift++) {
            uint16_t bit = (uint16_t)(1u << (kind * 8 + shift));
            first_byte[marks[kind] >> (32 + shift) & 255] |= bit;
            second_byte[marks[kind] >> (24 + shift) & 255] |= bit;
        }
}

static bool is_mark(slice bytes, uint64_t at)
{
    uint64_t value = bzip2_bits_read(bytes, at, BZIP2_MARK_BITS);
    return value == BZIP2_BLOCK_MARK || value == BZIP2_END_MARK;
}

uint64_t bzip2_bits_find_mark(slice bytes, uint64_t from)
{
    uint64_t bits = (uint64_t)bytes.len * 8;
    const unsigned char *p = (const unsigned char *)bytes.data;
    pthread_once(&tables_once, make_tables);
    for (size_t at = (size_t)(from / 8); at + 6 <= bytes.len; at++) {
        unsigned both = first_byte[p[at + 1]] & second_byte[p[at + 2]];
        for (unsigned shift = 0; both != 0 && shift < 8; shift++) {
            uint64_t start = (uint64_t)at * 8 + shift;
            if ((both & (0x101u << shift)) && start >= from && start + BZIP2_MARK_BITS <= bits &&
                is_mark(bytes, start))
                return start;
        }
    }
    return UINT64_MAX;
}
