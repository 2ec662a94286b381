/* Tokenizers: normalised text to tokens and back to text.
 *
 * What:    one interface; tokenizers are `word` (a token is a word of the normalised text) and
 *          `cl100k` (byte pairs). Tokens are small numbers that stand for the same piece in all
 *          texts.
 * Owner:   tokenizer_new / tokenizer_free; a token_list is the caller's.
 * Threads: tokenizer_learn by one thread, before any other use; then the rest by all threads.
 * Fails:   tokenizer_new with ERR_CONFIG on a name that it does not know, or without the vocabulary.
 *
 * Every token covers a range of the text that it came from, so that decoding tokens is cutting a
 * piece out of that text: byte-pair tokens with the space before them, words without.
 */
#ifndef SERVER_TOKENIZER_H
#define SERVER_TOKENIZER_H

#include "base/buf.h"
#include "base/err.h"

/* A piece that no evaluation record has: it equals nothing, not even itself. */
#define TOKEN_UNKNOWN UINT32_MAX

typedef struct token_list {
    uint32_t *ids;
    uint32_t *starts; /* byte offsets in the text: token i is [starts[i], ends[i]) */
    uint32_t *ends;
    size_t count;
    size_t capacity;
} token_list;

void token_list_deinit(token_list *l);
DEFINE_AUTO(token_list, token_list_deinit)
void token_list_add(token_list *l, uint32_t id, uint32_t start, uint32_t end);

typedef struct tokenizer tokenizer;
typedef struct tokenizer_ops {
    const char *name;
    bool leads_with_space; /* so that a word is the same token wherever it stands */
    tokenizer *(*create)(const char *vocabulary_dir, err *e);
    void (*free)(tokenizer *t);
    void (*learn)(tokenizer *t, slice text, token_list *out);
    void (*encode)(const tokenizer *t, slice text, token_list *out);
    size_t (*count_filled)(tokenizer *t, slice text); /* tokens that are not white space */
} tokenizer_ops;
struct tokenizer { /* embedded as the first member */
    const tokenizer_ops *ops;
};

/* vocabulary_dir: where a vocabulary is looked for first; NULL: only in the usual places. */
tokenizer *tokenizer_new(const char *name, const char *vocabulary_dir, err *e) MUST_USE;
void tokenizer_free(tokenizer *t); /* NULL is fine */
DEFINE_AUTO_PTR(tokenizer, tokenizer_free)

/* Puts a space before normalised text where the tokenizer wants one; an empty text stays empty. The
 * functions below take the text as this leaves it. */
void tokenizer_lead_in(const tokenizer *t, buf *normal);

/* Both replace what `out` holds. learn gives unseen pieces a number, encode TOKEN_UNKNOWN. The text
 * is shorter than 4 GiB. */
void tokenizer_learn(tokenizer *t, slice text, token_list *out);
void tokenizer_encode(const tokenizer *t, slice text, token_list *out);
size_t tokenizer_count_filled(tokenizer *t, slice text);

extern const tokenizer_ops tokenizer_word_ops;
extern const tokenizer_ops tokenizer_cl100k_ops;

#endif
