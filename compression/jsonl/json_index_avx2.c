/* The indexer for x86-64 with AVX2, 32 bytes at a time. */
#include "base/util.h"
#include "compression/jsonl/json_masks.h"
#include "compression/jsonl/json_window.h"

#ifdef __x86_64__

#include <immintrin.h>

#define KERNEL __attribute__((target("avx2,pclmul,bmi,lzcnt,popcnt")))

typedef struct block {
    __m256i half[2];
} block;

typedef struct utf8_checker {
    __m256i faults;
    __m256i before; /* the previous half block */
    __m256i open;   /* nonzero: it ended within a sequence */
} utf8_checker;

static inline KERNEL block block_load(const char *p)
{
    return (block){{_mm256_loadu_si256((const __m256i *)(const void *)p),
                    _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))}};
}

static inline KERNEL uint64_t bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

static inline KERNEL __m256i table(const uint8_t *bytes)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

static inline KERNEL __m256i equal(__m256i x, char c)
{
    return _mm256_cmpeq_epi8(x, _mm256_set1_epi8(c));
}

static inline KERNEL __m256i control(__m256i x)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(x, _mm256_set1_epi8(0x1f)), x);
}

static inline KERNEL __m256i special(__m256i x)
{
    return _mm256_or_si256(_mm256_or_si256(equal(x, '"'), equal(x, '\\')), control(x));
}

static inline KERNEL bool block_is_plain(block b)
{
    __m256i any = _mm256_or_si256(special(b.half[0]), special(b.half[1]));
    return _mm256_testz_si256(any, any);
}

static inline KERNEL __m256i white(__m256i x)
{
    return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table(white_by_low_half), x), x);
}

static inline KERNEL __m256i punctuation(__m256i x)
{
    __m256i folded = _mm256_or_si256(x, _mm256_set1_epi8(0x20));
    __m256i found =
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table(punctuation_by_low_half), folded), folded);
    return _mm256_or_si256(found, equal(x, '\n'));
}

static inline KERNEL block_mask block_masks(block b)
{
    __m256i x = b.half[0], y = b.half[1];
    return (block_mask){
        .quote = bits(equal(x, '"'), equal(y, '"')),
        .backslash = bits(equal(x, '\\'), equal(y, '\\')),
        .control = bits(control(x), control(y)),
        .punctuation = bits(punctuation(x), punctuation(y)),
        .white = bits(white(x), white(y)),
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
    _mm256_alignr_epi8(x, _mm256_permute2x128_si256(before, x, 0x21), 16 - (count))

static inline KERNEL __m256i lookup(const uint8_t *bytes, __m256i halves)
{
    return _mm256_shuffle_epi8(table(bytes), _mm256_and_si256(halves, _mm256_set1_epi8(0x0f)));
}

static inline KERNEL __m256i utf8_faults(__m256i x, __m256i before)
{
    __m256i first = SHIFTED(x, before, 1);
    __m256i pairs =
        _mm256_and_si256(_mm256_and_si256(lookup(utf8_first_high, _mm256_srli_epi16(first, 4)),
                                          lookup(utf8_first_low, first)),
                         lookup(utf8_second_high, _mm256_srli_epi16(x, 4)));
    __m256i third = _mm256_subs_epu8(SHIFTED(x, before, 2), _mm256_set1_epi8(0xe0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(SHIFTED(x, before, 3), _mm256_set1_epi8(0xf0 - 0x80));
    __m256i due = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(due, pairs);
}

/* Nonzero if the last bytes require another one. */
static inline KERNEL __m256i utf8_open(__m256i x)
{
    const __m256i most = _mm256_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                          -1, (char)0xef, (char)0xdf, (char)0xbf);
    return _mm256_subs_epu8(x, most);
}

static inline KERNEL void utf8_check(utf8_checker *c, block b)
{
    __m256i x = b.half[0], y = b.half[1];
    if (_mm256_movemask_epi8(_mm256_or_si256(x, y)) == 0) {
        c->faults = _mm256_or_si256(c->faults, c->open);
        c->before = c->open = _mm256_setzero_si256();
        return;
    }
    __m256i faults = _mm256_or_si256(utf8_faults(x, c->before), utf8_faults(y, x));
    c->faults = _mm256_or_si256(c->faults, faults);
    c->before = y;
    c->open = utf8_open(y);
}

static inline KERNEL bool utf8_passed(const utf8_checker *c)
{
    return _mm256_testz_si256(c->faults, c->faults);
}

#include "compression/jsonl/json_index.h"

static bool supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

const json_indexer json_indexer_avx2 = {"avx2", supported, index_window};

#endif
