#include "base/array.h"
#include "base/util.h"
#include "s3/get/byte_ranges.h"

#include <string.h>

void s3_extents_deinit(s3_extents *set)
{
    free(set->rows);
    *set = (s3_extents){0};
}

/* The index of the first range that ends after `at`. */
static size_t find(const s3_extents *set, uint64_t at)
{
    size_t i = 0;
    while (i < set->count && set->rows[i].to <= at)
        i++;
    return i;
}

static void insert(s3_extents *set, size_t index, s3_extent row)
{
    *ARRAY_PUSH_AT(set->rows, set->count, set->capacity, index) = row;
}

/* Joins range `index` with the next one if they are adjacent. */
static void join(s3_extents *set, size_t index)
{
    if (index + 1 >= set->count || set->rows[index].to != set->rows[index + 1].from)
        return;
    s3_extent *a = &set->rows[index], *b = a + 1;
    if (set->kind != S3_CHECKSUM_NONE)
        a->crc = s3_crc_combine(set->kind, a->crc, b->crc, b->to - b->from);
    a->to = b->to;
    set->count--;
    memmove(b, b + 1, (set->count - index - 1) * sizeof *b);
}

void s3_extents_add(s3_extents *set, s3_extent more)
{
    if (more.from >= more.to)
        return;
    size_t index = find(set, more.from);
    insert(set, index, more);
    join(set, index);
    if (index > 0)
        join(set, index - 1);
}

uint64_t s3_extents_bytes(const s3_extents *set)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < set->count; i++)
        bytes += set->rows[i].to - set->rows[i].from;
    return bytes;
}

bool s3_extents_cover(const s3_extents *set, uint64_t from, uint64_t to)
{
    size_t index = find(set, from);
    return from >= to ||
           (index < set->count && set->rows[index].from <= from && set->rows[index].to >= to);
}

bool s3_extents_gap(const s3_extents *set, uint64_t from, uint64_t limit, s3_extent *gap)
{
    size_t index = find(set, from);
    if (index < set->count && set->rows[index].from <= from)
        from = set->rows[index++].to; /* ranges are not adjacent: a gap follows */
    if (from >= limit)
        return false;
    *gap = (s3_extent){.from = from,
                       .to = index < set->count ? MIN(limit, set->rows[index].from) : limit};
    return true;
}

bool s3_extents_missing(const s3_extents *set, const s3_extents *have, s3_extent *missing)
{
    for (size_t i = 0; i < have->count; i++)
        if (s3_extents_gap(set, have->rows[i].from, have->rows[i].to, missing))
            return true;
    return false;
}
