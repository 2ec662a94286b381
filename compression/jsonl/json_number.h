/* The automaton of JSON numbers.
 *
 * What:    which byte may follow which (RFC 8259, section 6): no leading zeros, no plus sign, a
 *          digit on both sides of the point. Any size is a number; whether it is beyond what a
 *          double holds is told apart, without the number being held.
 * Owner:   nothing.
 * Threads: any; pure.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSON_NUMBER_H
#define COMPRESSION_JSONL_JSON_NUMBER_H

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

/* How large it is so far: 0.d1d2d3... times 10^(place + exponent); {0} is its start. */
typedef struct number_size {
    int64_t place, exponent;
    bool has_digits, negative; /* d1 has come, the first that is not 0; so has the exponent's '-' */
    unsigned compared;         /* digits that are those of the bound */
    int difference;            /* of the first one that is another: above or below */
} number_size;

/* Half a unit above the largest binary64, where rounding begins to yield infinity: 0.1797...e309.
 * Whoever writes all these digits and others behind them is taken to be above. */
#define NUMBER_BOUND_DIGITS   "17976931348623158079372897140530341507993413271003782693617377"
#define NUMBER_BOUND_PLACE    309
#define NUMBER_EXPONENT_LIMIT ((int64_t)1 << 50) /* no line is long enough to make up for it */

static inline void number_size_digit(number_size *n, char c)
{
    static const char bound[] = NUMBER_BOUND_DIGITS;
    n->has_digits = true;
    if (n->difference != 0 || n->compared == sizeof bound - 1)
        return;
    n->difference = c - bound[n->compared];
    n->compared += n->difference == 0;
}

/* The byte that led to this state. */
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
