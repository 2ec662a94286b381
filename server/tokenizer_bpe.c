/* Byte-pair tokenizers: text is cut into pieces, a piece into the byte strings of a vocabulary.
 *
 * A piece that is not in the vocabulary begins as single bytes. The two neighbours whose joint
 * string has the lowest rank are joined, the leftmost where ranks are equal, until no two have one.
 */
#include "server/bpe_split.h"
#include "server/bpe_vocabulary.h"
#include "server/tokenizer.h"

typedef struct bpe_tokenizer {
    tokenizer base;
    bpe_vocabulary *vocabulary;
    token_list counted; /* bpe_count_filled's */
} bpe_tokenizer;

static const bpe_source cl100k = {
    .name = "cl100k_base.tiktoken",
    .sha256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    .entry_count = 100256,
};

static tokenizer *cl100k_create(const char *vocabulary_dir, err *e)
{
    bpe_vocabulary *v = bpe_vocabulary_new(&cl100k, vocabulary_dir, e);
    if (!v)
        return NULL;
    bpe_tokenizer *b = xcalloc(1, sizeof *b);
    b->base.ops = &tokenizer_cl100k_ops;
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

/* --- merging --- */

/* A part of the piece, known by the byte that it begins at. */
typedef struct part {
    uint32_t next;     /* where the next one begins: this one's end */
    uint32_t previous; /* where the one before it begins */
    uint32_t rank;     /* its own; BPE_NO_RANK: no part begins here any more */
    uint32_t joint;    /* the rank with the next one */
} part;

/* Joints that may be made, the least first: rank << 32 | offset. One whose part has changed since
 * is passed over when its turn comes. */
typedef struct heap {
    uint64_t *items;
    size_t count;
} heap;

static void heap_push(heap *h, uint64_t item)
{
    size_t i = h->count++;
    for (; i > 0 && h->items[(i - 1) / 2] > item; i = (i - 1) / 2)
        h->items[i] = h->items[(i - 1) / 2];
    h->items[i] = item;
}

static uint64_t heap_pop(heap *h)
{
    uint64_t top = h->items[0], item = h->items[--h->count];
    size_t i = 0;
    for (size_t child = 1; child < h->count; child = 2 * i + 1) {
        child += child + 1 < h->count && h->items[child + 1] < h->items[child];
        if (h->items[child] >= item)
            break;
        h->items[i] = h->items[child];
        i = child;
    }
    h->items[i] = item;
    return top;
}

typedef struct merge {
    const bpe_vocabulary *vocabulary;
    slice piece;
    part *parts;
    heap joints;
} merge;

static void look_at_joint(merge *m, uint32_t at)
{
    part *p = &m->parts[at];
    p->joint = BPE_NO_RANK;
    if (p->next == m->piece.len)
        return;
    slice both = {.data = m->piece.data + at, .len = m->parts[p->next].next - at};
    p->joint = bpe_vocabulary_rank(m->vocabulary, both);
    if (p->joint != BPE_NO_RANK)
        heap_push(&m->joints, (uint64_t)p->joint << 32 | at);
}

static void join(merge *m, uint32_t at)
{
    part *p = &m->parts[at], *eaten = &m->parts[p->next];
    p->rank = p->joint;
    p->next = eaten->next;
    eaten->rank = BPE_NO_RANK;
    eaten->joint = BPE_NO_RANK;
    if (p->next < m->piece.len)
        m->parts[p->next].previous = at;
    look_at_joint(m, at);
    if (at > 0)
        look_at_joint(m, p->previous);
}

static void run_merge(merge *m)
{
    uint32_t len = (uint32_t)m->piece.len;
    for (uint32_t i = 0; i < len; i++)
        m->parts[i] = (part){
            .next = i + 1,
            .previous = i - 1,
            .rank = bpe_vocabulary_rank(m->vocabulary, (slice){m->piece.data + i, 1}),
        };
    for (uint32_t i = 0; i < len; i++)
        look_at_joint(m, i);
    while (m->joints.count > 0) {
        uint64_t least = heap_pop(&m->joints);
        uint32_t at = (uint32_t)least;
        if (m->parts[at].joint == least >> 32)
            join(m, at);
    }
}

static void put_parts(const merge *m, size_t start, token_list *out)
{
    for (uint32_t i = 0; i < m->piece.len; i = m->parts[i].next)
        token_list_add(out, m->parts[i].rank, (uint32_t)start + i,
                       (uint32_t)start + m->parts[i].next);
}

/* Joints that are looked at: one for each byte, two for each that is made (of which there are fewer
 * than bytes). */
#define MOST_JOINTS(len) (3 * (len))
#define SMALL_PIECE      128

static void encode_small(merge *m, size_t start, token_list *out)
{
    part parts[SMALL_PIECE];
    uint64_t items[MOST_JOINTS(SMALL_PIECE)];
    m->parts = parts;
    m->joints = (heap){.items = items};
    run_merge(m);
    put_parts(m, start, out);
}

/* A long piece is rare enough, and its work large enough, for memory of its own. */
static void encode_large(merge *m, size_t start, token_list *out)
{
    AUTO_FREE part *parts = xcalloc(m->piece.len, sizeof *parts);
    AUTO_FREE uint64_t *items = xcalloc(MOST_JOINTS(m->piece.len), sizeof *items);
    m->parts = parts;
    m->joints = (heap){.items = items};
    run_merge(m);
    put_parts(m, start, out);
}

static void bpe_encode(const tokenizer *t, slice text, token_list *out)
{
    const bpe_tokenizer *b = (const bpe_tokenizer *)t;
    for (size_t at = 0, end; at < text.len; at = end) {
        end = bpe_split_cl100k(text, at);
        slice piece = {.data = text.data + at, .len = end - at};
        uint32_t rank = bpe_vocabulary_rank(b->vocabulary, piece);
        merge m = {.vocabulary = b->vocabulary, .piece = piece};
        if (rank != BPE_NO_RANK)
            token_list_add(out, rank, (uint32_t)at, (uint32_t)end);
        else if (piece.len <= SMALL_PIECE)
            encode_small(&m, at, out);
        else
            encode_large(&m, at, out);
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

const tokenizer_ops tokenizer_cl100k_ops = {
    .name = "cl100k",
    .leads_with_space = true,
    .create = cl100k_create,
    .free = bpe_free,
    .learn = bpe_learn,
    .encode = bpe_encode,
    .count_filled = bpe_count_filled,
};
