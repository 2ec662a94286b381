#include "base/util.h"
#include "detection/table/arena.h"

#define BLOCK_BYTES ((size_t)256 << 10)
#define ALIGNMENT   8u

typedef struct arena_block {
    struct arena_block *next;
    size_t bytes;
    _Alignas(ALIGNMENT) char data[];
} arena_block;

static void free_blocks(arena_block *b)
{
    while (b) {
        arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_deinit(arena *a)
{
    free_blocks(a->blocks);
    *a = (arena){0};
}

void arena_clear(arena *a)
{
    if (!a->blocks)
        return;
    free_blocks(a->blocks->next);
    a->blocks->next = NULL;
    a->at = a->blocks->data;
    a->left = a->blocks->bytes;
}

static arena_block *new_block(size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(arena_block))
        util_out_of_memory(SIZE_MAX);
    arena_block *b = xrealloc(NULL, sizeof *b + bytes);
    b->bytes = bytes;
    return b;
}

/* A block for one large piece is linked after the current one, which may have much space left. */
static void *take_large(arena *a, size_t bytes)
{
    arena_block *b = new_block(bytes);
    b->next = a->blocks->next;
    a->blocks->next = b;
    return b->data;
}

static void begin_block(arena *a)
{
    arena_block *b = new_block(BLOCK_BYTES);
    b->next = a->blocks;
    a->blocks = b;
    a->at = b->data;
    a->left = b->bytes;
}

void *arena_take(arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        util_out_of_memory(SIZE_MAX);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!a->blocks)
        begin_block(a);
    if (bytes > BLOCK_BYTES / 4 && bytes > a->left)
        return take_large(a, bytes);
    if (bytes > a->left)
        begin_block(a);
    void *piece = a->at;
    a->at += bytes;
    a->left -= bytes;
    return piece;
}

void *arena_copy(arena *a, const void *items, size_t count, size_t item_bytes)
{
    if (count == 0)
        return NULL;
    if (count > SIZE_MAX / item_bytes)
        util_out_of_memory(SIZE_MAX);
    return memcpy(arena_take(a, count * item_bytes), items, count * item_bytes);
}

slice arena_text(arena *a, slice text)
{
    if (!text.data)
        return text;
    char *copy = arena_take(a, text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (slice){.data = copy, .len = text.len};
}
