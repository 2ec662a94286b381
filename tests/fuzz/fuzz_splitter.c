/* Text to tokens: pieces cover the text without a gap, fast paths give the result of the exact
 * code, and a used cache changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "detection/tokenizer/bpe_split.h"
#include "detection/text/normalize.h"
#include "detection/tokenizer/tokenizer.h"
#include "detection/text/unicode.h"
#include "detection/text/word_break.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void try_split(bpe_split *split, slice text)
{
    for (size_t at = 0, end; at < text.len; at = end) {
        end = split(text, at);
        expect(end > at && end <= text.len);
        expect(utf8_check((slice){text.data + at, end - at}) == end - at);
    }
}

static void try_words(slice text)
{
    for (size_t at = 0, end; at < text.len; at = end) {
        end = word_break_end(text, at);
        expect(end > at && end <= text.len);
    }
}

/* The tokens of a text are those of its pieces, encoded one by one. */
static void try_pieces(const tokenizer *t, slice text, const token_list *all)
{
    static token_list piece;
    size_t i = 0;
    for (size_t at = 0, end; at < text.len; at = end) {
        end = bpe_split_cl100k(text, at);
        tokenizer_encode(t, (slice){text.data + at, end - at}, &piece);
        for (size_t k = 0; k < piece.count; k++, i++)
            expect(i < all->count && all->ids[i] == piece.ids[k] &&
                   all->ends[i] == at + piece.ends[k]);
    }
    expect(i == all->count);
}

/* A new cache is large, so only some texts are tried with one. */
static void try_tokens(slice text)
{
    static tokenizer *t;
    static token_list used;
    AUTO(token_list) fresh = {0};
    if (!t)
        t = tokenizer_new("cl100k", "detection/data", NULL);
    expect(t != NULL);
    tokenizer_encode(t, text, &used);
    for (size_t i = 0; i < used.count; i++)
        expect(token_list_start(&used, i) < used.ends[i]);
    expect(used.count == 0 || used.ends[used.count - 1] == text.len);
    try_pieces(t, text, &used);
    if (text.len % 64 != 5)
        return;
    tokenizer_encode(t, text, &fresh);
    expect(used.count == fresh.count);
    for (size_t i = 0; i < used.count; i++)
        expect(used.ids[i] == fresh.ids[i] && used.ends[i] == fresh.ends[i]);
}

static void try_normal_form(slice text)
{
    static normalizer n;
    AUTO(buf) once = BUF(1 << 24);
    AUTO(buf) twice = BUF(1 << 24);
    if (!n.ascii['a'])
        expect(normalizer_init(&n, NORMALIZE_DEFAULT_PUNCTUATION, NULL));
    expect(normalize_text(&n, text, &once));
    expect(utf8_check(buf_slice(&once)) == once.len);
    expect(normalize_text(&n, buf_slice(&once), &twice));
    expect(slice_equal(buf_slice(&once), buf_slice(&twice)));
    try_tokens(buf_slice(&once));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice text = {(const char *)data, size};
    if (utf8_check(text) != text.len)
        return 0;
    try_split(bpe_split_cl100k, text);
    try_split(bpe_split_o200k, text);
    try_split(bpe_split_r50k, text);
    try_words(text);
    try_tokens(text);
    try_normal_form(text);
    return 0;
}
