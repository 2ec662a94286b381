#include "base/array.h"
#include "base/util.h"
#include "detection/table/ngram_rows.h"

#define RECENT ((size_t)1 << 15) /* a power of two */

typedef struct recent_ngram {
    uint64_t hash;
    uint32_t row; /* + 1; 0: none */
} recent_ngram;

void ngram_rows_deinit(ngram_rows *r)
{
    for (size_t i = 0; i < r->block_count; i++)
        free(r->blocks[i]);
    free(r->blocks);
    free(r->is_repeat);
    free(r->repeats);
    free(r->recent);
    *r = (ngram_rows){0};
}

static void add_row(ngram_rows *r, uint64_t hash)
{
    if (r->count % NGRAM_ROWS_BLOCK == 0)
        *ARRAY_PUSH(r->blocks, r->block_count, r->block_capacity) =
            xrealloc(NULL, NGRAM_ROWS_BLOCK * sizeof **r->blocks);
    r->blocks[r->count / NGRAM_ROWS_BLOCK][r->count % NGRAM_ROWS_BLOCK] = hash;
    r->count++;
}

static void add_bits(ngram_rows *r, size_t count)
{
    size_t before = r->word_capacity;
    ARRAY_RESERVE(r->is_repeat, r->word_capacity, (r->place_count + count) / 64 + 1);
    if (r->word_capacity > before)
        memset(r->is_repeat + before, 0, (r->word_capacity - before) * sizeof *r->is_repeat);
}

void ngram_rows_add(ngram_rows *r, const uint64_t *hashes, size_t count)
{
    if (count > UINT32_MAX - 1 - r->place_count)
        util_out_of_memory(SIZE_MAX);
    if (!r->recent)
        r->recent = xcalloc(RECENT, sizeof *r->recent);
    add_bits(r, count);
    for (size_t i = 0; i < count; i++, r->place_count++) {
        recent_ngram *n = &r->recent[hashes[i] >> 7 & (RECENT - 1)];
        if (n->row > 0 && n->hash == hashes[i]) {
            r->is_repeat[r->place_count / 64] |= UINT64_C(1) << r->place_count % 64;
            *ARRAY_PUSH(r->repeats, r->repeat_count, r->repeat_capacity) = n->row - 1;
            continue;
        }
        add_row(r, hashes[i]);
        *n = (recent_ngram){.hash = hashes[i], .row = (uint32_t)r->count};
    }
}
