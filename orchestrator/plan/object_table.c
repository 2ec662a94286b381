#include "orchestrator/plan/object_table.h"

#include <stdio.h>
#include <string.h>

#include "decon/base/digest.h"
#include "base/array.h"
#include "base/util.h"

#define TEXT_BLOCK_BYTES ((size_t)256 * 1024)
#define HEX_DIGITS       32

static const char *keep_text(listed_array *a, const char *text)
{
    size_t size = strlen(text) + 1;
    if (a->text_size - a->text_used < size) {
        a->text_size = MAX(TEXT_BLOCK_BYTES, size);
        a->text_used = 0;
        *ARRAY_ADD(a->texts, a->text_count) = xrealloc(NULL, a->text_size);
    }
    char *kept = a->texts[a->text_count - 1] + a->text_used;
    memcpy(kept, text, size);
    a->text_used += size;
    return kept;
}

/* --- ETags: "<32 hex digits>" or "<32 hex digits>-<parts>", quotes included --- */

static char *render_digest(const listed *row)
{
    char hex[HEX_DIGITS + 1];
    hex_encode(row->etag.digest, sizeof row->etag.digest, hex);
    return row->etag_parts ? xasprintf("\"%s-%u\"", hex, row->etag_parts)
                           : xasprintf("\"%s\"", hex);
}

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static bool pack_digest(const char *etag, listed *row)
{
    static const char hex[] = "0123456789abcdef";
    if (etag[0] != '"' || strspn(etag + 1, hex) != HEX_DIGITS)
        return false;
    for (size_t i = 0; i < sizeof row->etag.digest; i++)
        row->etag.digest[i] = (uint8_t)(digit(etag[1 + 2 * i]) << 4 | digit(etag[2 + 2 * i]));
    row->etag_parts =
        (uint32_t)strtoul(etag + 1 + HEX_DIGITS + (etag[1 + HEX_DIGITS] == '-'), NULL, 10);
    if (row->etag_parts == LISTED_ETAG_TEXT)
        return false;
    AUTO_FREE char *back = render_digest(row);
    return strcmp(back, etag) == 0; /* otherwise it only looks like a digest */
}

static void keep_etag(listed_array *a, const char *etag, listed *row)
{
    if (pack_digest(etag, row))
        return;
    row->etag_parts = LISTED_ETAG_TEXT;
    row->etag.text = etag[0] ? keep_text(a, etag) : "";
}

char *listed_etag(const listed *row)
{
    return row->etag_parts == LISTED_ETAG_TEXT ? xstrdup(row->etag.text) : render_digest(row);
}

/* --- rows --- */

static listed *row_at(const listed_array *a, size_t index)
{
    return &a->blocks[index / LISTED_BLOCK_ROWS][index % LISTED_BLOCK_ROWS];
}

static bool same_object(const listed *a, const listed *b)
{
    AUTO_FREE char *first = listed_etag(a);
    AUTO_FREE char *second = listed_etag(b);
    return a->size_bytes == b->size_bytes && strcmp(first, second) == 0 &&
           (first[0] || a->last_modified_s == b->last_modified_s);
}

static bool repeats_last(const listed_array *a, const s3_object *object)
{
    const listed *last = a->count ? row_at(a, a->count - 1) : NULL;
    if (!last || strcmp(last->key, object->key) != 0)
        return false;
    AUTO_FREE char *etag = listed_etag(last);
    return last->size_bytes == object->size_bytes &&
           strcmp(etag, object->etag ? object->etag : "") == 0 &&
           (etag[0] || last->last_modified_s == object->last_modified_s);
}

void listed_add(listed_array *a, const s3_object *object)
{
    if (repeats_last(a, object))
        return;
    if (a->count == a->block_count * LISTED_BLOCK_ROWS) {
        *ARRAY_ADD(a->blocks, a->block_count) = xcalloc(LISTED_BLOCK_ROWS, sizeof(listed));
    }
    listed *row = &a->blocks[a->count / LISTED_BLOCK_ROWS][a->count % LISTED_BLOCK_ROWS];
    a->count++;
    row->key = keep_text(a, object->key);
    row->size_bytes = object->size_bytes;
    row->last_modified_s = object->last_modified_s;
    keep_etag(a, object->etag ? object->etag : "", row);
}

const listed *listed_at(const listed_array *a, size_t index)
{
    return &a->blocks[index / LISTED_BLOCK_ROWS][index % LISTED_BLOCK_ROWS];
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(const listed *const *)a)->key, (*(const listed *const *)b)->key);
}

void listed_sort(listed_array *a)
{
    free(a->sorted);
    a->sorted = xcalloc(a->count + 1, sizeof *a->sorted);
    bool in_order = true; /* S3 lists in this order: no sorting needed */
    for (size_t i = 0; i < a->count; i++) {
        a->sorted[i] = listed_at(a, i);
        in_order = in_order && (i == 0 || strcmp(a->sorted[i - 1]->key, a->sorted[i]->key) <= 0);
    }
    if (!in_order)
        qsort(a->sorted, a->count, sizeof *a->sorted, compare_keys);
}

static bool is_strictly_sorted(const listed_array *a)
{
    for (size_t i = 1; i < a->count; i++)
        if (strcmp(row_at(a, i - 1)->key, row_at(a, i)->key) >= 0)
            return false;
    return true;
}

/* Removes rows without a key, keeping the order. */
static void compact(listed_array *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->count; i++)
        if (row_at(a, i)->key)
            *row_at(a, kept++) = *row_at(a, i);
    a->count = kept;
}

bool listed_drop_repeats(listed_array *a, err *e)
{
    if (is_strictly_sorted(a))
        return true;
    listed_sort(a);
    const listed **sorted = move(a->sorted);
    bool ok = true;
    for (size_t i = 1, first = 0; i < a->count && ok; i++) {
        listed *row = (listed *)(uintptr_t)sorted[i];
        if (strcmp(sorted[first]->key, row->key) != 0)
            first = i;
        else if (same_object(sorted[first], row))
            row->key = NULL;
        else
            ok = err_set(e, ERR_S3_REPLY,
                         "%.300s: listed twice with different size or ETag; run it again when "
                         "nothing writes there",
                         row->key);
    }
    free(sorted);
    if (ok)
        compact(a);
    return ok;
}

const listed *listed_find(const listed_array *a, const char *key)
{
    listed wanted = {.key = key};
    const listed *at = &wanted;
    const listed **found =
        a->count ? bsearch(&at, a->sorted, a->count, sizeof *a->sorted, compare_keys) : NULL;
    return found ? *found : NULL;
}

void listed_array_deinit(listed_array *a)
{
    for (size_t i = 0; i < a->block_count; i++)
        free(a->blocks[i]);
    for (size_t i = 0; i < a->text_count; i++)
        free(a->texts[i]);
    free(a->blocks);
    free(a->texts);
    free(a->sorted);
    *a = (listed_array){0};
}
