#include "base/util.h"
#include "detection/align/lead_pairs.h"

#include "base/array.h"

#define LEAST_DIGITS 12
#define MOST_DIGITS  24
#define BITS_A_PAIR  64 /* so that 1.6 % of other pairs have a bit */

void lead_pairs_deinit(lead_pairs *l)
{
    free(l->rows);
    free(l->bits);
    *l = (lead_pairs){.rows = NULL};
}

void lead_pairs_add(lead_pairs *l, const uint32_t *tokens, size_t count)
{
    if (count == 0)
        return;
    ARRAY_RESERVE(l->rows, l->capacity, l->used + count + 2);
    l->rows[l->used++] = (uint32_t)count;
    memcpy(l->rows + l->used, tokens, (count + 1) * sizeof *tokens);
    l->used += count + 1;
    l->row_count++;
}

static void make_bits(lead_pairs *l)
{
    unsigned digits = LEAST_DIGITS;
    while (digits < MOST_DIGITS && (size_t)1 << digits < l->row_count * BITS_A_PAIR)
        digits++;
    l->shift = 64 - digits;
    l->bits = xcalloc(((size_t)1 << digits) / 64, sizeof *l->bits);
}

static uint64_t frequency(const uint32_t *records, const uint32_t *pair)
{
    return (uint64_t)records[pair[0]] * records[pair[1]];
}

void lead_pairs_choose(lead_pairs *l, const uint32_t *records)
{
    if (l->row_count == 0)
        return;
    make_bits(l);
    for (size_t at = 0; at < l->used; at += 2 + l->rows[at]) {
        const uint32_t *row = l->rows + at + 1, *rarest = row;
        for (size_t i = 1; i < l->rows[at]; i++)
            if (frequency(records, row + i) < frequency(records, rarest))
                rarest = row + i;
        uint64_t hash = lead_pairs_hash(l, rarest);
        l->bits[hash / 64] |= UINT64_C(1) << hash % 64;
    }
    free(move(l->rows));
    l->used = l->capacity = 0;
}
