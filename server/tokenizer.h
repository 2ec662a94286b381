/* Tokenizers: normalised text to tokens and back to text.
 *
 * What:    one interface; `word` is the tokenizer there is (a token is a word of the normalised
 *          text). Tokens are small numbers that stand for the same piece in all texts.
 * Owner:   tokenizer_new / tokenizer_free; a token_list is the caller's.
 * Threads: tokenizer_learn by one thread, before any other use; then the rest by all threads.
 * Fails:   tokenizer_new with ERR_CONFIG on a name that it does not know.
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
    tokenizer *(*create)(err *e);
    void (*free)(tokenizer *t);
    void (*learn)(tokenizer *t, slice normal, token_list *out);
    void (*encode)(const tokenizer *t, slice normal, token_list *out);
    size_t (*count_filled)(tokenizer *t, slice normal); /* tokens that are not white space */
} tokenizer_ops;
struct tokenizer { /* embedded as the first member */
    const tokenizer_ops *ops;
};

tokenizer *tokenizer_new(const char *name, err *e) MUST_USE;
void tokenizer_free(tokenizer *t); /* NULL is fine */
DEFINE_AUTO_PTR(tokenizer, tokenizer_free)

/* Both replace what `out` holds. learn gives unseen pieces a number, encode TOKEN_UNKNOWN. The text
 * is normalised and shorter than 4 GiB. */
void tokenizer_learn(tokenizer *t, slice normal, token_list *out);
void tokenizer_encode(const tokenizer *t, slice normal, token_list *out);
size_t tokenizer_count_filled(tokenizer *t, slice normal);

extern const tokenizer_ops tokenizer_word_ops;

#endif
