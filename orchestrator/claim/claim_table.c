#include "base/array.h"
#include "base/util.h"
#include "orchestrator/claim/claim_table.h"

#include "decon/base/buf.h"
#include "base/digest/shard.h"

#define MODULUS_MAX 1000000000u

struct claim_table {
    uint32_t base_count;
    slice_row *rows; /* base slices by their remainder, then parts sorted by theirs */
    size_t count, capacity;
};

const char *slice_name(slice_id id, char out[SLICE_NAME_BYTES])
{
    snprintf(out, SLICE_NAME_BYTES, "%u-of-%u", id.rest, id.modulus);
    return out;
}

bool slice_name_read(const char *text, slice_id *out)
{
    const char *of = strstr(text, "-of-");
    uint64_t rest = 0, modulus = 0;
    AUTO_FREE char *front = of ? xstrndup(text, (size_t)(of - text)) : NULL;
    if (!of || !num_parse_u64(front, &rest) || !num_parse_u64(of + 4, &modulus) ||
        rest >= modulus || modulus > MODULUS_MAX)
        return false;
    *out = (slice_id){(uint32_t)rest, (uint32_t)modulus};
    return true;
}

bool slice_has_key(slice_id id, const char *key)
{
    return shard_of_key(key, id.modulus) == id.rest;
}

slice_id slice_part(slice_id base, uint32_t part)
{
    return (slice_id){base.rest + base.modulus * part, base.modulus * CLAIM_PARTS};
}

const char *slice_parts_name(slice_id base, uint32_t parts, char out[PARTS_NAME_BYTES])
{
    char slice_text[SLICE_NAME_BYTES];
    snprintf(out, PARTS_NAME_BYTES, "%s-%04x", slice_name(base, slice_text), parts);
    return out;
}

bool slice_parts_read(const char *text, slice_id *base, uint32_t *parts)
{
    const char *last = strrchr(text, '-');
    AUTO_FREE char *front = last ? xstrndup(text, (size_t)(last - text)) : NULL;
    if (!front || strlen(last + 1) != CLAIM_PARTS / 4 ||
        strspn(last + 1, "0123456789abcdef") != CLAIM_PARTS / 4 || !slice_name_read(front, base))
        return false;
    *parts = (uint32_t)strtoul(last + 1, NULL, 16);
    return true;
}

claim_table *claim_table_new(uint32_t slice_count)
{
    claim_table *t = xcalloc(1, sizeof *t);
    t->base_count = slice_count;
    t->count = t->capacity = slice_count;
    t->rows = xcalloc(t->capacity, sizeof *t->rows);
    for (uint32_t i = 0; i < slice_count; i++)
        t->rows[i].id = (slice_id){i, slice_count};
    return t;
}

void claim_table_free(claim_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->rows[i].etag);
    free(t->rows);
    free(t);
}

/* The position of the part, or where to insert it. */
static size_t part_index(const claim_table *t, uint32_t rest)
{
    size_t from = t->base_count, to = t->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (t->rows[middle].id.rest < rest)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

slice_row *claim_table_find(claim_table *t, slice_id id)
{
    if (id.modulus == t->base_count)
        return id.rest < t->base_count ? &t->rows[id.rest] : NULL;
    size_t at = part_index(t, id.rest);
    bool found =
        at < t->count && t->rows[at].id.rest == id.rest && t->rows[at].id.modulus == id.modulus;
    return found ? &t->rows[at] : NULL;
}

static slice_row *add_part(claim_table *t, slice_id part)
{
    slice_row *row = claim_table_find(t, part);
    if (row || part.modulus != t->base_count * CLAIM_PARTS)
        return row;
    size_t at = part_index(t, part.rest);
    row = ARRAY_PUSH_AT(t->rows, t->count, t->capacity, at);
    *row = (slice_row){.id = part};
    return row;
}

void claim_table_add_parts(claim_table *t, slice_id base, uint32_t parts)
{
    for (uint32_t i = 0; base.modulus == t->base_count && i < CLAIM_PARTS; i++)
        if (parts & 1u << i)
            UNUSED(add_part(t, slice_part(base, i)));
}

/* --- listings --- */

void claim_table_begin(claim_table *t)
{
    for (size_t i = 0; i < t->count; i++)
        t->rows[i].seen = false;
}

static void note_lease(slice_row *row, const char *etag, uint64_t size_bytes, uint64_t now_ms)
{
    row->seen = row->was_held = true;
    if (row->state != SLICE_CLOSED)
        row->state = size_bytes ? SLICE_HELD : SLICE_RELEASED;
    if (str_equal(row->etag, etag))
        return;
    free(row->etag);
    row->etag = xstrdup_or_null(etag);
    row->seen_ms = now_ms;
}

static void close_row(slice_row *row)
{
    row->state = SLICE_CLOSED;
    row->empty = false;
}

static const char *after(const char *name, const char *folder)
{
    return str_starts_with(name, folder) ? name + strlen(folder) : NULL;
}

void claim_table_note(claim_table *t, const char *name, const char *etag, uint64_t size_bytes,
                      uint64_t now_ms)
{
    slice_id id;
    uint32_t parts = 0;
    const char *lease = after(name, "lease/"), *done = after(name, "done/");
    const char *failed = after(name, "failed/"), *open = after(name, "open/");
    const char *text = lease ? lease : done ? done : failed;
    if (open && slice_parts_read(open, &id, &parts))
        claim_table_add_parts(t, id, parts);
    if (!text || !slice_name_read(text, &id))
        return;
    slice_row *row = add_part(t, id); /* it may be listed before its opening */
    if (row && lease)
        note_lease(row, etag, size_bytes, now_ms);
    else if (row)
        close_row(row);
}

void claim_table_end(claim_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        slice_row *row = &t->rows[i];
        bool lease_is_gone = !row->seen && !row->mine && row->state != SLICE_CLOSED;
        if (lease_is_gone && row->was_held) { /* it can be claimed by If-None-Match again */
            row->state = SLICE_FREE;
            free(move(row->etag));
        }
    }
}

/* --- choosing --- */

slice_row *claim_table_row(claim_table *t, size_t index)
{
    return &t->rows[index];
}

static bool is_free(const slice_row *row)
{
    return row->state == SLICE_FREE && !row->mine;
}

/* A lease with an unknown ETag cannot be replaced. */
static bool has_expired(const slice_row *row, uint64_t now_ms, uint64_t lease_ms)
{
    bool old = row->state == SLICE_HELD && row->etag && row->seen_ms + lease_ms <= now_ms;
    return !row->mine && row->etag && (row->state == SLICE_RELEASED || old);
}

bool slice_may_be_claimed(const slice_row *row, uint64_t now_ms, uint64_t lease_ms)
{
    return is_free(row) || has_expired(row, now_ms, lease_ms);
}

slice_row *claim_table_free_slice(claim_table *t, uint64_t start)
{
    for (size_t i = 0; i < t->count; i++) {
        slice_row *row = &t->rows[(start + i) % t->count];
        if (is_free(row))
            return row;
    }
    return NULL;
}

slice_row *claim_table_expired_slice(claim_table *t, uint64_t start, uint64_t now_ms,
                                     uint64_t lease_ms)
{
    for (size_t i = 0; i < t->count; i++) {
        slice_row *row = &t->rows[(start + i) % t->count];
        if (has_expired(row, now_ms, lease_ms))
            return row;
    }
    return NULL;
}

claim_counts claim_table_count(const claim_table *t)
{
    claim_counts c = {.slices = t->count};
    for (size_t i = 0; i < t->count; i++) {
        const slice_row *row = &t->rows[i];
        c.closed += row->state == SLICE_CLOSED;
        c.free += row->state == SLICE_FREE && !row->mine;
    }
    return c;
}

void claim_table_close_empty(claim_table *t, slice_id id)
{
    slice_row *row = claim_table_find(t, id);
    row->state = SLICE_CLOSED;
    row->empty = true;
}

bool claim_table_is_complete(const claim_table *t, uint32_t used)
{
    size_t ended = 0;
    for (size_t i = 0; i < t->count; i++) {
        const slice_row *row = &t->rows[i];
        bool part = i >= t->base_count;
        if (row->state == SLICE_HELD || row->state == SLICE_RELEASED ||
            (part && row->state == SLICE_FREE))
            return false;
        ended += !part && row->state == SLICE_CLOSED && !row->empty;
    }
    return ended >= used;
}
