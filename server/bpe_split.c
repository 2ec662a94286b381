/* The first of these that fits at the offset makes the piece (L letters, N numbers, S white space):
 *   1 an apostrophe and s, t, re, ve, m, ll or d, in either case
 *   2 one character that is not L, N, CR or LF, or nothing; then L, at least one
 *   3 one to three N
 *   4 a space or nothing; then what is not S, L or N, at least one; then any CR and LF
 *   5 S that ends in CR or LF
 *   6 S that nothing, or a further S, follows
 *   7 S
 */
#include "server/bpe_split.h"

#include "server/unicode.h"

typedef enum char_class {
    CLASS_LETTER,
    CLASS_NUMBER,
    CLASS_SPACE,
    CLASS_BREAK, /* CR, LF: white space too */
    CLASS_OTHER,
    CLASS_END, /* behind the text */
} char_class;

/* The class of the character at *at; *next is where the one behind it begins. */
static char_class class_at(slice text, size_t at, size_t *next)
{
    *next = at;
    if (at >= text.len)
        return CLASS_END;
    uint32_t c = utf8_next(text, next);
    if (c < 128) {
        uint32_t small = c | 0x20;
        if (small >= 'a' && small <= 'z')
            return CLASS_LETTER;
        if (c >= '0' && c <= '9')
            return CLASS_NUMBER;
        if (c == '\r' || c == '\n')
            return CLASS_BREAK;
        return c == ' ' || (c >= '\t' && c <= '\r') ? CLASS_SPACE : CLASS_OTHER;
    }
    if (unicode_is_letter(c))
        return CLASS_LETTER;
    if (unicode_is_number(c))
        return CLASS_NUMBER;
    return unicode_is_white_space(c) ? CLASS_SPACE : CLASS_OTHER;
}

static bool is_white(char_class c)
{
    return c == CLASS_SPACE || c == CLASS_BREAK;
}

/* Where the run of one class ends. */
static size_t run_end(slice text, size_t at, char_class class)
{
    size_t next;
    while (class_at(text, at, &next) == class)
        at = next;
    return at;
}

/* Alternative 1: the end of 's and the like; `at` where there is none. */
static size_t contraction_end(slice text, size_t at)
{
    static const char *const endings[] = {"s",  "t", "re",      "ve", "m",
                                          "ll", "d", "\xC5\xBF" /* the long s: its capital is S */};
    if (text.data[at] != '\'')
        return at;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t len = strlen(endings[i]);
        if (text.len - at - 1 >= len && strncasecmp(text.data + at + 1, endings[i], len) == 0)
            return at + 1 + len;
    }
    return at;
}

static size_t number_end(slice text, size_t at)
{
    size_t next;
    for (int i = 0; i < 3 && class_at(text, at, &next) == CLASS_NUMBER; i++)
        at = next;
    return at;
}

/* Alternatives 5 to 7, for a piece that begins with white space. */
static size_t white_end(slice text, size_t at)
{
    size_t end = at, last = at, line = at, next;
    char_class class;
    while (is_white(class = class_at(text, end, &next))) {
        last = end; /* where the last of them begins */
        end = next;
        if (class == CLASS_BREAK)
            line = end;
    }
    if (line > at)
        return line;
    return class == CLASS_END || last == at ? end : last;
}

size_t bpe_split_cl100k(slice text, size_t at)
{
    size_t second, third;
    char_class first = class_at(text, at, &second);
    size_t contraction = contraction_end(text, at);
    if (contraction > at)
        return contraction;
    if (first == CLASS_LETTER)
        return run_end(text, second, CLASS_LETTER);
    if (first == CLASS_NUMBER)
        return number_end(text, at);
    char_class follower = class_at(text, second, &third);
    if (first != CLASS_BREAK && follower == CLASS_LETTER)
        return run_end(text, third, CLASS_LETTER);
    if (first == CLASS_OTHER || (text.data[at] == ' ' && follower == CLASS_OTHER)) {
        size_t end = run_end(text, second, CLASS_OTHER);
        return run_end(text, end, CLASS_BREAK);
    }
    return white_end(text, at);
}
