/* Validates UTF-8 byte by byte, across any split.
 *
 * What:    an automaton for Unicode's table 3-7 (well-formed UTF-8 byte sequences): no overlong
 *          forms, no surrogates, nothing above U+10FFFF.
 * Owner:   embedded; initialised with {0}. Threads: one at a time.
 * Fails:   utf8_skip sets `wrong` and stops at the byte that is not allowed.
 */
#ifndef COMPRESSION_JSONL_UTF8_H
#define COMPRESSION_JSONL_UTF8_H

#include "base/util.h"

typedef struct utf8 {
    unsigned char left;     /* continuation bytes that are still missing */
    unsigned char min, max; /* range of the next byte */
    bool wrong;
} utf8;

static inline bool utf8_is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static inline bool utf8_lead(utf8 *u, unsigned char c)
{
    u->min = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    u->left = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    return c >= 0xc2 && c <= 0xf4;
}

static inline bool utf8_continue(utf8 *u, unsigned char c)
{
    bool fits = c >= u->min && c <= u->max;
    u->min = 0x80;
    u->max = 0xbf;
    u->left--;
    return fits;
}

/* Skips sequences of two bytes, and those of three whose second byte has no restricted
 * range; 0 for others. */
static inline size_t utf8_common(const char *p, const char *stop)
{
    unsigned char c = (unsigned char)*p;
    if (c >= 0xc2 && c <= 0xdf && stop - p >= 2 && utf8_is_continuation(p[1]))
        return 2;
    if (c >= 0xe1 && c <= 0xec && stop - p >= 3 && utf8_is_continuation(p[1]) &&
        utf8_is_continuation(p[2]))
        return 3;
    return 0;
}

/* Consumes multi-byte sequences; stops at `stop`, at an ASCII byte between sequences, or at
 * an invalid byte. */
static inline const char *utf8_skip(utf8 *u, const char *p, const char *stop)
{
    while (p < stop) {
        unsigned char c = (unsigned char)*p;
        if (u->left == 0) {
            if (c < 0x80)
                return p;
            size_t len = utf8_common(p, stop);
            if (len > 0) {
                p += len;
                continue;
            }
            u->wrong = !utf8_lead(u, c);
        } else {
            u->wrong = !utf8_continue(u, c);
        }
        if (u->wrong)
            return p;
        p++;
    }
    return p;
}

#endif
