/* Byte-pair tokenizers: text is cut into pieces, a piece into the byte strings of a vocabulary. */
#include "base/util.h"
#include "detection/data/cl100k_data.h"
#include "detection/tokenizer/bpe_encode.h"
#include "detection/tokenizer/tokenizer_private.h"

typedef struct bpe_kind {
    tokenizer_ops ops; /* first */
    bpe_source source;
    bpe_split *split;
} bpe_kind;

typedef struct bpe_tokenizer {
    tokenizer base;
    const bpe_kind *kind;
    bpe_vocabulary *vocabulary;
    token_list counted; /* bpe_count_filled's */
} bpe_tokenizer;

static tokenizer *bpe_create(const tokenizer_ops *ops, const char *vocabulary_dir, err *e)
{
    const bpe_kind *kind = (const bpe_kind *)ops;
    bpe_vocabulary *v = bpe_vocabulary_new(&kind->source, vocabulary_dir, e);
    if (!v)
        return NULL;
    bpe_tokenizer *b = xcalloc(1, sizeof *b);
    b->base.ops = ops;
    b->kind = kind;
    b->vocabulary = v;
    return &b->base;
}

static void bpe_free(tokenizer *t)
{
    bpe_tokenizer *b = (bpe_tokenizer *)t;
    bpe_vocabulary_free(b->vocabulary);
    token_list_deinit(&b->counted);
    free(b);
}

static void encode(const tokenizer *t, slice text, token_list *out)
{
    const bpe_tokenizer *b = (const bpe_tokenizer *)t;
    bpe_encode(b->vocabulary, b->kind->split, text, out);
}

/* The vocabulary is closed: there is nothing to learn. */
static void bpe_learn(tokenizer *t, slice text, token_list *out)
{
    encode(t, text, out);
}

static size_t bpe_count_filled(tokenizer *t, slice text)
{
    bpe_tokenizer *b = (bpe_tokenizer *)t;
    b->counted.count = 0;
    encode(t, text, &b->counted);
    return tokenizer_filled(text, &b->counted);
}

static const char *bpe_vocabulary_sha256(const tokenizer *t)
{
    return ((const bpe_kind *)t->ops)->source.sha256;
}

/* clang-format off */
#define BPE_OPS(word)                                                                              \
    {                                                                                              \
        .name = (word), .leads_with_space = true, .shows_text = true, .is_closed = true,           \
        .create = bpe_create, .free = bpe_free, .learn = bpe_learn, .encode = encode,                                    \
        .count_filled = bpe_count_filled, .vocabulary = bpe_vocabulary_sha256                      \
    }
/* clang-format on */

#define FETCH                                                                                      \
    "in a checkout, third_party/vocabularies.sh fetches it into detection/data, or into a folder " \
    "that it is given; name that folder by --vocabulary-dir"
/* clang-format off */
#define P50K_SOURCE                                                                                \
    {                                                                                              \
        .name = "p50k_base.tiktoken",                                                              \
        .sha256 = "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",              \
        .rank_limit = 50281, .remedy = FETCH                                                       \
    }
/* clang-format on */

static const bpe_kind cl100k = {
    .ops = BPE_OPS("cl100k"),
    .source = {.name = "cl100k_base.tiktoken",
               .sha256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
               .rank_limit = 100256,
               .embedded = cl100k_data},
    .split = bpe_split_cl100k,
};
static const bpe_kind o200k = {
    .ops = BPE_OPS("o200k"),
    .source = {.name = "o200k_base.tiktoken",
               .sha256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
               .rank_limit = 199998,
               .remedy = FETCH},
    .split = bpe_split_o200k,
};
static const bpe_kind r50k = {
    .ops = BPE_OPS("r50k"),
    .source = {.name = "r50k_base.tiktoken",
               .sha256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
               .rank_limit = 50256,
               .remedy = FETCH},
    .split = bpe_split_r50k,
};
/* These two differ in special tokens only, which never occur in text. */
static const bpe_kind p50k = {
    .ops = BPE_OPS("p50k"), .source = P50K_SOURCE, .split = bpe_split_r50k};
static const bpe_kind p50k_edit = {
    .ops = BPE_OPS("p50k_edit"), .source = P50K_SOURCE, .split = bpe_split_r50k};

const tokenizer_ops *const tokenizer_bpe[TOKENIZER_BPE_COUNT] = {&cl100k.ops, &o200k.ops, &p50k.ops,
                                                                 &p50k_edit.ops, &r50k.ops};
