/* Rows of tokens for the tests of detection/align, written as numbers. */
#ifndef TESTS_UNIT_DETECTION_ALIGN_TEXTS_H
#define TESTS_UNIT_DETECTION_ALIGN_TEXTS_H

#include <stdlib.h>

#include "base/util.h"
#include "detection/align/align_set.h"

#define ROW_MOST 4096

typedef struct row {
    uint32_t tokens[ROW_MOST];
    size_t count;
} row;

static inline void row_add(row *r, uint32_t token)
{
    if (r->count < ROW_MOST)
        r->tokens[r->count++] = token;
}

/* `count` numbers from `first` on. */
static inline void row_count_up(row *r, uint32_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        row_add(r, first + (uint32_t)i);
}

/* "1 2 3" */
static inline row row_of(const char *numbers)
{
    row r = {.count = 0};
    for (char *end; *numbers; numbers = end) {
        row_add(&r, (uint32_t)strtoul(numbers, &end, 10));
        if (end == numbers)
            break;
    }
    return r;
}

#endif
