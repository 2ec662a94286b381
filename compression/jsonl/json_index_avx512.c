/* The indexer for x86-64 with AVX-512 (BW and VBMI2): 64 bytes at a time. */
#include "base/util.h"
#include "compression/jsonl/json_masks.h"
#include "compression/jsonl/json_window.h"

#ifdef __x86_64__

#include <immintrin.h>

#define KERNEL                                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,pclmul,bmi,lzcnt,popcnt")))

typedef __m512i block;

typedef struct utf8_checker {
    __m512i faults;
    __m512i before; /* the previous block */
    __m512i open;   /* nonzero: it ended within a sequence */
} utf8_checker;

static inline KERNEL block block_load(const char *p)
{
    return _mm512_loadu_si512((const void *)p);
}

static inline KERNEL __m512i table(const uint8_t *bytes)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

static inline KERNEL uint64_t equal(block b, char c)
{
    return _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(c));
}

static inline KERNEL uint64_t control(block b)
{
    return _mm512_cmplt_epu8_mask(b, _mm512_set1_epi8(' '));
}

static inline KERNEL bool block_is_plain(block b)
{
    return !(equal(b, '"') | equal(b, '\\') | control(b));
}

static inline KERNEL block_mask block_masks(block b)
{
    __m512i white = _mm512_shuffle_epi8(table(white_by_low_half), b);
    __m512i folded = _mm512_or_si512(b, _mm512_set1_epi8(0x20));
    __m512i punctuation = _mm512_shuffle_epi8(table(punctuation_by_low_half), folded);
    return (block_mask){
        .quote = equal(b, '"'),
        .backslash = equal(b, '\\'),
        .control = control(b),
        .punctuation = _mm512_cmpeq_epi8_mask(punctuation, folded) | equal(b, '\n'),
        .white = _mm512_cmpeq_epi8_mask(white, b),
    };
}

/* Each bit becomes the parity of the mask's bits up to it. */
static inline KERNEL uint64_t prefix_xor(uint64_t mask)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* x shifted by `count` bytes; the last bytes of the previous vector are shifted in. */
#define SHIFTED(x, before, count)                                                                  \
    _mm512_alignr_epi8(x, _mm512_alignr_epi64(x, before, 6), 16 - (count))

static inline KERNEL __m512i lookup(const uint8_t *bytes, __m512i halves)
{
    return _mm512_shuffle_epi8(table(bytes), _mm512_and_si512(halves, _mm512_set1_epi8(0x0f)));
}

static inline KERNEL __m512i utf8_faults(__m512i x, __m512i before)
{
    __m512i first = SHIFTED(x, before, 1);
    __m512i pairs =
        _mm512_and_si512(_mm512_and_si512(lookup(utf8_first_high, _mm512_srli_epi16(first, 4)),
                                          lookup(utf8_first_low, first)),
                         lookup(utf8_second_high, _mm512_srli_epi16(x, 4)));
    __m512i third = _mm512_subs_epu8(SHIFTED(x, before, 2), _mm512_set1_epi8(0xe0 - 0x80));
    __m512i fourth = _mm512_subs_epu8(SHIFTED(x, before, 3), _mm512_set1_epi8(0xf0 - 0x80));
    __m512i due = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8((char)0x80));
    return _mm512_xor_si512(due, pairs);
}

/* Nonzero if the last bytes require another one. */
static inline KERNEL __m512i utf8_open(__m512i x)
{
    const __m512i most = _mm512_mask_set1_epi8(
        _mm512_mask_set1_epi8(
            _mm512_mask_set1_epi8(_mm512_set1_epi8((char)0xff), (__mmask64)1 << 61, (char)0xef),
            (__mmask64)1 << 62, (char)0xdf),
        (__mmask64)1 << 63, (char)0xbf);
    return _mm512_subs_epu8(x, most);
}

static inline KERNEL void utf8_check(utf8_checker *c, block b)
{
    if (_mm512_movepi8_mask(b) == 0) {
        c->faults = _mm512_or_si512(c->faults, c->open);
        c->before = c->open = _mm512_setzero_si512();
        return;
    }
    c->faults = _mm512_or_si512(c->faults, utf8_faults(b, c->before));
    c->before = b;
    c->open = utf8_open(b);
}

static inline KERNEL bool utf8_passed(const utf8_checker *c)
{
    return _mm512_test_epi8_mask(c->faults, c->faults) == 0;
}

/* Compresses a vector of the numbers 0 to 63 with the mask. */
#define PUT_TOKENS
static inline KERNEL uint16_t *put_tokens(uint16_t *out, uint64_t mask, size_t base)
{
    static const uint8_t places[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i found = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(places));
    __m512i start = _mm512_set1_epi16((short)base);
    __m512i low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(found));
    size_t count = (size_t)__builtin_popcountll(mask);
    _mm512_storeu_si512(out, _mm512_add_epi16(low, start));
    if (count > 32) {
        __m512i high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(found, 1));
        _mm512_storeu_si512(out + 32, _mm512_add_epi16(high, start));
    }
    return out + count;
}

#include "compression/jsonl/json_index.h"

static bool supported(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

const json_indexer json_indexer_avx512 = {"avx512", supported, index_window};

#endif
