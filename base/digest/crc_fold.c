/* CRCs with instructions of the processor: CRC instructions, and folding by carry-less
 * multiplication.
 *
 * Folding: sixteen bytes are a polynomial A = lo * x^64 + hi (earlier bytes are higher powers).
 *          Moved
 * forward by D bits it is lo * x^(64 + D) + hi * x^D, and the powers may be reduced modulo the
 * CRC's polynomial: two multiplications move sixteen bytes D bits forward, where they are added to
 * the bytes at that position. The last sixteen bytes go through the tables. A product of two
 * reflected words is one bit short of a reflected double word, so the powers are one less.
 */
#include "base/util.h"
#include "base/digest/crc.h"

#include <pthread.h>
#include <string.h>

#define LANES 4
#define WORD  16u

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_FOLDING        1
#define FOLDING_TARGET     __attribute__((target("pclmul,sse4.2")))
#define INSTRUCTION_TARGET __attribute__((target("sse4.2")))

typedef __m128i word;

static bool instructions_usable(void)
{
    return __builtin_cpu_supports("sse4.2");
}

static bool folding_usable(void)
{
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
}

INSTRUCTION_TARGET static uint64_t instructions_update(crc_kind kind, uint64_t reg,
                                                       const unsigned char *p, size_t len)
{
    if (kind != CRC_C) /* the only CRC with an SSE4.2 instruction */
        return crc_portable_update(kind, reg, p, len);
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        reg = _mm_crc32_u64(reg, v);
    }
    for (; len > 0; p++, len--)
        reg = _mm_crc32_u8((uint32_t)reg, *p);
    return reg;
}

FOLDING_TARGET static inline word word_load(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

FOLDING_TARGET static inline void word_store(unsigned char *p, word a)
{
    _mm_storeu_si128((__m128i *)(void *)p, a);
}

FOLDING_TARGET static inline word word_make(uint64_t lo, uint64_t hi)
{
    return _mm_set_epi64x((long long)hi, (long long)lo);
}

FOLDING_TARGET static inline word word_xor(word a, word b)
{
    return _mm_xor_si128(a, b);
}

FOLDING_TARGET static inline word word_fold(word a, word powers, word onto)
{
    word lo = _mm_clmulepi64_si128(a, powers, 0x00);
    word hi = _mm_clmulepi64_si128(a, powers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(lo, hi), onto);
}

/* clang's headers have these only if the whole file is compiled for them. */
#elif defined(__aarch64__) && (defined(__ARM_FEATURE_AES) || !defined(__clang__))
#include <arm_acle.h>
#include <arm_neon.h>
#include <sys/auxv.h>
#define HAS_FOLDING 1
#ifdef __clang__
#define FOLDING_TARGET
#define INSTRUCTION_TARGET
#else
#define FOLDING_TARGET     __attribute__((target("+crypto+crc")))
#define INSTRUCTION_TARGET __attribute__((target("+crc")))
#endif
#define CAPABILITY_PMULL (1u << 4)
#define CAPABILITY_CRC32 (1u << 7)

typedef uint64x2_t word;

static bool instructions_usable(void)
{
    return getauxval(AT_HWCAP) & CAPABILITY_CRC32;
}

static bool folding_usable(void)
{
    return instructions_usable() && (getauxval(AT_HWCAP) & CAPABILITY_PMULL);
}

INSTRUCTION_TARGET static uint64_t instructions_update(crc_kind kind, uint64_t reg,
                                                       const unsigned char *p, size_t len)
{
    if (kind == CRC_NVME) /* no instruction computes it */
        return crc_portable_update(kind, reg, p, len);
    uint32_t crc = (uint32_t)reg;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        crc = kind == CRC_C ? __crc32cd(crc, v) : __crc32d(crc, v);
    }
    for (; len > 0; p++, len--)
        crc = kind == CRC_C ? __crc32cb(crc, *p) : __crc32b(crc, *p);
    return crc;
}

FOLDING_TARGET static inline word word_load(const unsigned char *p)
{
    return vreinterpretq_u64_u8(vld1q_u8(p));
}

FOLDING_TARGET static inline void word_store(unsigned char *p, word a)
{
    vst1q_u8(p, vreinterpretq_u8_u64(a));
}

FOLDING_TARGET static inline word word_make(uint64_t lo, uint64_t hi)
{
    return vcombine_u64(vcreate_u64(lo), vcreate_u64(hi));
}

FOLDING_TARGET static inline word word_xor(word a, word b)
{
    return veorq_u64(a, b);
}

FOLDING_TARGET static inline word word_fold(word a, word powers, word onto)
{
    poly128_t lo = vmull_p64((poly64_t)vgetq_lane_u64(a, 0), (poly64_t)vgetq_lane_u64(powers, 0));
    poly128_t hi = vmull_p64((poly64_t)vgetq_lane_u64(a, 1), (poly64_t)vgetq_lane_u64(powers, 1));
    return veorq_u64(veorq_u64(vreinterpretq_u64_p128(lo), vreinterpretq_u64_p128(hi)), onto);
}
#endif

#ifdef HAS_FOLDING

typedef struct fold_powers {
    uint64_t far[2];  /* past all lanes */
    uint64_t near[2]; /* to the next word */
} fold_powers;

static pthread_once_t powers_once = PTHREAD_ONCE_INIT;
static fold_powers powers[CRC_KIND_COUNT];

/* As a reflected 64-bit word, for any width of the CRC. */
static uint64_t word_power(crc_kind kind, uint64_t n)
{
    return crc_power(kind, n) << (64 - crc_bits(kind));
}

static void make_powers(void)
{
    for (crc_kind kind = 0; kind < CRC_KIND_COUNT; kind++)
        powers[kind] = (fold_powers){
            .far = {word_power(kind, LANES * 128 + 64 - 1), word_power(kind, LANES * 128 - 1)},
            .near = {word_power(kind, 128 + 64 - 1), word_power(kind, 128 - 1)},
        };
}

/* Folds whole words into one; the register is added to the first bytes. Advances *p and *len. */
FOLDING_TARGET static word fold_words(const fold_powers *k, uint64_t reg, const unsigned char **p,
                                      size_t *len)
{
    word near = word_make(k->near[0], k->near[1]);
    word x = word_xor(word_load(*p), word_make(reg, 0));
    *p += WORD;
    *len -= WORD;
    if (*len >= (2 * LANES - 1) * WORD) {
        word far = word_make(k->far[0], k->far[1]);
        word b = word_load(*p), c = word_load(*p + WORD), d = word_load(*p + 2 * WORD);
        *p += 3 * WORD;
        *len -= 3 * WORD;
        for (; *len >= LANES * WORD; *p += LANES * WORD, *len -= LANES * WORD) {
            x = word_fold(x, far, word_load(*p));
            b = word_fold(b, far, word_load(*p + WORD));
            c = word_fold(c, far, word_load(*p + 2 * WORD));
            d = word_fold(d, far, word_load(*p + 3 * WORD));
        }
        x = word_fold(word_fold(word_fold(x, near, b), near, c), near, d);
    }
    for (; *len >= WORD; *p += WORD, *len -= WORD)
        x = word_fold(x, near, word_load(*p));
    return x;
}

FOLDING_TARGET static uint64_t folding_update(crc_kind kind, uint64_t reg, const unsigned char *p,
                                              size_t len)
{
    if (len >= 2 * WORD) {
        pthread_once(&powers_once, make_powers);
        unsigned char last[WORD];
        word_store(last, fold_words(&powers[kind], reg, &p, &len));
        reg = instructions_update(kind, 0, last, sizeof last);
    }
    return instructions_update(kind, reg, p, len);
}

static const crc_path by_instructions = {"crc instructions", instructions_usable,
                                         instructions_update};
static const crc_path by_folding = {"carry-less multiplication", folding_usable, folding_update};
const crc_path *const crc_path_instructions = &by_instructions;
const crc_path *const crc_path_folding = &by_folding;

#else
const crc_path *const crc_path_instructions = NULL;
const crc_path *const crc_path_folding = NULL;
#endif
