/* Automaton for JSON numbers.
 *
 * What:    the grammar of RFC 8259, section 6: no leading zeros, no plus sign, a digit on both
 *          sides of the point. Numbers of any size are valid; number_size detects those that exceed
 *          the range of a double, without storing their digits.
 * Owner:   nothing.
 * Threads: any; pure.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSON_NUMBER_H
#define COMPRESSION_JSONL_JSON_NUMBER_H

#include "base/util.h"

typedef enum number_state {
    MINUS,    /* after the sign */
    ZERO,     /* after a leading zero */
    INTEGER,  /* after other digits */
    POINT,    /* after the point */
    FRACTION, /* after digits of the fraction */
    LETTER_E, /* after e or E */
    SIGN,     /* after the sign of the exponent */
    EXPONENT, /* after digits of the exponent */
    NUMBER_BAD,
    NUMBER_END,
} number_state;

static inline number_state number_next(number_state state, char c)
{
    enum { ZERO_DIGIT, DIGIT, DOT, E, PLUS, DASH, OTHER };
    static const unsigned char next[8][7] = {
        /*             0         1-9       .           e E         +           -           other */
        [MINUS] = {ZERO, INTEGER, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD},
        [ZERO] = {NUMBER_BAD, NUMBER_BAD, POINT, LETTER_E, NUMBER_END, NUMBER_END, NUMBER_END},
        [INTEGER] = {INTEGER, INTEGER, POINT, LETTER_E, NUMBER_END, NUMBER_END, NUMBER_END},
        [POINT] = {FRACTION, FRACTION, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD},
        [FRACTION] = {FRACTION, FRACTION, NUMBER_END, LETTER_E, NUMBER_END, NUMBER_END, NUMBER_END},
        [LETTER_E] = {EXPONENT, EXPONENT, NUMBER_BAD, NUMBER_BAD, SIGN, SIGN, NUMBER_BAD},
        [SIGN] = {EXPONENT, EXPONENT, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD, NUMBER_BAD},
        [EXPONENT] = {EXPONENT, EXPONENT, NUMBER_END, NUMBER_END, NUMBER_END, NUMBER_END,
                      NUMBER_END},
    };
    switch (c) {
    case '0':
        return next[state][ZERO_DIGIT];
    case '.':
        return next[state][DOT];
    case 'e':
    case 'E':
        return next[state][E];
    case '+':
        return next[state][PLUS];
    case '-':
        return next[state][DASH];
    default:
        return next[state][c >= '1' && c <= '9' ? DIGIT : OTHER];
    }
}

/* Whether the number is complete in this state. */
static inline bool number_is_whole(number_state state)
{
    return number_next(state, ' ') == NUMBER_END;
}

/* Magnitude so far: 0.d1d2d3... times 10^(place + exponent); initialised with {0}. */
typedef struct number_size {
    int64_t place, exponent;
    bool has_digits, negative; /* d1, the first nonzero digit, was read; the exponent has a '-' */
    unsigned compared;         /* digits that equal those of the bound */
    int difference;            /* sign of the first difference from the bound */
} number_size;

/* Half a unit above the largest binary64, where rounding gives infinity: 0.1797...e309. A number
 * with all these digits and more is treated as larger. */
#define NUMBER_BOUND_DIGITS "17976931348623158079372897140530341507993413271003782693617377"
#define NUMBER_BOUND_PLACE  309
#define NUMBER_EXPONENT_LIMIT                                                                      \
    ((int64_t)1 << 50) /* no line has enough digits to compensate for
                                                    it */

static inline void number_size_digit(number_size *n, char c)
{
    static const char bound[] = NUMBER_BOUND_DIGITS;
    n->has_digits = true;
    if (n->difference != 0 || n->compared == sizeof bound - 1)
        return;
    n->difference = c - bound[n->compared];
    n->compared += n->difference == 0;
}

/* Adds the byte that led to this state. */
static inline void number_size_add(number_size *n, number_state state, char c)
{
    if (state == INTEGER) {
        n->place++;
        number_size_digit(n, c);
    } else if (state == FRACTION && !n->has_digits && c == '0') {
        n->place--;
    } else if (state == FRACTION) {
        number_size_digit(n, c);
    } else if (state == SIGN) {
        n->negative = c == '-';
    } else if (state == EXPONENT && n->exponent < NUMBER_EXPONENT_LIMIT) {
        n->exponent = n->exponent * 10 + (c - '0');
    }
}

static inline bool number_size_is_beyond(const number_size *n)
{
    int64_t place = n->place + (n->negative ? -n->exponent : n->exponent);
    if (!n->has_digits || place != NUMBER_BOUND_PLACE)
        return n->has_digits && place > NUMBER_BOUND_PLACE;
    return n->difference > 0 || n->compared == sizeof NUMBER_BOUND_DIGITS - 1;
}

#endif
