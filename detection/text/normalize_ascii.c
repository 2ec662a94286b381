#include "base/util.h"
#include "detection/text/normalize_ascii.h"

#include <string.h>

#ifdef __x86_64__

#include <immintrin.h>

/* --- 16 bytes --- */

#define KERNEL __attribute__((target("ssse3,popcnt")))

static bool has_ssse3(void)
{
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
}

static inline KERNEL __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* All ones for each byte that becomes a space. */
static inline KERNEL __m128i spaces_of(__m128i bytes, __m128i spaces)
{
    const __m128i bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    __m128i nibble = _mm_set1_epi8(15);
    __m128i low = _mm_and_si128(bytes, nibble);
    __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble);
    __m128i found = _mm_and_si128(_mm_shuffle_epi8(spaces, low), _mm_shuffle_epi8(bits, high));
    return _mm_cmpeq_epi8(_mm_cmpeq_epi8(found, _mm_setzero_si128()), _mm_setzero_si128());
}

static inline KERNEL __m128i lower_of(__m128i bytes)
{
    __m128i capital = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)),
                                    _mm_cmplt_epi8(bytes, _mm_set1_epi8('Z' + 1)));
    return _mm_add_epi8(bytes, _mm_and_si128(capital, _mm_set1_epi8('a' - 'A')));
}

/* Writes those of the first eight bytes that are kept. */
static inline KERNEL char *put_eight(const normalize_tables *t, __m128i bytes, unsigned kept,
                                     char *at)
{
    __m128i places = _mm_loadl_epi64((const __m128i *)(const void *)t->keep[kept]);
    _mm_storel_epi64((__m128i *)(void *)at, _mm_shuffle_epi8(bytes, places));
    return at + __builtin_popcount(kept);
}

static KERNEL size_t convert_16(const normalize_tables *t, slice text, size_t i,
                                normalize_output *out)
{
    __m128i table = load(t->spaces);
    unsigned before = out->last == ' ';
    char *at = out->at;
    for (unsigned taken = 16; taken == 16 && i + 16 <= text.len; i += taken) {
        __m128i bytes = load(text.data + i);
        taken = (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(bytes) | 1u << 16);
        __m128i is_space = spaces_of(bytes, table);
        unsigned spaces = (unsigned)_mm_movemask_epi8(is_space);
        unsigned kept = ~(spaces & (spaces << 1 | before)) & ((1u << taken) - 1);
        bytes = _mm_or_si128(_mm_andnot_si128(is_space, lower_of(bytes)),
                             _mm_and_si128(is_space, _mm_set1_epi8(' ')));
        before = taken > 0 ? spaces >> (taken - 1) & 1 : before;
        if (kept == 0xFFFF) {
            _mm_storeu_si128((__m128i *)(void *)at, bytes);
            at += 16;
            continue;
        }
        at = put_eight(t, bytes, kept & 255, at);
        at = put_eight(t, _mm_srli_si128(bytes, 8), kept >> 8, at);
    }
    *out = (normalize_output){.at = at, .last = before ? ' ' : 'x'};
    return i;
}

/* --- 64 bytes --- */

#define KERNEL_64                                                                                  \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi2");
}

static KERNEL_64 size_t convert_64(const normalize_tables *t, slice text, size_t i,
                                   normalize_output *out)
{
    __m512i low = _mm512_loadu_si512(t->ascii), high = _mm512_loadu_si512(t->ascii + 64);
    uint64_t before = out->last == ' ';
    char *at = out->at;
    for (unsigned taken = 64; taken == 64 && i < text.len; i += taken) {
        uint64_t there = _bzhi_u64(UINT64_MAX, (unsigned)MIN(text.len - i, (size_t)64));
        __m512i bytes = _mm512_maskz_loadu_epi8(there, text.data + i);
        taken = (unsigned)_tzcnt_u64(_mm512_movepi8_mask(bytes) | ~there);
        bytes = _mm512_permutex2var_epi8(low, bytes, high);
        uint64_t spaces = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(' '));
        uint64_t kept = _bzhi_u64(~(spaces & (spaces << 1 | before)), taken);
        _mm512_storeu_si512(at, _mm512_maskz_compress_epi8(kept, bytes));
        at += __builtin_popcountll(kept);
        before = taken > 0 ? spaces >> (taken - 1) & 1 : before;
    }
    *out = (normalize_output){.at = at, .last = before ? ' ' : 'x'};
    return i;
}

static const normalize_loop loop_64 = {"avx512", has_avx512, convert_64};
static const normalize_loop loop_16 = {"ssse3", has_ssse3, convert_16};
const normalize_loop *const normalize_loops[] = {&loop_64, &loop_16, NULL};

#else

const normalize_loop *const normalize_loops[] = {NULL};

#endif

static const normalize_loop *usable_loop(void)
{
    for (size_t i = 0; normalize_loops[i]; i++)
        if (normalize_loops[i]->is_usable())
            return normalize_loops[i];
    return NULL;
}

void normalize_tables_init(normalize_tables *t, const char ascii[128])
{
    *t = (normalize_tables){.loop = usable_loop()};
    memcpy(t->ascii, ascii, sizeof t->ascii);
    for (unsigned c = 0; c < 128; c++)
        if (ascii[c] == ' ')
            t->spaces[c & 15] = (uint8_t)(t->spaces[c & 15] | 1u << (c >> 4));
    for (unsigned mask = 0; mask < 256; mask++)
        for (unsigned bit = 0, n = 0; bit < 8; bit++)
            if (mask >> bit & 1)
                t->keep[mask][n++] = (uint8_t)bit;
}
