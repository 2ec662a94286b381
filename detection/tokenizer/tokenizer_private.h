/* Shared by tokenizer.c and the tokenizers.
 *
 * What:    the interface of one kind of tokenizer, and the list of kinds.
 * Owner, threads, failures: as tokenizer.h says for the functions of the same names.
 */
#ifndef DETECTION_TOKENIZER_TOKENIZER_PRIVATE_H
#define DETECTION_TOKENIZER_TOKENIZER_PRIVATE_H

#include "detection/tokenizer/tokenizer.h"

struct tokenizer_ops {
    const char *name;
    bool leads_with_space; /* so that a word is the same token everywhere */
    bool spaces_between;   /* a space separates two tokens, and belongs to neither */
    bool shows_text;       /* reports show an excerpt */
    bool is_closed;        /* nothing to learn (tokenizer_is_closed) */
    tokenizer *(*create)(const tokenizer_ops *ops, const char *vocabulary_dir, err *e);
    void (*free)(tokenizer *t);
    void (*learn)(tokenizer *t, slice text, token_list *out);
    void (*encode)(const tokenizer *t, slice text, token_list *out);
    size_t (*count_filled)(tokenizer *t, slice text);
    const char *(*vocabulary)(const tokenizer *t); /* NULL: it has none */
};
struct tokenizer { /* embedded as the first member */
    const tokenizer_ops *ops;
};

void token_list_reserve_slow(token_list *l, size_t more);

static inline void token_list_reserve(token_list *l, size_t more)
{
    if (l->count + more > l->capacity)
        token_list_reserve_slow(l, more);
}

static inline void token_list_add(token_list *l, uint32_t id, uint32_t end)
{
    token_list_reserve(l, 1);
    l->ids[l->count] = id;
    l->ends[l->count++] = end;
}

void token_memory_free(token_memory *m); /* NULL is allowed */

#define TOKENIZER_WORD_COUNT 2
extern const tokenizer_ops *const tokenizer_words[TOKENIZER_WORD_COUNT];
#define TOKENIZER_BPE_COUNT 5
extern const tokenizer_ops *const tokenizer_bpe[TOKENIZER_BPE_COUNT];

/* Not found by tokenizer_new. */
extern const tokenizer_ops tokenizer_bytes, tokenizer_bytes_as_word;

#endif
