#include "base/util.h"
#include "detection/tokenizer/bpe_windows.h"

#include "detection/tokenizer/tokenizer_private.h"

#define OVERLAP_PART 8 /* of a window, shared with the next one */
#define GROWTH       4

/* One piece while its tokens are appended. */
typedef struct cutting {
    bpe_merger *merger;
    const bpe_vocabulary *vocabulary;
    slice piece;
    size_t start; /* of the piece, in the text */
    token_list *out;
} cutting;

/* A window: its bytes in the piece and its tokens, from its first byte on by `next`. */
typedef struct window {
    size_t from, len;
    const bpe_part *parts;
} window;

static window merge_window(const cutting *c, size_t from, size_t size)
{
    window w = {.from = from, .len = MIN(size, c->piece.len - from)};
    w.parts = bpe_merge(c->merger, c->vocabulary, (slice){c->piece.data + from, w.len});
    return w;
}

/* The window's tokens from its byte `at` on. */
static void append(const cutting *c, const window *w, uint32_t at)
{
    size_t base = c->start + w->from;
    for (; at < w->len; at = w->parts[at].next)
        token_list_add(c->out, w->parts[at].rank, (uint32_t)(base + w->parts[at].next));
}

/* Tokens of the list from number `i` on, and those of the window, begin at the same byte. The list
 * is cut after the first common token and continued with the window's. False: no common token. */
static bool join(const cutting *c, const window *w, size_t i)
{
    size_t base = c->start + w->from, begin = base;
    for (uint32_t at = 0; i < c->out->count && at < w->len;) {
        size_t end = c->out->ends[i], other_end = base + w->parts[at].next;
        if (begin == base + at && end == other_end) {
            c->out->count = i + 1;
            append(c, w, w->parts[at].next);
            return true;
        }
        if (end <= other_end) {
            begin = end;
            i++;
        }
        if (other_end <= end)
            at = w->parts[at].next;
    }
    return false;
}

/* The first token of the list, after number `first`, that begins at or after byte `from` of the piece. */
static size_t token_from(const cutting *c, size_t first, size_t from)
{
    size_t i = c->out->count;
    while (i > first + 1 && c->out->ends[i - 2] >= c->start + from)
        i--;
    return i - 1;
}

/* False: some overlap has no token in common. */
static bool cut(const cutting *c, size_t size)
{
    size_t first = c->out->count;
    window w = merge_window(c, 0, size);
    append(c, &w, 0);
    while (w.from + w.len < c->piece.len) {
        size_t i = token_from(c, first, w.from + w.len - w.len / OVERLAP_PART);
        size_t from = i > first ? c->out->ends[i - 1] - c->start : 0;
        if (from <= w.from)
            return false;
        w = merge_window(c, from, size);
        if (!join(c, &w, i))
            return false;
    }
    return true;
}

void bpe_windows(bpe_merger *m, const bpe_vocabulary *v, slice piece, size_t start, size_t size,
                 token_list *out)
{
    cutting c = {.merger = m, .vocabulary = v, .piece = piece, .start = start, .out = out};
    size_t first = out->count;
    while (!cut(&c, size)) {
        out->count = first;
        size *= GROWTH;
    }
}
