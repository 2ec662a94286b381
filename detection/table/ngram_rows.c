#include "base/array.h"
#include "base/util.h"
#include "detection/table/ngram_rows.h"

#include <sys/mman.h>

#define RECENT      ((size_t)1 << 15) /* a power of two */
#define BLOCK_BYTES (NGRAM_ROWS_BLOCK * sizeof(ngram_row))

typedef struct recent_ngram {
    uint64_t hash;
    uint32_t row; /* + 1; 0: none */
} recent_ngram;

/* Small pages: most blocks of a small index are nearly empty. */
static ngram_row *new_block(void)
{
    void *memory =
        mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        util_out_of_memory(BLOCK_BYTES);
    madvise(memory, BLOCK_BYTES, MADV_NOHUGEPAGE); /* optional */
    return memory;
}

void ngram_range_free(ngram_range *range)
{
    for (size_t i = 0; i < range->block_count; i++)
        munmap(range->blocks[i], BLOCK_BYTES);
    free(range->blocks);
    *range = (ngram_range){0};
}

void ngram_rows_deinit(ngram_rows *r)
{
    for (size_t i = 0; i < NGRAM_RANGES; i++)
        ngram_range_free(&r->ranges[i]);
    free(r->in_question);
    free(r->is_repeat);
    free(r->repeats);
    free(r->recent);
    *r = (ngram_rows){0};
}

static void add_row(ngram_rows *r, uint64_t hash)
{
    ngram_range *range = &r->ranges[hash >> (64 - NGRAM_RANGE_BITS)];
    if (range->count % NGRAM_ROWS_BLOCK == 0)
        *ARRAY_PUSH(range->blocks, range->block_count, range->block_capacity) = new_block();
    range->blocks[range->count / NGRAM_ROWS_BLOCK][range->count % NGRAM_ROWS_BLOCK] =
        (ngram_row){(uint32_t)hash, (uint32_t)(hash >> 32), (uint32_t)r->count++};
    range->count++;
}

/* Makes space for bits below `count`; new ones are 0. */
static void reserve_bits(uint64_t **words, size_t *capacity, size_t count)
{
    size_t before = *capacity;
    ARRAY_RESERVE(*words, *capacity, count / 64 + 1);
    if (*capacity > before)
        memset(*words + before, 0, (*capacity - before) * sizeof **words);
}

static inline void set_bit(uint64_t *words, size_t i)
{
    words[i / 64] |= UINT64_C(1) << i % 64;
}

void ngram_rows_add(ngram_rows *r, const uint64_t *hashes, size_t count, bool in_question)
{
    if (count > UINT32_MAX - 1 - r->place_count)
        util_out_of_memory(SIZE_MAX);
    if (!r->recent)
        r->recent = xcalloc(RECENT, sizeof *r->recent);
    reserve_bits(&r->is_repeat, &r->word_capacity, r->place_count + count);
    reserve_bits(&r->in_question, &r->question_capacity, r->count + count);
    for (size_t i = 0; i < count; i++, r->place_count++) {
        recent_ngram *n = &r->recent[hashes[i] >> 7 & (RECENT - 1)];
        if (n->row > 0 && n->hash == hashes[i]) {
            set_bit(r->is_repeat, r->place_count);
            *ARRAY_PUSH(r->repeats, r->repeat_count, r->repeat_capacity) = n->row - 1;
        } else {
            add_row(r, hashes[i]);
            *n = (recent_ngram){.hash = hashes[i], .row = (uint32_t)r->count};
        }
        if (in_question)
            set_bit(r->in_question, n->row - 1);
    }
}

size_t ngram_rows_in_questions(const ngram_rows *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->question_capacity; i++)
        count += (size_t)__builtin_popcountll(r->in_question[i]);
    return count;
}
