/* The rules, with A for ALetter and Hebrew_Letter:
 *   WB3   CR LF stays together                 WB3a,b  a break around other line ends
 *   WB3c  ZWJ stays with a picture after it    WB3d    white space stays together
 *   WB4   Extend, Format and ZWJ belong to the preceding character, and the rules below ignore them
 *   WB5   A A                                  WB6,7   A (MidLetter | MidNumLet | ') A
 *   WB7a  Hebrew '                             WB7b,c  Hebrew " Hebrew
 *   WB8-10  digits with digits and A           WB11,12 digit (MidNum | MidNumLet | ') digit
 *   WB13  Katakana Katakana                    WB13a,b ExtendNumLet with A, digits, Katakana
 *   WB15,16 regional indicators in pairs       WB999   a break everywhere else
 */
#include "base/util.h"
#include "detection/text/word_break.h"

#include "detection/text/unicode.h"

typedef enum break_class {
    BREAK_OTHER,
    BREAK_CR,
    BREAK_LF,
    BREAK_NEWLINE,
    BREAK_EXTEND,
    BREAK_ZWJ,
    BREAK_FORMAT,
    BREAK_REGIONAL_INDICATOR,
    BREAK_KATAKANA,
    BREAK_HEBREW_LETTER,
    BREAK_ALETTER,
    BREAK_SINGLE_QUOTE,
    BREAK_DOUBLE_QUOTE,
    BREAK_MIDNUMLET,
    BREAK_MIDLETTER,
    BREAK_MIDNUM,
    BREAK_NUMERIC,
    BREAK_EXTENDNUMLET,
    BREAK_WSEGSPACE,
    BREAK_EXTENDED_PICTOGRAPHIC, /* a separate property, in a separate table */
} break_class;

typedef struct break_range {
    uint32_t first, last;
    break_class class;
} break_range;

#include "detection/text/word_break_tables.inc"

static break_class look_up(const break_range *ranges, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && c >= ranges[low].first ? ranges[low].class : BREAK_OTHER;
}

static break_class class_of(uint32_t c)
{
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        return BREAK_ALETTER;
    if (c == ' ')
        return BREAK_WSEGSPACE;
    return look_up(break_properties, ARRAY_LEN(break_properties), c);
}

static bool is_picture(uint32_t c)
{
    return look_up(break_pictures, ARRAY_LEN(break_pictures), c) != BREAK_OTHER;
}

static bool is_line_end(break_class c)
{
    return c == BREAK_CR || c == BREAK_LF || c == BREAK_NEWLINE;
}

static bool is_unseen(break_class c)
{
    return c == BREAK_EXTEND || c == BREAK_FORMAT || c == BREAK_ZWJ;
}

static bool is_a(break_class c)
{
    return c == BREAK_ALETTER || c == BREAK_HEBREW_LETTER;
}

static bool is_between_letters(break_class c)
{
    return c == BREAK_MIDLETTER || c == BREAK_MIDNUMLET || c == BREAK_SINGLE_QUOTE;
}

static bool is_between_digits(break_class c)
{
    return c == BREAK_MIDNUM || c == BREAK_MIDNUMLET || c == BREAK_SINGLE_QUOTE;
}

static bool is_of_words(break_class c)
{
    return is_a(c) || c == BREAK_NUMERIC || c == BREAK_KATAKANA;
}

/* The class of the next character from `at` on that the rules do not ignore. */
static break_class next_seen(slice text, size_t at)
{
    while (at < text.len) {
        break_class c = class_of(utf8_next(text, &at));
        if (!is_unseen(c))
            return c;
    }
    return BREAK_OTHER;
}

/* State of the segment. */
typedef struct behind {
    break_class raw;         /* the last character */
    break_class last;        /* that the rules do not ignore */
    break_class before_last; /* BREAK_OTHER: none */
    unsigned indicators;     /* consecutive regional ones */
} behind;

/* WB6, 7, 7b, 7c, 11, 12: one character between two of a kind. `then` is the class after `c`. */
static bool is_bridge(const behind *b, break_class c, break_class then)
{
    if (is_between_letters(c) && is_a(b->last) && is_a(then))
        return true;
    if (is_between_letters(b->last) && is_a(b->before_last) && is_a(c))
        return true;
    if (c == BREAK_DOUBLE_QUOTE && b->last == BREAK_HEBREW_LETTER && then == BREAK_HEBREW_LETTER)
        return true;
    if (b->last == BREAK_DOUBLE_QUOTE && b->before_last == BREAK_HEBREW_LETTER &&
        c == BREAK_HEBREW_LETTER)
        return true;
    if (is_between_digits(c) && b->last == BREAK_NUMERIC && then == BREAK_NUMERIC)
        return true;
    return is_between_digits(b->last) && b->before_last == BREAK_NUMERIC && c == BREAK_NUMERIC;
}

/* Whether there is no boundary before a character of class `c` that ends at `end`. */
static bool stays(const behind *b, slice text, uint32_t code_point, break_class c, size_t end)
{
    if (is_line_end(b->raw) || is_line_end(c))
        return b->raw == BREAK_CR && c == BREAK_LF;
    if (b->raw == BREAK_ZWJ && is_picture(code_point))
        return true;
    if (b->raw == BREAK_WSEGSPACE && c == BREAK_WSEGSPACE)
        return true;
    if (is_unseen(c))
        return true;
    break_class l = b->last;
    if ((is_a(l) || l == BREAK_NUMERIC) && (is_a(c) || c == BREAK_NUMERIC))
        return true;
    if (l == BREAK_HEBREW_LETTER && c == BREAK_SINGLE_QUOTE)
        return true;
    if (l == BREAK_KATAKANA && c == BREAK_KATAKANA)
        return true;
    if (c == BREAK_EXTENDNUMLET && (is_of_words(l) || l == BREAK_EXTENDNUMLET))
        return true;
    if (l == BREAK_EXTENDNUMLET && is_of_words(c))
        return true;
    if (l == BREAK_REGIONAL_INDICATOR && c == BREAK_REGIONAL_INDICATOR)
        return b->indicators % 2 == 1;
    bool may_bridge = is_between_letters(c) || is_between_digits(c) || c == BREAK_DOUBLE_QUOTE;
    return is_bridge(b, c, may_bridge ? next_seen(text, end) : BREAK_OTHER);
}

static void take(behind *b, break_class c)
{
    b->raw = c;
    if (is_unseen(c))
        return;
    b->before_last = b->last;
    b->last = c;
    b->indicators = c == BREAK_REGIONAL_INDICATOR ? b->indicators + 1 : 0;
}

size_t word_break_end(slice text, size_t at)
{
    behind b = {BREAK_OTHER, BREAK_OTHER, BREAK_OTHER, 0};
    size_t end = at;
    take(&b, class_of(utf8_next(text, &end)));
    while (end < text.len) {
        size_t next = end;
        uint32_t code_point = utf8_next(text, &next);
        break_class c = class_of(code_point);
        if (!stays(&b, text, code_point, c, next))
            break;
        take(&b, c);
        end = next;
    }
    return end;
}
