#include "base/util.h"
#include "detection/text/normalize_ascii.h"

#include <string.h>

#ifdef __x86_64__

#include <immintrin.h>

#define KERNEL __attribute__((target("ssse3,popcnt")))

static bool has_instructions(void)
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

static KERNEL size_t convert(const normalize_tables *t, slice text, size_t i, normalize_output *out)
{
    __m128i table = load(t->spaces);
    unsigned before = out->last == ' ';
    char *at = out->at;
    for (; i + NORMALIZE_ASCII_BYTES <= text.len; i += NORMALIZE_ASCII_BYTES) {
        __m128i bytes = load(text.data + i);
        if (_mm_movemask_epi8(bytes) != 0)
            break;
        __m128i is_space = spaces_of(bytes, table);
        unsigned spaces = (unsigned)_mm_movemask_epi8(is_space);
        unsigned kept = ~(spaces & (spaces << 1 | before)) & 0xFFFF;
        bytes = _mm_or_si128(_mm_andnot_si128(is_space, lower_of(bytes)),
                             _mm_and_si128(is_space, _mm_set1_epi8(' ')));
        before = spaces >> 15;
        if (kept == 0xFFFF) {
            _mm_storeu_si128((__m128i *)(void *)at, bytes);
            at += NORMALIZE_ASCII_BYTES;
            continue;
        }
        at = put_eight(t, bytes, kept & 255, at);
        at = put_eight(t, _mm_srli_si128(bytes, 8), kept >> 8, at);
    }
    *out = (normalize_output){.at = at, .last = before ? ' ' : 'x'};
    return i;
}

#else

static bool has_instructions(void)
{
    return false;
}

static size_t convert(const normalize_tables *t, slice text, size_t i, normalize_output *out)
{
    UNUSED(t), UNUSED(text), UNUSED(out);
    return i;
}

#endif

void normalize_tables_init(normalize_tables *t, const char ascii[128])
{
    *t = (normalize_tables){.usable = has_instructions()};
    for (unsigned c = 0; c < 128; c++)
        if (ascii[c] == ' ')
            t->spaces[c & 15] = (uint8_t)(t->spaces[c & 15] | 1u << (c >> 4));
    for (unsigned mask = 0; mask < 256; mask++)
        for (unsigned bit = 0, n = 0; bit < 8; bit++)
            if (mask >> bit & 1)
                t->keep[mask][n++] = (uint8_t)bit;
}

size_t normalize_ascii(const normalize_tables *t, slice text, size_t i, normalize_output *out)
{
    return t->usable ? convert(t, text, i, out) : i;
}
