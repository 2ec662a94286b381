/* The indexer for x86-64 with SSE4.2: 16 bytes at a time. */
#include "base/util.h"
#include "compression/jsonl/json_masks.h"
#include "compression/jsonl/json_window.h"

#ifdef __x86_64__

#include <immintrin.h>

#define KERNEL __attribute__((target("sse4.2,pclmul,popcnt")))

typedef struct block {
    __m128i quarter[4];
} block;

typedef struct utf8_checker {
    __m128i faults;
    __m128i before; /* the previous quarter block */
    __m128i open;   /* nonzero: it ended within a sequence */
} utf8_checker;

static inline KERNEL __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static inline KERNEL block block_load(const char *p)
{
    return (block){{load(p), load(p + 16), load(p + 32), load(p + 48)}};
}

static inline KERNEL __m128i equal(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

static inline KERNEL __m128i control(__m128i x)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1f)), x);
}

static inline KERNEL __m128i special(__m128i x)
{
    return _mm_or_si128(_mm_or_si128(equal(x, '"'), equal(x, '\\')), control(x));
}

static inline KERNEL bool block_is_plain(block b)
{
    __m128i any = _mm_or_si128(_mm_or_si128(special(b.quarter[0]), special(b.quarter[1])),
                               _mm_or_si128(special(b.quarter[2]), special(b.quarter[3])));
    return _mm_testz_si128(any, any);
}

static inline KERNEL __m128i white(__m128i x)
{
    return _mm_cmpeq_epi8(_mm_shuffle_epi8(load(white_by_low_half), x), x);
}

static inline KERNEL __m128i punctuation(__m128i x)
{
    __m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
    __m128i found = _mm_cmpeq_epi8(_mm_shuffle_epi8(load(punctuation_by_low_half), folded), folded);
    return _mm_or_si128(found, equal(x, '\n'));
}

static inline KERNEL uint64_t bits(__m128i x, int quarter)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(x) << (16 * quarter);
}

static inline KERNEL block_mask block_masks(block b)
{
    block_mask m = {0};
    for (int i = 0; i < 4; i++) {
        __m128i x = b.quarter[i];
        m.quote |= bits(equal(x, '"'), i);
        m.backslash |= bits(equal(x, '\\'), i);
        m.control |= bits(control(x), i);
        m.punctuation |= bits(punctuation(x), i);
        m.white |= bits(white(x), i);
    }
    return m;
}

/* Each bit becomes the parity of the mask's bits up to it. */
static inline KERNEL uint64_t prefix_xor(uint64_t mask)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* x shifted by `count` bytes; the last bytes of the previous vector are shifted in. */
#define SHIFTED(x, before, count) _mm_alignr_epi8(x, before, 16 - (count))

static inline KERNEL __m128i lookup(const uint8_t *bytes, __m128i halves)
{
    return _mm_shuffle_epi8(load(bytes), _mm_and_si128(halves, _mm_set1_epi8(0x0f)));
}

static inline KERNEL __m128i utf8_faults(__m128i x, __m128i before)
{
    __m128i first = SHIFTED(x, before, 1);
    __m128i pairs = _mm_and_si128(_mm_and_si128(lookup(utf8_first_high, _mm_srli_epi16(first, 4)),
                                                lookup(utf8_first_low, first)),
                                  lookup(utf8_second_high, _mm_srli_epi16(x, 4)));
    __m128i third = _mm_subs_epu8(SHIFTED(x, before, 2), _mm_set1_epi8(0xe0 - 0x80));
    __m128i fourth = _mm_subs_epu8(SHIFTED(x, before, 3), _mm_set1_epi8(0xf0 - 0x80));
    __m128i due = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8((char)0x80));
    return _mm_xor_si128(due, pairs);
}

/* Nonzero if the last bytes require another one. */
static inline KERNEL __m128i utf8_open(__m128i x)
{
    const __m128i most = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                       (char)0xef, (char)0xdf, (char)0xbf);
    return _mm_subs_epu8(x, most);
}

static inline KERNEL void utf8_check(utf8_checker *c, block b)
{
    __m128i any = _mm_or_si128(_mm_or_si128(b.quarter[0], b.quarter[1]),
                               _mm_or_si128(b.quarter[2], b.quarter[3]));
    if (_mm_movemask_epi8(any) == 0) {
        c->faults = _mm_or_si128(c->faults, c->open);
        c->before = c->open = _mm_setzero_si128();
        return;
    }
    for (int i = 0; i < 4; i++) {
        c->faults = _mm_or_si128(c->faults, utf8_faults(b.quarter[i], c->before));
        c->before = b.quarter[i];
    }
    c->open = utf8_open(c->before);
}

static inline KERNEL bool utf8_passed(const utf8_checker *c)
{
    return _mm_testz_si128(c->faults, c->faults);
}

#include "compression/jsonl/json_index.h"

static bool supported(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
           __builtin_cpu_supports("popcnt");
}

const json_indexer json_indexer_sse42 = {"sse4.2", supported, index_window};

#endif
