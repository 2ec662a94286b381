/* CRCs: running forms and the combination of adjoining ranges.
 *
 * All three are of the reflected kind: bit 0 of the register is the highest power of x. The tables
 * are "slicing by 8": eight table look-ups take eight bytes at once. */
#include "base/digest.h"

#include <endian.h>
#include <pthread.h>
#include <zlib.h>

#define CRC32_IEEE_POLY 0xedb88320u           /* reflected 0x04c11db7 */
#define CRC32C_POLY     0x82f63b78u           /* reflected 0x1edc6f41 */
#define CRC64NVME_POLY  0x9a6c9329ac4bc9b5ull /* reflected 0xad93d23594c93659 */

static pthread_once_t tables_once = PTHREAD_ONCE_INIT;
static uint32_t table_32c[8][256];
static uint64_t table_64[8][256];

static uint64_t shift_byte(uint64_t crc, uint64_t poly)
{
    for (int bit = 0; bit < 8; bit++)
        crc = crc & 1 ? crc >> 1 ^ poly : crc >> 1;
    return crc;
}

static void make_tables(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        table_32c[0][byte] = (uint32_t)shift_byte(byte, CRC32C_POLY);
        table_64[0][byte] = shift_byte(byte, CRC64NVME_POLY);
    }
    for (unsigned k = 1; k < 8; k++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint32_t before_32 = table_32c[k - 1][byte];
            uint64_t before_64 = table_64[k - 1][byte];
            table_32c[k][byte] = before_32 >> 8 ^ table_32c[0][before_32 & 255];
            table_64[k][byte] = before_64 >> 8 ^ table_64[0][before_64 & 255];
        }
    }
}

static uint64_t load_le64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return le64toh(value);
}

uint32_t crc32_ieee(uint32_t crc, const void *data, size_t len)
{
    return len > 0 ? (uint32_t)crc32_z(crc, data, len) : crc;
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len)
{
    const uint32_t(*t)[256] = table_32c;
    const unsigned char *p = data;
    pthread_once(&tables_once, make_tables);
    crc = ~crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v = load_le64(p) ^ crc;
        crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^
              t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
    }
    for (; len > 0; p++, len--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
    return ~crc;
}

#ifdef __x86_64__
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const void *data,
                                                               size_t len)
{
    const unsigned char *p = data;
    uint64_t wide = ~crc;
    for (; len >= 8; p += 8, len -= 8)
        wide = _mm_crc32_u64(wide, load_le64(p));
    uint32_t narrow = (uint32_t)wide;
    for (; len > 0; p++, len--)
        narrow = _mm_crc32_u8(narrow, *p);
    return ~narrow;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, data, len)
                                            : crc32c_portable(crc, data, len);
}
#else
uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return crc32c_portable(crc, data, len);
}
#endif

uint64_t crc64nvme(uint64_t crc, const void *data, size_t len)
{
    const uint64_t(*t)[256] = table_64;
    const unsigned char *p = data;
    pthread_once(&tables_once, make_tables);
    crc = ~crc;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v = load_le64(p) ^ crc;
        crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^
              t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
    }
    for (; len > 0; p++, len--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
    return ~crc;
}

/* A CRC's field: polynomials over GF(2) modulo P. `one` is the register that holds x^0. */
typedef struct field {
    uint64_t one;
    uint64_t poly;
} field;

static uint64_t multiply(field f, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    for (uint64_t bit = f.one; bit; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? b >> 1 ^ f.poly : b >> 1; /* times x */
    }
    return product;
}

/* Appending n bytes to A multiplies A's register by x^(8n); the initial and the final inversion
 * cancel out between A and B, so what is left is one sum. */
static uint64_t combine(field f, uint64_t a, uint64_t b, uint64_t b_len)
{
    uint64_t power = f.one >> 8; /* x^8, then its squares */
    for (; b_len > 0; b_len >>= 1) {
        if (b_len & 1)
            a = multiply(f, a, power);
        power = multiply(f, power, power);
    }
    return a ^ b;
}

uint32_t crc32_ieee_combine(uint32_t a, uint32_t b, uint64_t b_len)
{
    return (uint32_t)combine((field){1u << 31, CRC32_IEEE_POLY}, a, b, b_len);
}

uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_len)
{
    return (uint32_t)combine((field){1u << 31, CRC32C_POLY}, a, b, b_len);
}

uint64_t crc64nvme_combine(uint64_t a, uint64_t b, uint64_t b_len)
{
    return combine((field){1ull << 63, CRC64NVME_POLY}, a, b, b_len);
}
