/* Byte-pair tokenizers: text is cut into pieces, a piece into the byte strings of a vocabulary.
 *
 * Nearly all pieces of a text were seen before: their tokens stand in a cache of the worker's. The
 * others are looked up in the vocabulary, or put together from their bytes (bpe_merge).
 */
#include "base/util.h"
#include "detection/tokenizer/bpe_merge.h"
#include "detection/tokenizer/bpe_split.h"
#include "detection/tokenizer/bpe_windows.h"
#include "detection/tokenizer/piece_cache.h"
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

struct token_memory { /* what one worker keeps from text to text */
    bpe_merger merger;
    piece_cache *cache;
};

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

void token_memory_free(token_memory *m)
{
    if (!m)
        return;
    bpe_merger_deinit(&m->merger);
    piece_cache_free(m->cache);
    free(m);
}

static token_memory *memory_of(token_list *l)
{
    if (!l->memory) {
        l->memory = xcalloc(1, sizeof *l->memory);
        l->memory->cache = piece_cache_new();
    }
    return l->memory;
}

/* One text while it is encoded. */
typedef struct encoding {
    const bpe_tokenizer *tokenizer;
    slice text;
    token_memory *memory;
    token_list *out;
} encoding;

/* The tokens from `first` on are those of the piece. */
static void remember(encoding *c, piece_key key, size_t start, size_t first)
{
    piece_token tokens[PIECE_MAX_TOKENS];
    const token_list *l = c->out;
    size_t count = l->count - first;
    if (count > PIECE_MAX_TOKENS)
        return;
    for (size_t i = 0; i < count; start = l->ends[first + i++])
        tokens[i] = PIECE_TOKEN(l->ids[first + i], l->ends[first + i] - start);
    /* cppcheck-suppress uninitvar ; `count` of them are set */
    piece_cache_put(c->memory->cache, key, tokens, count);
}

static void encode_anew(encoding *c, size_t start, size_t end)
{
    slice piece = {.data = c->text.data + start, .len = end - start};
    uint32_t rank = bpe_vocabulary_rank(c->tokenizer->vocabulary, piece);
    if (rank != BPE_NO_RANK) {
        token_list_add(c->out, rank, (uint32_t)end);
        return;
    }
    if (piece.len > BPE_WINDOW) {
        bpe_windows(&c->memory->merger, c->tokenizer->vocabulary, piece, start, BPE_WINDOW, c->out);
        return;
    }
    const bpe_part *parts = bpe_merge(&c->memory->merger, c->tokenizer->vocabulary, piece);
    for (uint32_t i = 0; i < piece.len; i = parts[i].next)
        token_list_add(c->out, parts[i].rank, (uint32_t)start + parts[i].next);
}

static inline void put_known(encoding *c, const piece_entry *known, size_t start)
{
    token_list *l = c->out;
    token_list_reserve(l, PIECE_MAX_TOKENS);
    uint32_t end = (uint32_t)start;
    for (size_t i = 0; i < PIECE_MAX_TOKENS && known->tokens[i]; i++) {
        l->ids[l->count] = PIECE_TOKEN_ID(known->tokens[i]);
        l->ends[l->count++] = end += PIECE_TOKEN_LEN(known->tokens[i]);
    }
}

/* Pieces that were cut and are not encoded yet. The memory that their tokens may stand in is on its
 * way meanwhile. */
#define PIECES_AHEAD 16
typedef struct piece_row {
    piece_key keys[PIECES_AHEAD];
    uint32_t starts[PIECES_AHEAD];
    uint32_t ends[PIECES_AHEAD];
    size_t count;
} piece_row;

static inline void row_add(encoding *c, piece_row *row, piece_key key, size_t start, size_t end)
{
    piece_cache_prefetch(c->memory->cache, key);
    row->keys[row->count] = key;
    row->starts[row->count] = (uint32_t)start;
    row->ends[row->count++] = (uint32_t)end;
}

/* A piece of any kind; yields its end. */
static size_t cut_piece(encoding *c, piece_row *row, size_t at)
{
    size_t end = c->tokenizer->kind->split(c->text, at);
    slice piece = {.data = c->text.data + at, .len = end - at};
    bool is_short = piece.len <= PIECE_MAX_BYTES;
    row_add(c, row, is_short ? piece_key_of(piece) : (piece_key){{0, 0}}, at, end);
    return end;
}

/* Cuts the next pieces; yields where they end. */
static size_t fill_row(encoding *c, piece_row *row, size_t at)
{
    row->count = 0;
    while (row->count < PIECES_AHEAD && at < c->text.len) {
        uint64_t words[2];
        size_t len = 0;
        if (at + sizeof words <= c->text.len) {
            memcpy(words, c->text.data + at, sizeof words);
            len = bpe_split_plain_word(words[0], words[1]);
        }
        if (len > 0) {
            row_add(c, row, piece_key_cut(words[0], words[1], len), at, at + len);
            at += len;
        } else {
            at = cut_piece(c, row, at);
        }
    }
    return at;
}

static void encode_row(encoding *c, const piece_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        piece_key key = row->keys[i];
        bool is_short = key.words[1] != 0;
        const piece_entry *known = is_short ? piece_cache_find(c->memory->cache, key) : NULL;
        if (known) {
            put_known(c, known, row->starts[i]);
            continue;
        }
        size_t first = c->out->count;
        encode_anew(c, row->starts[i], row->ends[i]);
        if (is_short)
            remember(c, key, row->starts[i], first);
    }
}

static void bpe_encode(const tokenizer *t, slice text, token_list *out)
{
    encoding c = {
        .tokenizer = (const bpe_tokenizer *)t, .text = text, .memory = memory_of(out), .out = out};
    piece_row row;
    for (size_t at = 0; at < text.len;) {
        at = fill_row(&c, &row, at);
        encode_row(&c, &row);
    }
}

/* The vocabulary is closed: there is nothing to learn. */
static void bpe_learn(tokenizer *t, slice text, token_list *out)
{
    bpe_encode(t, text, out);
}

/* White space as the filter of short records has it: 9 to 13 and 28 to 32. */
static bool is_filled(slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (!(c >= 9 && c <= 13) && !(c >= 28 && c <= 32))
            return true;
    }
    return false;
}

static size_t bpe_count_filled(tokenizer *t, slice text)
{
    bpe_tokenizer *b = (bpe_tokenizer *)t;
    size_t count = 0;
    b->counted.count = 0;
    bpe_encode(t, text, &b->counted);
    for (size_t i = 0; i < b->counted.count; i++)
        count += is_filled(bpe_vocabulary_bytes(b->vocabulary, b->counted.ids[i]));
    return count;
}

static const char *bpe_vocabulary_sha256(const tokenizer *t)
{
    return ((const bpe_kind *)t->ops)->source.sha256;
}

/* clang-format off */
#define BPE_OPS(word)                                                                              \
    {                                                                                              \
        .name = (word), .leads_with_space = true, .shows_text = true, .create = bpe_create,        \
        .free = bpe_free, .learn = bpe_learn, .encode = bpe_encode,                                \
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
               .remedy = "give --vocabulary-dir the folder that holds it"},
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
/* These two differ in special tokens only, which never stand in text. */
static const bpe_kind p50k = {
    .ops = BPE_OPS("p50k"), .source = P50K_SOURCE, .split = bpe_split_r50k};
static const bpe_kind p50k_edit = {
    .ops = BPE_OPS("p50k_edit"), .source = P50K_SOURCE, .split = bpe_split_r50k};

const tokenizer_ops *const tokenizer_bpe[TOKENIZER_BPE_COUNT] = {&cl100k.ops, &o200k.ops, &p50k.ops,
                                                                 &p50k_edit.ops, &r50k.ops};
