/* A stack of keys and a hash table over it. Keys are removed in the reverse order of insertion, so
 * that a slot can simply be cleared: keys that were probed past it are already removed. */
#include "base/array.h"
#include "base/util.h"
#include "compression/keys/keyset.h"

#include <sys/random.h>

typedef struct key {
    uint32_t from; /* in `text`; ends where the next key begins */
    uint32_t hash;
} key;

struct keyset {
    buf text;
    key *keys;
    size_t count, room;
    uint32_t *slots;   /* a key's index + 1; 0: empty */
    size_t slot_count; /* a power of two, twice `room` */
    size_t *objects;   /* number of keys before each open object */
    size_t depth, depth_room;
    size_t key_from; /* of the current key, in `text` */
    slice last;
    uint64_t secret; /* random, so that keys cannot be chosen to collide */
};

static uint32_t hash_of(const keyset *s, slice text)
{
    uint64_t h = s->secret ^ (s->depth * UINT64_C(0x9e3779b97f4a7c15));
    for (size_t i = 0; i < text.len; i++) {
        h = (h ^ (unsigned char)text.data[i]) * UINT64_C(0xd6e8feb86659fd93);
        h ^= h >> 32;
    }
    return (uint32_t)(h ^ h >> 29);
}

static slice text_of(const keyset *s, size_t index)
{
    size_t end = index + 1 < s->count ? s->keys[index + 1].from : s->key_from;
    return (slice){.data = s->text.data + s->keys[index].from, .len = end - s->keys[index].from};
}

/* The slot of this key of the innermost object, or the empty slot for it. */
static uint32_t *find_slot(const keyset *s, uint32_t hash, slice text)
{
    size_t at = hash & (s->slot_count - 1);
    for (; s->slots[at]; at = (at + 1) & (s->slot_count - 1)) {
        size_t index = s->slots[at] - 1;
        if (s->keys[index].hash == hash && index >= s->objects[s->depth - 1] &&
            slice_equal(text_of(s, index), text))
            break;
    }
    return &s->slots[at];
}

/* Puts a key into an empty slot; the order of keys is kept. */
static void place(keyset *s, size_t index)
{
    size_t at = s->keys[index].hash & (s->slot_count - 1);
    while (s->slots[at])
        at = (at + 1) & (s->slot_count - 1);
    s->slots[at] = (uint32_t)index + 1;
}

static void grow(keyset *s)
{
    ARRAY_RESERVE(s->keys, s->room, MAX(s->count + 1, (size_t)64));
    s->slot_count = s->room * 2;
    free(s->slots);
    s->slots = xcalloc(s->slot_count, sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++)
        place(s, i);
}

void keyset_open(keyset *s)
{
    *ARRAY_PUSH(s->objects, s->depth, s->depth_room) = s->count;
}

static void forget_last(keyset *s)
{
    size_t at = s->keys[s->count - 1].hash & (s->slot_count - 1);
    while (s->slots[at] != s->count)
        at = (at + 1) & (s->slot_count - 1);
    s->slots[at] = 0;
    s->key_from = s->keys[--s->count].from;
}

void keyset_close(keyset *s)
{
    s->depth--;
    while (s->count > s->objects[s->depth])
        forget_last(s);
    s->text.len = s->key_from;
}

void keyset_key_bytes(keyset *s, slice bytes)
{
    buf_append_slice(&s->text, bytes);
}

keyset_result keyset_key_end(keyset *s)
{
    if (s->text.overflow || s->count == KEYSET_KEYS)
        return KEYSET_FULL;
    if (s->count == s->room)
        grow(s);
    s->last = (slice){.data = buf_str(&s->text) + s->key_from, .len = s->text.len - s->key_from};
    uint32_t hash = hash_of(s, s->last);
    uint32_t *slot = find_slot(s, hash, s->last);
    if (*slot)
        return KEYSET_TWICE;
    s->keys[s->count++] = (key){.from = (uint32_t)s->key_from, .hash = hash};
    *slot = (uint32_t)s->count;
    s->key_from = s->text.len;
    return KEYSET_NEW;
}

slice keyset_last(const keyset *s)
{
    return s->last;
}

keyset *keyset_new(void)
{
    keyset *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, KEYSET_BYTES);
    if (getrandom(&s->secret, sizeof s->secret, 0) != (ssize_t)sizeof s->secret)
        s->secret = (uint64_t)(uintptr_t)s;
    return s;
}

void keyset_free(keyset *s)
{
    if (!s)
        return;
    buf_deinit(&s->text);
    free(s->keys);
    free(s->slots);
    free(s->objects);
    free(s);
}
