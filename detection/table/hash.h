/* A 64-bit hash of bytes for tables in memory.
 *
 * What:    multiply-and-fold over 8 bytes at a time; the result is never stored or shown.
 * Owner:   nothing. Threads: any. Fails: never.
 * For untrusted texts it is seeded with a random number of the process, so that no input can be
 * crafted whose words all collide.
 */
#ifndef DETECTION_TABLE_HASH_H
#define DETECTION_TABLE_HASH_H

#include "base/util.h"

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The parts of hash_bytes, for lengths that are known: of `len` bytes; of each 8 of them; of the rest. */
static inline uint64_t hash_start(size_t len, uint64_t seed)
{
    return seed ^ hash_mix(len ^ UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xD1B54A32D192ED03));
}
static inline uint64_t hash_more(uint64_t h, uint64_t word)
{
    return hash_mix(h ^ word, UINT64_C(0xA0761D6478BD642F));
}
static inline uint64_t hash_end(uint64_t h, uint64_t word)
{
    h = hash_mix(h ^ word, UINT64_C(0xE7037ED1A0B428DB));
    return h ^ h >> 32;
}

static inline uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = hash_start(len, seed);
    uint64_t word;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        h = hash_more(h, word);
    }
    word = 0;
    if (len > 0)
        memcpy(&word, p, len);
    return hash_end(h, word);
}

#endif
