/* The automaton of JSON numbers.
 *
 * What:    which byte may follow which (RFC 8259, section 6): no leading zeros, no plus sign, a
 *          digit on both sides of the point. Values are not computed: any size is a number.
 * Owner:   nothing.
 * Threads: any; pure.
 * Fails:   never.
 */
#ifndef COMPRESSION_NUMBER_H
#define COMPRESSION_NUMBER_H

#include "base/util.h"

typedef enum number_state {
    MINUS,    /* behind the sign */
    ZERO,     /* behind a leading zero */
    INTEGER,  /* behind other digits */
    POINT,    /* behind the point */
    FRACTION, /* behind its digits */
    LETTER_E, /* behind e or E */
    SIGN,     /* behind its sign */
    EXPONENT, /* behind its digits */
    NUMBER_BAD,
    NUMBER_END,
} number_state;

/* RFC 8259, section 6: which byte may follow which in a number. */
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

/* May the number end here? */
static inline bool number_is_whole(number_state state)
{
    return number_next(state, ' ') == NUMBER_END;
}

#endif
