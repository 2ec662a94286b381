/* The classes of characters in the splitters' patterns.
 *
 * What:    L letters, N numbers, S white space (line breaks separately), others.
 * Owner:   nothing. Threads: any. Fails: never; the text is valid UTF-8.
 */
#ifndef DETECTION_TOKENIZER_BPE_CLASS_H
#define DETECTION_TOKENIZER_BPE_CLASS_H

#include "detection/text/unicode.h"

typedef enum bpe_class {
    BPE_LETTER,
    BPE_NUMBER,
    BPE_SPACE,
    BPE_BREAK, /* CR, LF: white space too */
    BPE_OTHER,
    BPE_END, /* after the text */
} bpe_class;

static inline bpe_class bpe_class_of(uint32_t c)
{
    unsigned flags = unicode_flags(c);
    if (flags & UNICODE_LETTER)
        return BPE_LETTER;
    if (flags & UNICODE_NUMBER)
        return BPE_NUMBER;
    if (c == '\r' || c == '\n')
        return BPE_BREAK;
    return flags & UNICODE_WHITE_SPACE ? BPE_SPACE : BPE_OTHER;
}

/* The class of the character at `at`; *next is where the following one begins. */
static inline bpe_class bpe_class_at(slice text, size_t at, size_t *next)
{
    *next = at;
    return at < text.len ? bpe_class_of(utf8_next(text, next)) : BPE_END;
}

static inline bool bpe_is_white(bpe_class c)
{
    return c == BPE_SPACE || c == BPE_BREAK;
}

/* Where the run of one class ends. */
size_t bpe_run_end(slice text, size_t at, bpe_class class);
/* The end of one to three numbers. */
size_t bpe_three_numbers_end(slice text, size_t at);
/* White space that a piece begins with. `by_line`: a run with line breaks in it ends after the
 * last. Else all of it at the text's end, all but the last before something else. */
size_t bpe_white_end(slice text, size_t at, bool by_line);
/* The end of 's 't 're 've 'm 'll 'd; `at` if there is none. */
size_t bpe_contraction_end(slice text, size_t at, bool any_case);

#endif
