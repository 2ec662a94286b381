/* CRCs: running values with the fastest path of the processor, and combination of adjacent
 * ranges. */
#include "base/digest/crc.h"
#include "decon/base/digest.h"
#include "base/util.h"

#include <pthread.h>

static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;
static crc_path chosen;

static bool always(void)
{
    return true;
}

static const crc_path portable = {"tables", always, crc_portable_update};

const crc_path *crc_path_get(size_t index)
{
    const crc_path *const paths[] = {&portable, crc_path_instructions, crc_path_folding};
    return index < ARRAY_LEN(paths) ? paths[index] : NULL;
}

static void choose(void)
{
    for (size_t i = 0; i < CRC_PATHS_MAX; i++) {
        const crc_path *path = crc_path_get(i);
        if (path && path->usable())
            chosen = *path;
    }
}

/* Registers start inverted and end inverted. */
static uint64_t run(crc_kind kind, uint64_t crc, const void *data, size_t len)
{
    uint64_t ones = UINT64_MAX >> (64 - crc_bits(kind));
    pthread_once(&chosen_once, choose);
    return len > 0 ? chosen.update(kind, crc ^ ones, data, len) ^ ones : crc;
}

uint32_t crc32_ieee(uint32_t crc, const void *data, size_t len)
{
    return (uint32_t)run(CRC_IEEE, crc, data, len);
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
    return (uint32_t)run(CRC_C, crc, data, len);
}

uint64_t crc64nvme(uint64_t crc, const void *data, size_t len)
{
    return run(CRC_NVME, crc, data, len);
}

/* Appending n bytes to A multiplies A's register by x^(8n); the initial and final inversions of A
 * and B cancel, which leaves one sum. */
static uint64_t combine(crc_kind kind, uint64_t a, uint64_t b, uint64_t b_len)
{
    uint64_t power = crc_power(kind, 8); /* and its squares: 8 * b_len may exceed 64 bits */
    for (; b_len > 0; b_len >>= 1) {
        if (b_len & 1)
            a = crc_multiply(kind, a, power);
        power = crc_multiply(kind, power, power);
    }
    return a ^ b;
}

uint32_t crc32_ieee_combine(uint32_t a, uint32_t b, uint64_t b_len)
{
    return (uint32_t)combine(CRC_IEEE, a, b, b_len);
}

uint32_t crc32c_combine(uint32_t a, uint32_t b, uint64_t b_len)
{
    return (uint32_t)combine(CRC_C, a, b, b_len);
}

uint64_t crc64nvme_combine(uint64_t a, uint64_t b, uint64_t b_len)
{
    return combine(CRC_NVME, a, b, b_len);
}
