/* Nearly all units of a text, and pieces of the others, occurred before: their tokens are in the
 * worker's cache. Other pieces are looked up in the vocabulary, or merged from their bytes
 * (bpe_merge).
 */
#include "base/util.h"
#include "detection/tokenizer/bpe_encode.h"

#include "detection/tokenizer/bpe_class.h"
#include "detection/tokenizer/bpe_merge.h"
#include "detection/tokenizer/bpe_unit.h"
#include "detection/tokenizer/bpe_windows.h"
#include "detection/tokenizer/tokenizer_private.h"
#include "detection/tokenizer/unit_cache.h"

struct token_memory { /* kept by one worker from text to text */
    bpe_merger merger;
    piece_cache *cache;
    unit_cache *units;
};

void token_memory_free(token_memory *m)
{
    if (!m)
        return;
    bpe_merger_deinit(&m->merger);
    piece_cache_free(m->cache);
    unit_cache_free(m->units);
    free(m);
}

static token_memory *memory_of(token_list *l)
{
    if (!l->memory) {
        l->memory = xcalloc(1, sizeof *l->memory);
        l->memory->cache = piece_cache_new();
        l->memory->units = unit_cache_new();
    }
    return l->memory;
}

/* Of a unit of up to PIECE_MAX_BYTES, in a text that has 16 bytes there. */
static inline piece_key unit_piece_key(const char *p, size_t len)
{
    uint64_t words[2];
    memcpy(words, p, sizeof words);
    piece_key key = piece_key_cut(words[0], words[1], len);
    key.words[1] |= PIECE_IS_UNIT;
    return key;
}

/* One text while it is encoded. */
typedef struct encoding {
    const bpe_vocabulary *vocabulary;
    bpe_split *split;
    slice text;
    token_memory *memory;
    token_list *out;
} encoding;

/* The tokens from number `first` of the list on, which begin at byte `start`, for a cache; 0: too many. */
static size_t pack_tokens(const token_list *l, size_t start, size_t first, piece_token *tokens,
                          size_t most)
{
    size_t count = l->count - first;
    if (count > most)
        return 0;
    for (size_t i = 0; i < count; start = l->ends[first + i++])
        tokens[i] = PIECE_TOKEN(l->ids[first + i], l->ends[first + i] - start);
    return count;
}

static void remember(encoding *c, piece_key key, size_t start, size_t first)
{
    piece_token tokens[PIECE_MAX_TOKENS];
    size_t count = pack_tokens(c->out, start, first, tokens, PIECE_MAX_TOKENS);
    if (count > 0)
        piece_cache_put(c->memory->cache, key, tokens, count);
}

static void remember_unit(encoding *c, const unit_key *key, size_t start, size_t first)
{
    piece_token tokens[UNIT_MAX_TOKENS];
    size_t count = pack_tokens(c->out, start, first, tokens, UNIT_MAX_TOKENS);
    if (count > 0)
        unit_cache_put(c->memory->units, key, tokens, count);
}

/* Joined from its bytes, also if it is itself a token that joining does not reach. */
static void encode_merged(encoding *c, size_t start, size_t end)
{
    slice piece = {.data = c->text.data + start, .len = end - start};
    if (piece.len > BPE_WINDOW) {
        bpe_windows(&c->memory->merger, c->vocabulary, piece, start, BPE_WINDOW, c->out);
        return;
    }
    const bpe_part *parts = bpe_merge(&c->memory->merger, c->vocabulary, piece);
    for (uint32_t i = 0; i < piece.len; i = parts[i].next)
        token_list_add(c->out, parts[i].rank, (uint32_t)start + parts[i].next);
}

static void encode_uncached(encoding *c, size_t start, size_t end)
{
    slice piece = {.data = c->text.data + start, .len = end - start};
    uint32_t rank = bpe_vocabulary_rank(c->vocabulary, piece);
    if (rank != BPE_NO_RANK)
        token_list_add(c->out, rank, (uint32_t)end);
    else
        encode_merged(c, start, end);
}

/* Puts the 4 tokens of a cache. All places are written, without a branch for each; those after the last
 * token are not counted. Yields how many there are. */
static inline size_t put_four(uint32_t *ids, uint32_t *ends, const piece_token *tokens,
                              uint32_t start)
{
#ifdef __SSE2__
    __m128i four = _mm_loadu_si128((const __m128i *)(const void *)tokens);
    __m128i lens = _mm_srli_epi32(four, 24);
    lens = _mm_add_epi32(lens, _mm_slli_si128(lens, 4));
    lens = _mm_add_epi32(lens, _mm_slli_si128(lens, 8));
    __m128i end = _mm_add_epi32(lens, _mm_set1_epi32((int)start));
    __m128i absent = _mm_cmpeq_epi32(four, _mm_setzero_si128());
    _mm_storeu_si128((__m128i *)(void *)ids, _mm_and_si128(four, _mm_set1_epi32(0xFFFFFF)));
    _mm_storeu_si128((__m128i *)(void *)ends, end);
    return (size_t)__builtin_ctz((unsigned)_mm_movemask_ps(_mm_castsi128_ps(absent)) | 16);
#else
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        ids[i] = PIECE_TOKEN_ID(tokens[i]);
        ends[i] = start += PIECE_TOKEN_LEN(tokens[i]);
        count += tokens[i] != 0;
    }
    return count;
#endif
}

static void put_piece(token_list *l, const piece_entry *known, size_t start)
{
    token_list_reserve(l, PIECE_MAX_TOKENS);
    l->count += put_four(l->ids + l->count, l->ends + l->count, known->tokens, (uint32_t)start);
}

static void put_unit(token_list *l, const unit_entry *known, size_t start)
{
    token_list_reserve(l, UNIT_MAX_TOKENS);
    size_t count = put_four(l->ids + l->count, l->ends + l->count, known->tokens, (uint32_t)start);
    l->count += count;
    if (count == 4)
        l->count += put_four(l->ids + l->count, l->ends + l->count, known->tokens + 4,
                             l->ends[l->count - 1]);
}

/* A part of a piece, between two borders. */
static void encode_part(encoding *c, size_t start, size_t end)
{
    slice part = {.data = c->text.data + start, .len = end - start};
    if (part.len > PIECE_MAX_BYTES) {
        encode_merged(c, start, end);
        return;
    }
    piece_key key = piece_key_of(part);
    key.words[1] |= PIECE_IS_PART;
    const piece_entry *known = piece_cache_find(c->memory->cache, key);
    if (known) {
        put_piece(c->out, known, start);
        return;
    }
    size_t first = c->out->count;
    encode_merged(c, start, end);
    remember(c, key, start, first);
}

/* A piece that is too long for the caches, part by part (bpe_borders.h). */
static void encode_long(encoding *c, size_t start, size_t end)
{
    slice piece = {.data = c->text.data + start, .len = end - start};
    size_t next = bpe_vocabulary_border(c->vocabulary, piece, 0);
    if (next == piece.len) {
        encode_uncached(c, start, end);
        return;
    }
    for (size_t at = 0; at < piece.len; at = next) {
        next = bpe_vocabulary_border(c->vocabulary, piece, at);
        encode_part(c, start + at, start + next);
    }
}

/* A piece without a key in the row. */
static void encode_piece(encoding *c, size_t start, size_t end)
{
    slice piece = {.data = c->text.data + start, .len = end - start};
    if (piece.len > PIECE_MAX_BYTES) {
        encode_long(c, start, end);
        return;
    }
    piece_key key = piece_key_of(piece);
    const piece_entry *known = piece_cache_find(c->memory->cache, key);
    if (known) {
        put_piece(c->out, known, start);
        return;
    }
    size_t first = c->out->count;
    encode_uncached(c, start, end);
    remember(c, key, start, first);
}

/* The pieces from `at` on, at least up to `end`; yields the end of the last one. */
static size_t encode_pieces(encoding *c, size_t at, size_t end)
{
    size_t next = c->split(c->text, at);
    if (next == end) { /* the cache of pieces would have nothing that the cache of units lacks */
        encode_uncached(c, at, end);
        return end;
    }
    for (;; next = c->split(c->text, at)) {
        encode_piece(c, at, next);
        at = next;
        if (at >= end)
            return at;
    }
}

static bool has_white(slice text)
{
    size_t at = 0;
    while (at < text.len && text.data[at] > ' ') /* most units are ASCII */
        at++;
    while (at < text.len)
        if (bpe_is_white(bpe_class_at(text, at, &at)))
            return true;
    return false;
}

/* Small letters of ASCII, which no splitter cuts; at least 2 bytes, the first one a space. */
static bool is_word(const char *unit, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if (unit[i] < 'a' || unit[i] > 'z')
            return false;
    return true;
}

/* A unit that is not cached. Yields the end of its pieces, which is after its own end if white space in it
 * joins the following text. */
static size_t encode_unit(encoding *c, size_t start, size_t len)
{
    size_t first = c->out->count;
    const char *p = c->text.data + start;
    size_t stop = start + len;
    if (is_word(p, len))
        encode_uncached(c, start, stop);
    else
        stop = encode_pieces(c, start, stop);
    if (has_white((slice){.data = p + 1, .len = len - 1}))
        return stop;
    if (len <= PIECE_MAX_BYTES) {
        remember(c, unit_piece_key(p, len), start, first);
    } else {
        unit_key key = unit_key_of(p, len);
        remember_unit(c, &key, start, first);
    }
    return stop;
}

static size_t encode_long_unit(encoding *c, size_t start, size_t len)
{
    unit_key key = unit_key_of(c->text.data + start, len);
    const unit_entry *known = unit_cache_find(c->memory->units, &key);
    if (!known)
        return encode_unit(c, start, len);
    put_unit(c->out, known, start);
    return start + len;
}

/* The unit or the piece at `at`; yields its end. */
static size_t encode_next(encoding *c, size_t at)
{
    const char *p = c->text.data + at;
    if (at + BPE_UNIT_READ <= c->text.len && *p == ' ') {
        size_t len = bpe_unit_len(p);
        if (len - 2 <= PIECE_MAX_BYTES - 2)
            return encode_unit(c, at, len);
        if (len >= UNIT_MIN_BYTES && len <= UNIT_MAX_BYTES)
            return encode_long_unit(c, at, len);
    }
    size_t end = c->split(c->text, at);
    encode_piece(c, at, end);
    return end;
}

/* Short units that were cut but not encoded yet; the memory of their cached tokens is being prefetched. */
#define UNITS_AHEAD 16
typedef struct unit_row {
    piece_key keys[UNITS_AHEAD];
    piece_entry *pairs[UNITS_AHEAD];
    uint32_t starts[UNITS_AHEAD + 1]; /* and the end of the last one */
    size_t count;
} unit_row;

/* The next units from `at` on, up to one that is not short. */
static inline void cut_units(encoding *c, unit_row *row, size_t at)
{
    piece_cache *cache = c->memory->cache;
    const char *text = c->text.data;
    size_t n = 0;
    for (size_t len; n < UNITS_AHEAD && at + BPE_UNIT_READ <= c->text.len; at += len, n++) {
        unsigned spaces = bpe_spaces(text + at);
        row->starts[n] = (uint32_t)at;
        if ((spaces & 3) != 1 || spaces == 1) /* no short unit */
            break;
        len = (size_t)__builtin_ctz(spaces ^ 1);
        row->keys[n] = unit_piece_key(text + at, len);
        row->pairs[n] = piece_pair(cache, row->keys[n]);
        __builtin_prefetch(row->pairs[n]);
    }
    row->starts[n] = (uint32_t)at;
    row->count = n;
}

/* Units of the row from number `i` on, while they are cached; yields the number of the first other one. */
static inline size_t put_units(encoding *c, const unit_row *row, size_t i)
{
    token_list *l = c->out;
    token_list_reserve(l, UNITS_AHEAD * PIECE_MAX_TOKENS);
    uint32_t *ids = l->ids + l->count, *ends = l->ends + l->count;
    for (; i < row->count; i++) {
        const piece_entry *known = piece_pair_find(row->pairs[i], row->keys[i]);
        if (!known)
            break;
        size_t count = put_four(ids, ends, known->tokens, row->starts[i]);
        ids += count;
        ends += count;
    }
    l->count = (size_t)(ids - l->ids);
    return i;
}

/* Yields the end of the row's tokens, which is after that of a unit where white space in it joins the following text. */
static size_t encode_row(encoding *c, const unit_row *row)
{
    for (size_t i = 0; (i = put_units(c, row, i)) < row->count; i++) {
        size_t end = row->starts[i + 1],
               stop = encode_unit(c, row->starts[i], end - row->starts[i]);
        if (stop != end)
            return stop;
    }
    return row->starts[row->count];
}

void bpe_encode(const bpe_vocabulary *v, bpe_split *split, slice text, token_list *out)
{
    encoding c = {
        .vocabulary = v, .split = split, .text = text, .memory = memory_of(out), .out = out};
    unit_row row;
    for (size_t at = 0; at < text.len;) {
        cut_units(&c, &row, at);
        at = row.count > 0 ? encode_row(&c, &row) : encode_next(&c, at);
    }
}
