#include "base/util.h"
#include "detection/tokenizer/bpe_merge.h"

#define SHORT_PIECE 48 /* bytes */
/* Memory for longer pieces than this is freed. */
#define KEPT_PARTS 65536

/* Maximum number of candidate joins: one for each byte, two for each join (fewer than bytes). */
#define MOST_JOINTS(len) (3 * (len))

void bpe_merger_deinit(bpe_merger *m)
{
    free(m->parts);
    free(m->joints);
    *m = (bpe_merger){0};
}

static void make_room(bpe_merger *m, size_t len)
{
    if (m->part_capacity > KEPT_PARTS && len <= KEPT_PARTS)
        bpe_merger_deinit(m);
    if (len > m->part_capacity) {
        m->part_capacity = MAX(len, (size_t)256);
        free(m->parts);
        m->parts = xcalloc(m->part_capacity, sizeof *m->parts);
    }
    if (len > SHORT_PIECE && MOST_JOINTS(len) > m->joint_capacity) {
        m->joint_capacity = MOST_JOINTS(len);
        free(m->joints);
        m->joints = xcalloc(m->joint_capacity, sizeof *m->joints);
    }
}

static void begin_parts(bpe_part *parts, const bpe_vocabulary *v, slice piece)
{
    uint32_t len = (uint32_t)piece.len;
    for (uint32_t i = 0; i < len; i++)
        parts[i] = (bpe_part){
            .next = i + 1,
            .previous = i - 1,
            .rank = bpe_vocabulary_byte(v, piece.data[i]),
            .joint = i + 1 < len ? bpe_vocabulary_pair(v, piece.data + i) : BPE_NO_RANK,
        };
}

static uint32_t joint_rank(const bpe_part *parts, const bpe_vocabulary *v, slice piece, uint32_t at)
{
    uint32_t next = parts[at].next;
    if (next == piece.len)
        return BPE_NO_RANK;
    return bpe_vocabulary_rank(v, (slice){piece.data + at, parts[next].next - at});
}

/* Joins the part at `at` with the next one. */
static void join(bpe_part *parts, slice piece, uint32_t at)
{
    bpe_part *p = &parts[at], *eaten = &parts[p->next];
    p->rank = p->joint;
    p->next = eaten->next;
    eaten->rank = BPE_NO_RANK;
    eaten->joint = BPE_NO_RANK;
    if (p->next < piece.len)
        parts[p->next].previous = at;
}

static void merge_short(bpe_part *parts, const bpe_vocabulary *v, slice piece)
{
    for (;;) {
        uint32_t least = BPE_NO_RANK, at = 0;
        for (uint32_t i = 0; i < piece.len; i = parts[i].next)
            if (parts[i].joint < least) {
                least = parts[i].joint;
                at = i;
            }
        if (least == BPE_NO_RANK)
            return;
        join(parts, piece, at);
        parts[at].joint = joint_rank(parts, v, piece, at);
        if (at > 0)
            parts[parts[at].previous].joint = joint_rank(parts, v, piece, parts[at].previous);
    }
}

/* Candidate joins, smallest first: rank << 32 | offset. One whose part has changed since is
 * skipped. */
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

static void renew_joint(heap *h, bpe_part *parts, const bpe_vocabulary *v, slice piece, uint32_t at)
{
    parts[at].joint = joint_rank(parts, v, piece, at);
    if (parts[at].joint != BPE_NO_RANK)
        heap_push(h, (uint64_t)parts[at].joint << 32 | at);
}

static void merge_long(bpe_merger *m, const bpe_vocabulary *v, slice piece)
{
    bpe_part *parts = m->parts;
    heap joints = {.items = m->joints};
    for (uint32_t i = 0; i < piece.len; i++)
        if (parts[i].joint != BPE_NO_RANK)
            heap_push(&joints, (uint64_t)parts[i].joint << 32 | i);
    while (joints.count > 0) {
        uint64_t least = heap_pop(&joints);
        uint32_t at = (uint32_t)least;
        if (parts[at].joint != least >> 32)
            continue;
        join(parts, piece, at);
        renew_joint(&joints, parts, v, piece, at);
        if (at > 0)
            renew_joint(&joints, parts, v, piece, parts[at].previous);
    }
}

const bpe_part *bpe_merge(bpe_merger *m, const bpe_vocabulary *v, slice piece)
{
    make_room(m, piece.len);
    begin_parts(m->parts, v, piece);
    if (piece.len <= SHORT_PIECE)
        merge_short(m->parts, v, piece);
    else
        merge_long(m, v, piece);
    return m->parts;
}
