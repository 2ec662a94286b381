/* Units of a text: a space and the bytes up to the next one, or the text's end.
 *
 * What:    no pattern has a piece with a space after bytes other than white space, and none looks
 *          behind its own start. So the tokens of a unit without further white space do not depend
 *          on the surrounding text, and can be looked up by its bytes.
 * Owner:   nothing. Threads: any. Fails: never.
 */
#ifndef DETECTION_TOKENIZER_BPE_UNIT_H
#define DETECTION_TOKENIZER_BPE_UNIT_H

#include "decon/base/buf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BPE_UNIT_READ 32 /* bytes that must exist at the offset */

/* One bit for each space in 16 bytes, the first byte's lowest. */
static inline unsigned bpe_spaces(const char *p)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
#else
    unsigned mask = 0;
    for (unsigned i = 0; i < 16; i++)
        mask |= (unsigned)(p[i] == ' ') << i;
    return mask;
#endif
}

/* The length of the unit that begins with the space at `p`: 1 to 31; 32: it is longer. */
static inline size_t bpe_unit_len(const char *p)
{
    unsigned near = bpe_spaces(p) & ~1u;
    if (near)
        return (size_t)__builtin_ctz(near);
    unsigned far = bpe_spaces(p + 16);
    return far ? 16 + (size_t)__builtin_ctz(far) : 32;
}

#endif
