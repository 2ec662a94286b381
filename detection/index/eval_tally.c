#include "base/array.h"
#include "base/util.h"
#include "detection/index/eval_tally.h"

#include <inttypes.h>

#include "detection/table/hash.h"

#define KEYS_SHOWN     5
#define KEY_SHOWN_MOST 40 /* bytes of one */

index_counts index_counts_since(const index_counts *now, const index_counts *before)
{
    return (index_counts){.lines = now->lines - before->lines,
                          .no_records = now->no_records - before->no_records,
                          .after_bad_line = now->after_bad_line - before->after_bad_line,
                          .read = now->read - before->read,
                          .few_tokens = now->few_tokens - before->few_tokens,
                          .few_words = now->few_words - before->few_words,
                          .duplicates = now->duplicates - before->duplicates,
                          .empty = now->empty - before->empty,
                          .indexed = now->indexed - before->indexed,
                          .passed_over = now->passed_over - before->passed_over,
                          .unfindable = now->unfindable - before->unfindable};
}

/* --- keys --- */

static void keys_clear(eval_keys *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->each[i].name);
    *k = (eval_keys){0};
}

static void keys_add(eval_keys *k, slice name)
{
    for (size_t i = 0; i < k->count; i++)
        if (slice_equal(slice_from(k->each[i].name), name)) {
            k->each[i].times++;
            return;
        }
    if (k->count == EVAL_KEYS_MOST)
        return;
    k->each[k->count].name = slice_dup(name);
    k->each[k->count++].times = 1;
}

/* The end of the string whose opening quote is at `p`: its closing quote, or `end`. */
static const char *string_end(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        p += *p == '\\' && p + 1 < end;
    return p;
}

void eval_tally_no_question(eval_tally *t, slice line)
{
    const char *end = line.data + line.len;
    size_t depth = 0;
    bool wants_key = false;
    for (const char *p = line.data; p < end; p++) {
        if (*p == '"') {
            const char *start = p + 1;
            p = string_end(p, end);
            slice name = {.data = start, .len = (size_t)(p - start)};
            if (wants_key) {
                keys_add(&t->keys, name);
                keys_add(&t->file_keys, name);
            }
            wants_key = false;
        } else if (*p == '{' || *p == '[') {
            wants_key = ++depth == 1;
        } else if (*p == '}' || *p == ']') {
            depth--;
        } else if (*p == ',') {
            wants_key = depth == 1;
        }
    }
}

/* The most frequent key not shown yet; of equal ones the first. */
static size_t most_frequent(const eval_keys *k, const bool *shown)
{
    size_t best = k->count;
    for (size_t i = 0; i < k->count; i++)
        if (!shown[i] && (best == k->count || k->each[i].times > k->each[best].times))
            best = i;
    return best;
}

static void put_name(buf *out, const char *name)
{
    size_t len = strlen(name), most = MIN(len, (size_t)KEY_SHOWN_MOST);
    while (most < len && most > 0 && ((unsigned char)name[most] & 0xC0) == 0x80)
        most--;
    for (size_t i = 0; i < most; i++)
        buf_append_char(out, (unsigned char)name[i] < 0x20 ? '?' : name[i]);
    if (most < len)
        buf_append_str(out, "...");
}

static void put_keys(const eval_keys *k, buf *out)
{
    bool shown[EVAL_KEYS_MOST] = {false};
    if (k->count == 0)
        return;
    buf_append_str(out, " (keys: ");
    for (size_t n = 0; n < MIN(k->count, (size_t)KEYS_SHOWN); n++) {
        size_t best = most_frequent(k, shown);
        shown[best] = true;
        if (n > 0)
            buf_append_str(out, ", ");
        put_name(out, k->each[best].name);
    }
    buf_append_str(out, k->count > KEYS_SHOWN ? ", ...)" : ")");
}

/* --- sets --- */

void eval_tally_deinit(eval_tally *t)
{
    for (size_t i = 0; i < t->set_count; i++)
        free(t->sets[i].name);
    free(t->sets);
    free(t->slots);
    keys_clear(&t->keys);
    keys_clear(&t->file_keys);
    *t = (eval_tally){0};
}

static uint32_t *find_slot(const eval_tally *t, slice name)
{
    size_t i = hash_bytes(name.data, name.len, 0) & (t->slot_count - 1);
    while (t->slots[i] && !slice_equal(slice_from(t->sets[t->slots[i] - 1].name), name))
        i = (i + 1) & (t->slot_count - 1);
    return &t->slots[i];
}

static void grow(eval_tally *t)
{
    ARRAY_RESERVE(t->sets, t->set_capacity, MAX(t->set_count + 1, (size_t)32));
    free(t->slots);
    t->slot_count = t->slot_count ? t->slot_count * 2 : 128;
    while (t->slot_count < 2 * t->set_capacity)
        t->slot_count *= 2;
    t->slots = xcalloc(t->slot_count, sizeof *t->slots);
    for (size_t i = 0; i < t->set_count; i++)
        *find_slot(t, slice_from(t->sets[i].name)) = (uint32_t)i + 1;
}

static eval_set *set_named(eval_tally *t, slice name)
{
    /* A NUL ends the name here; it could not be displayed anyway. */
    name.len = strnlen(name.len ? name.data : "", name.len);
    if (t->set_count == t->set_capacity)
        grow(t);
    uint32_t *slot = find_slot(t, name);
    if (!*slot) {
        t->sets[t->set_count] = (eval_set){.name = name.len ? slice_dup(name) : xstrdup("")};
        *slot = (uint32_t)++t->set_count;
    }
    return &t->sets[*slot - 1];
}

void eval_tally_record(eval_tally *t, slice set, bool indexed)
{
    eval_set *s = set_named(t, set);
    s->read++;
    s->indexed += indexed;
    s->file = t->file;
}

void eval_tally_begin_file(eval_tally *t, const index_counts *counts)
{
    t->file++;
    t->file_before = *counts;
    keys_clear(&t->file_keys);
}

index_counts eval_tally_end_file(eval_tally *t, const index_counts *counts)
{
    index_counts n = index_counts_since(counts, &t->file_before);
    for (size_t i = 0; n.indexed > 0 && i < t->set_count; i++)
        t->sets[i].from_mixed |= t->sets[i].file == t->file;
    return n;
}

size_t eval_tally_sets(const eval_tally *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->set_count; i++)
        count += t->sets[i].indexed > 0;
    return count;
}

/* --- words --- */

static void put_reason(buf *out, uint64_t count, const char *text)
{
    if (count > 0)
        buf_printf(out, "%s%" PRIu64 " %s", out->len ? ", " : "", count, text);
}

void eval_tally_reasons(const index_counts *n, const eval_keys *keys, buf *out)
{
    put_reason(out, n->empty, "without a question");
    if (n->empty > 0)
        put_keys(keys, out);
    put_reason(out, n->few_tokens, "of fewer than eval_min_token_length tokens");
    put_reason(out, n->few_words,
               "of fewer than eval_min_unique_word_count different words (text without spaces is "
               "one word)");
    put_reason(out, n->duplicates, "duplicates");
    put_reason(out, n->after_bad_line, "after a bad line");
    put_reason(out, n->no_records, "blank lines or comments");
}
