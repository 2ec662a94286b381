/* Tokenizers: convert normalised text to tokens and back.
 *
 * What:    one interface; tokenizers are byte pairs (`cl100k`, `o200k`, `p50k`, `p50k_edit`,
 *          `r50k`), words by Unicode's boundaries (`uniseg`), and words of the normalised text
 *          (`word`). A token is a small number with the same meaning in all texts.
 * Owner:   tokenizer_new / tokenizer_free; a token_list is the caller's.
 * Threads: tokenizer_learn and tokenizer_count_filled by one thread, before any other use; then the
 *          rest by all threads. A token_list belongs to one thread at a time.
 * Fails:   tokenizer_new with ERR_CONFIG on a name that it does not know, or without the vocabulary.
 *
 * Every token covers a range of its text, so that decoding tokens means copying that range:
 * byte-pair tokens with the space before them, words without.
 */
#ifndef DETECTION_TOKENIZER_TOKENIZER_H
#define DETECTION_TOKENIZER_TOKENIZER_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

/* A piece that occurs in no evaluation record: it equals no token, not even itself. */
#define TOKEN_UNKNOWN UINT32_MAX

typedef struct token_memory token_memory;
typedef struct token_list {
    uint32_t *ids;
    uint32_t *ends; /* byte offsets in the text: token i ends before ends[i] */
    size_t count;
    size_t capacity;
    bool spaces_between;  /* a token begins one byte after the end of the one before it, or at it */
    token_memory *memory; /* of the encoder, from text to text */
} token_list;

void token_list_deinit(token_list *l);
DEFINE_AUTO(token_list, token_list_deinit)

/* Where token i begins. */
static inline size_t token_list_start(const token_list *l, size_t i)
{
    return i > 0 ? l->ends[i - 1] + (size_t)l->spaces_between : 0;
}

/* Appends `more` to the list; its text begins `shift` bytes into the list's. */
void token_list_append(token_list *l, const token_list *more, uint32_t shift);
/* Without the first `count` tokens, and the first `bytes` of the text. */
void token_list_drop(token_list *l, size_t count, uint32_t bytes);

typedef struct tokenizer tokenizer;
typedef struct tokenizer_ops tokenizer_ops;

/* vocabulary_dir: searched first for a vocabulary; NULL: only the default folders. */
tokenizer *tokenizer_new(const char *name, const char *vocabulary_dir, err *e) MUST_USE;
/* As the reference server: `word`, and any unknown name, is one token for each byte. */
tokenizer *tokenizer_new_compatible(const char *name, const char *vocabulary_dir, err *e) MUST_USE;
void tokenizer_free(tokenizer *t); /* NULL is allowed */
DEFINE_AUTO_PTR(tokenizer, tokenizer_free)

/* Puts a space before normalised text if the tokenizer requires one; an empty text stays empty. The
 * functions below expect the result. */
void tokenizer_lead_in(const tokenizer *t, buf *normal);

/* Both replace the content of `out`. learn gives new pieces a number, encode TOKEN_UNKNOWN. The
 * text is shorter than 4 GiB. A list serves one tokenizer only. */
void tokenizer_learn(tokenizer *t, slice text, token_list *out);
void tokenizer_encode(const tokenizer *t, slice text, token_list *out);
size_t tokenizer_count_filled(tokenizer *t, slice text); /* tokens that are not white space */
bool tokenizer_shows_text(const tokenizer *t);           /* whether reports show an excerpt */
/* Whether there is nothing to learn: tokenizer_encode gives the same tokens, in any number of threads. Then the
 * tokens of normalised texts that are joined with a space are those of each by itself. */
bool tokenizer_is_closed(const tokenizer *t);
/* The result of tokenizer_count_filled, if the tokens of the text are known. */
size_t tokenizer_filled(slice text, const token_list *tokens);

const char *tokenizer_name(const tokenizer *t);
const char *
tokenizer_vocabulary(const tokenizer *t); /* SHA-256 of its text, hex; NULL: it has none */

#endif
