/* The length of one escape in a JSON string.
 *
 * What:    json_escape_len returns the bytes of the escape that begins at a backslash: 2, 6 for
 *          \uXXXX, 12 for a surrogate pair. 0 if it is invalid or an unpaired surrogate; the exact
 *          reader then decides. Reads up to 12 bytes.
 * Owner:   borrows. Threads: any; pure. Fails: never.
 */
#ifndef BASE_JSON_JSON_ESCAPE_H
#define BASE_JSON_JSON_ESCAPE_H

#include "base/util.h"

/* The value of a hex digit; -1 for other characters. */
static inline int json_hex_digit(char c)
{
    static const signed char one_more[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };
    return one_more[(unsigned char)c] - 1;
}

/* The value of four hex digits; -1 for other text. */
static inline int json_hex_unit(const char *p)
{
    int a = json_hex_digit(p[0]), b = json_hex_digit(p[1]);
    int c = json_hex_digit(p[2]), d = json_hex_digit(p[3]);
    return (a | b | c | d) < 0 ? -1 : a * 4096 + b * 256 + c * 16 + d;
}

static inline size_t json_escape_len(const char *p)
{
    static const bool simple[256] = {
        ['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
        ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true,
    };
    if (simple[(unsigned char)p[1]])
        return 2;
    int unit = p[1] == 'u' ? json_hex_unit(p + 2) : -1;
    if (unit < 0)
        return 0;
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    if (unit >= 0xdc00 || p[6] != '\\' || p[7] != 'u')
        return 0;
    int low = json_hex_unit(p + 8);
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

#endif
