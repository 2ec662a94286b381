/* Memory for many small objects that are released together.
 *
 * What:    pieces are allocated from blocks; a large piece has its own block.
 * Owner:   embedded, zero-initialised; arena_deinit. Pieces do not move until arena_clear or
 *          arena_deinit.
 * Threads: one at a time.
 * Fails:   never; the program ends when memory is exhausted.
 */
#ifndef DETECTION_TABLE_ARENA_H
#define DETECTION_TABLE_ARENA_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct arena {
    struct arena_block *blocks; /* the current one first */
    char *at;                   /* in the current block */
    size_t left;                /* bytes of it */
} arena;

void arena_deinit(arena *a);
DEFINE_AUTO(arena, arena_deinit)
/* Releases all pieces; one block is kept for reuse. */
void arena_clear(arena *a);

/* Aligned to 8 bytes, not initialised. */
void *arena_take(arena *a, size_t bytes) MUST_USE;
/* A copy of `count` items of `item_bytes`; NULL for none. */
void *arena_copy(arena *a, const void *items, size_t count, size_t item_bytes) MUST_USE;
/* A NUL-terminated copy with its length; a slice without data stays one. */
slice arena_text(arena *a, slice text) MUST_USE;

#endif
