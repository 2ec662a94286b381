/* The first alternative that fits at the offset makes the piece (L letters, N numbers, S white
 * space).
 *
 * cl100k:
 *   1 an apostrophe and s, t, re, ve, m, ll or d, in either case
 *   2 one character that is not L, N, CR or LF, or nothing; then L, at least one
 *   3 one to three N
 *   4 a space or nothing; then what is not S, L or N, at least one; then any CR and LF
 *   5 S that ends in CR or LF
 *   6 S followed by nothing or by a further S
 *   7 S
 *
 * r50k, p50k, p50k_edit:
 *   1 as above, small letters only
 *   2 a space or nothing; then L, or N, or what is not S, L or N, at least one
 *   3 as 6 and 7 above
 */
#include "base/util.h"
#include "detection/tokenizer/bpe_split.h"

#include "detection/tokenizer/bpe_class.h"

size_t bpe_run_end(slice text, size_t at, bpe_class class)
{
    size_t next;
    while (bpe_class_at(text, at, &next) == class)
        at = next;
    return at;
}

size_t bpe_contraction_end(slice text, size_t at, bool any_case)
{
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    static const char long_s[] = "\xC5\xBF"; /* its capital is S */
    if (at >= text.len || text.data[at] != '\'')
        return at;
    const char *p = text.data + at + 1;
    size_t left = text.len - at - 1;
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t len = strlen(endings[i]);
        if (left >= len &&
            (any_case ? strncasecmp(p, endings[i], len) : memcmp(p, endings[i], len)) == 0)
            return at + 1 + len;
    }
    if (any_case && left >= 2 && memcmp(p, long_s, 2) == 0)
        return at + 3;
    return at;
}

size_t bpe_three_numbers_end(slice text, size_t at)
{
    size_t next;
    for (int i = 0; i < 3 && bpe_class_at(text, at, &next) == BPE_NUMBER; i++)
        at = next;
    return at;
}

size_t bpe_white_end(slice text, size_t at, bool by_line)
{
    size_t end = at, last = at, line = at, next;
    bpe_class class;
    while (bpe_is_white(class = bpe_class_at(text, end, &next))) {
        last = end; /* where the last of them begins */
        end = next;
        if (class == BPE_BREAK)
            line = end;
    }
    if (by_line && line > at)
        return line;
    return class == BPE_END || last == at ? end : last;
}

size_t bpe_split_cl100k(slice text, size_t at)
{
    size_t second, third;
    bpe_class first = bpe_class_at(text, at, &second);
    size_t contraction = bpe_contraction_end(text, at, true);
    if (contraction > at)
        return contraction;
    if (first == BPE_LETTER)
        return bpe_run_end(text, second, BPE_LETTER);
    if (first == BPE_NUMBER)
        return bpe_three_numbers_end(text, at);
    bpe_class follower = bpe_class_at(text, second, &third);
    if (first != BPE_BREAK && follower == BPE_LETTER)
        return bpe_run_end(text, third, BPE_LETTER);
    if (first == BPE_OTHER || (text.data[at] == ' ' && follower == BPE_OTHER)) {
        size_t end = bpe_run_end(text, second, BPE_OTHER);
        return bpe_run_end(text, end, BPE_BREAK);
    }
    return bpe_white_end(text, at, true);
}

size_t bpe_split_r50k(slice text, size_t at)
{
    size_t contraction = bpe_contraction_end(text, at, false), next;
    if (contraction > at)
        return contraction;
    size_t start = at + (text.data[at] == ' ');
    bpe_class class = bpe_class_at(text, start, &next);
    if (class == BPE_END || bpe_is_white(class))
        return bpe_white_end(text, at, false);
    return bpe_run_end(text, next, class);
}
