/* o200k cuts words also at capital letters. With A for Lu, Lt, Lm, Lo and M, B for Ll, Lm, Lo and M:
 *   1 one character that is not L, N, CR or LF, or nothing; then any A; then B, at least one; then
 *     an apostrophe and s, t, re, ve, m, ll or d, in either case, or nothing
 *   2 the same with at least one A and any B
 *   3 one to three N
 *   4 a space or nothing; then what is not S, L or N, at least one; then any CR, LF and slashes
 *   5 to 7 as cl100k's
 *
 * Each is greedy: in 1, if no small letter follows the A's, the last A that is also a B counts as
 * the required B.
 */
#include "base/util.h"
#include "detection/tokenizer/bpe_split.h"

#include "detection/tokenizer/bpe_class.h"

static unsigned flags_at(slice text, size_t at, size_t *next)
{
    *next = at;
    return at < text.len ? unicode_flags(utf8_next(text, next)) : 0;
}

static bool is_letter_or_mark(unsigned flags)
{
    return flags & (UNICODE_LETTER | UNICODE_MARK);
}

static bool is_a(unsigned flags)
{
    return is_letter_or_mark(flags) && !(flags & UNICODE_SMALL);
}

static bool is_b(unsigned flags)
{
    return is_letter_or_mark(flags) && !(flags & UNICODE_CAPITAL);
}

static size_t b_end(slice text, size_t at)
{
    size_t next;
    while (is_b(flags_at(text, at, &next)))
        at = next;
    return at;
}

typedef struct a_run {
    size_t end;
    size_t last_b_end; /* after the last one that is a B too; 0: none */
} a_run;

static a_run read_a_run(slice text, size_t at)
{
    a_run run = {.end = at};
    size_t next;
    for (unsigned flags; is_a(flags = flags_at(text, run.end, &next));) {
        run.end = next;
        if (is_b(flags))
            run.last_b_end = next;
    }
    return run;
}

/* Alternative 1 without lead and apostrophe; `at` if it does not match. */
static size_t word_end(slice text, size_t at)
{
    a_run run = read_a_run(text, at);
    size_t end = b_end(text, run.end);
    if (end > run.end)
        return end;
    return run.last_b_end > 0 ? run.last_b_end : at;
}

/* Alternatives 1 and 2; `at` if neither matches. `second` is after the first character. */
static size_t letters_end(slice text, size_t at, size_t second, bpe_class first)
{
    bool may_lead = first == BPE_OTHER || first == BPE_SPACE;
    size_t start = may_lead ? second : at;
    size_t end = word_end(text, start);
    if (end == start && may_lead) { /* a mark may be the lead, or itself the word */
        end = word_end(text, at);
        if (end > at)
            return bpe_contraction_end(text, end, true);
        end = start;
    }
    if (end == start)
        end = read_a_run(text, start).end;
    return end > start ? bpe_contraction_end(text, end, true) : at;
}

static size_t symbols_end(slice text, size_t at)
{
    at = bpe_run_end(text, at, BPE_OTHER);
    while (at < text.len &&
           (text.data[at] == '\r' || text.data[at] == '\n' || text.data[at] == '/'))
        at++;
    return at;
}

size_t bpe_split_o200k(slice text, size_t at)
{
    size_t second, third;
    bpe_class first = bpe_class_at(text, at, &second);
    if (first == BPE_NUMBER)
        return bpe_three_numbers_end(text, at);
    if (first != BPE_BREAK) {
        size_t end = letters_end(text, at, second, first);
        if (end > at)
            return end;
    }
    if (first == BPE_OTHER)
        return symbols_end(text, second);
    if (text.data[at] == ' ' && bpe_class_at(text, second, &third) == BPE_OTHER)
        return symbols_end(text, third);
    return bpe_white_end(text, at, true);
}
