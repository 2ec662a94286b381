/* CRCs by tables ("slicing by eight": eight look-ups process eight bytes at once), and arithmetic
 * of their registers. */
#include "base/util.h"
#include "base/digest/crc.h"

#include <endian.h>
#include <pthread.h>
#include <string.h>

static const struct {
    unsigned bits;
    uint64_t poly; /* reflected */
} kinds[CRC_KIND_COUNT] = {
    [CRC_IEEE] = {32, 0xedb88320u},           /* 0x04c11db7 */
    [CRC_C] = {32, 0x82f63b78u},              /* 0x1edc6f41 */
    [CRC_NVME] = {64, 0x9a6c9329ac4bc9b5ull}, /* 0xad93d23594c93659 */
};

static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static uint64_t tables[CRC_KIND_COUNT][8][256];

unsigned crc_bits(crc_kind kind)
{
    return kinds[kind].bits;
}

static uint64_t times_x(crc_kind kind, uint64_t reg)
{
    return reg & 1 ? reg >> 1 ^ kinds[kind].poly : reg >> 1;
}

static void make_table(crc_kind kind)
{
    uint64_t(*t)[256] = tables[kind];
    for (unsigned byte = 0; byte < 256; byte++) {
        t[0][byte] = byte;
        for (int bit = 0; bit < 8; bit++)
            t[0][byte] = times_x(kind, t[0][byte]);
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned byte = 0; byte < 256; byte++)
            t[k][byte] = t[k - 1][byte] >> 8 ^ t[0][t[k - 1][byte] & 255];
}

static void make_tables(void)
{
    for (crc_kind kind = 0; kind < CRC_KIND_COUNT; kind++)
        make_table(kind);
}

uint64_t crc_portable_update(crc_kind kind, uint64_t reg, const unsigned char *p, size_t len)
{
    pthread_once(&tables_once, make_tables);
    const uint64_t(*t)[256] = tables[kind];
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        v = le64toh(v) ^ reg;
        reg = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^
              t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
    }
    for (; len > 0; p++, len--)
        reg = reg >> 8 ^ t[0][(reg ^ *p) & 255];
    return reg;
}

static uint64_t one(crc_kind kind)
{
    return 1ull << (kinds[kind].bits - 1);
}

uint64_t crc_multiply(crc_kind kind, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = one(kind); bit; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = times_x(kind, b);
    }
    return product;
}

uint64_t crc_power(crc_kind kind, uint64_t n)
{
    uint64_t result = one(kind), square = one(kind) >> 1;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            result = crc_multiply(kind, result, square);
        square = crc_multiply(kind, square, square);
    }
    return result;
}
