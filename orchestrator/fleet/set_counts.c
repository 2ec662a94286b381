#include "orchestrator/fleet/set_counts.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"

static int compare_name(slice name, const char *other)
{
    size_t other_len = strlen(other);
    int order = memcmp(name.data, other, MIN(name.len, other_len));
    return order ? order : (name.len > other_len) - (name.len < other_len);
}

/* The index of the name, or where to insert it. */
static size_t find(const set_counts *c, slice name, bool *found)
{
    size_t first = 0, end = c->count;
    *found = false;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare_name(name, c->sets[middle].name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return first;
}

void set_counts_add(set_counts *c, slice name, uint64_t lines)
{
    bool found = false;
    size_t at = find(c, name, &found);
    if (!found && c->count >= SET_COUNTS_MAX) {
        name = SLICE_LIT(SET_COUNTS_REST);
        at = find(c, name, &found);
    }
    if (!found) {
        *ARRAY_ADD_AT(c->sets, c->count, at) = (set_count){.name = slice_dup(name)};
    }
    c->sets[at].lines += lines;
}

void set_counts_add_all(set_counts *c, const set_counts *more)
{
    for (size_t i = 0; i < more->count; i++)
        set_counts_add(c, slice_from(more->sets[i].name), more->sets[i].lines);
}

void set_counts_write(const set_counts *c, buf *out)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < c->count; i++)
        json_member_unsigned(out, c->sets[i].name, c->sets[i].lines);
    json_close(out);
}

typedef struct set_reader {
    set_counts *counts;
    bool invalid;
} set_reader;

static void take_member(void *ctx, const json_value *key, const json_value *value)
{
    set_reader *r = ctx;
    uint64_t lines = 0;
    slice name;
    AUTO(buf) scratch = BUF(key->raw.len + 1);
    if (json_unsigned(value, &lines) && json_text(key, &scratch, &name))
        set_counts_add(r->counts, name, lines);
    else
        r->invalid = true;
}

bool set_counts_read(slice text, set_counts *c)
{
    set_reader reader = {.counts = c};
    return json_each_member(text, take_member, &reader, NULL) && !reader.invalid;
}

void set_counts_deinit(set_counts *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->sets[i].name);
    free(c->sets);
    *c = (set_counts){0};
}
