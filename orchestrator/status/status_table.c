#include "orchestrator/status/status_table.h"

#include <string.h>

#include "base/util.h"
#include "decon/base/digest.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/fleet/run_name.h"
#include "orchestrator/plan/plan.h"

/* Two keys of ten million have the same 64 bits with a probability below 1 in 100,000. */
static uint64_t hash_of(const char *key)
{
    uint8_t digest[MD5_BYTES];
    uint64_t hash;
    md5(slice_from(key), digest);
    memcpy(&hash, digest, sizeof hash);
    return hash ? hash : 1;
}

/* --- outputs --- */

static output_slot *slot_of(const status_table *t, uint64_t hash)
{
    size_t mask = t->output_capacity - 1, at = hash & mask;
    while (t->outputs[at].hash && t->outputs[at].hash != hash)
        at = (at + 1) & mask;
    return &t->outputs[at];
}

static void grow(status_table *t)
{
    status_table larger = {.output_capacity = MAX(2 * t->output_capacity, (size_t)1024)};
    larger.outputs = xcalloc(larger.output_capacity, sizeof *larger.outputs);
    for (size_t i = 0; i < t->output_capacity; i++)
        if (t->outputs[i].hash)
            *slot_of(&larger, t->outputs[i].hash) = t->outputs[i];
    free(t->outputs);
    t->outputs = larger.outputs;
    t->output_capacity = larger.output_capacity;
}

static bool is_output_name(const char *key)
{
    return str_ends_with(key, NAMES_REPORT_SUFFIX) || str_ends_with(key, NAMES_MARKER_SUFFIX) ||
           strstr(names_basename(key), NAMES_CLEANED_SUFFIX);
}

void status_table_add_output(status_table *t, const s3_object *object)
{
    if (!is_output_name(object->key))
        return;
    if (4 * (t->output_count + 1) > 3 * t->output_capacity)
        grow(t);
    uint64_t hash = hash_of(object->key);
    output_slot *slot = slot_of(t, hash);
    t->output_count += !slot->hash;
    *slot = (output_slot){hash, object->last_modified_s};
}

static bool find_output(const status_table *t, const char *key, int64_t *modified_s)
{
    if (!t->output_capacity)
        return false;
    const output_slot *slot = slot_of(t, hash_of(key));
    *modified_s = slot->modified_s;
    return slot->hash != 0;
}

/* --- inputs --- */

void status_table_add_input(status_table *t, const s3_object *object)
{
    if (places_relative(t->places, object->key) && names_is_input(object->key) &&
        !places_is_output(t->places, object->key))
        listed_add(&t->inputs, object);
}

static bool has_outputs(const status_table *t, const listed_array *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (places_is_output(t->places, listed_at(rows, i)->key))
            return true;
    return false;
}

/* Without a copy, which would be too large for millions of inputs, unless some are skipped. */
void status_table_take_inputs(status_table *t, listed_array *from)
{
    if (!has_outputs(t, from)) {
        t->inputs = *from;
        *from = (listed_array){0};
        return;
    }
    for (size_t i = 0; i < from->count; i++) {
        const listed *row = listed_at(from, i);
        AUTO_FREE char *etag = listed_etag(row);
        status_table_add_input(t, &(s3_object){.key = row->key,
                                               .etag = etag,
                                               .size_bytes = row->size_bytes,
                                               .last_modified_s = row->last_modified_s});
    }
    listed_array_deinit(from);
}

static output_names outputs_of(const status_table *t, const listed *input)
{
    return names_outputs(places_relative(t->places, input->key), t->places->report.prefix,
                         t->places->cleaned.prefix);
}

static uint8_t judge_input(const status_table *t, const listed *input, bool purify,
                           uint32_t *committed_s)
{
    AUTO(output_names) names = outputs_of(t, input);
    plan_outputs found = {0};
    int64_t cleaned_s = 0;
    found.marker = find_output(t, names.marker_key, &found.marker_s);
    found.report = find_output(t, names.report_key, &found.report_s);
    found.cleaned = found.report && find_output(t, names.cleaned_key, &cleaned_s);
    if (run_key_is_record(input->key))
        return INPUT_REFUSED;
    if (!plan_outputs_make_done(&found, input->last_modified_s, purify))
        return 0;
    *committed_s = (uint32_t)(found.report ? found.report_s : found.marker_s);
    return INPUT_DONE | (found.report ? INPUT_CONTAMINATED : 0);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t hash_of_base(const listed *input)
{
    AUTO_FREE char *base = xstrndup(input->key, names_base_len(input->key));
    return hash_of(base);
}

/* Inputs with the same base would write the same outputs; the plan refuses all of them. */
static void refuse_rivals(status_table *t)
{
    size_t count = t->inputs.count;
    AUTO_FREE uint64_t *hashes = xcalloc(count + 1, sizeof *hashes);
    AUTO_FREE uint64_t *order = xcalloc(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = hashes[i] = hash_of_base(t->inputs.sorted[i]);
    if (count)
        qsort(order, count, sizeof *order, compare_hashes);
    for (size_t i = 0; i < count; i++) {
        const uint64_t *at = bsearch(&hashes[i], order, count, sizeof *order, compare_hashes);
        if ((at > order && at[-1] == hashes[i]) || (at + 1 < order + count && at[1] == hashes[i]))
            t->state[i] = INPUT_REFUSED;
    }
}

void status_table_judge(status_table *t, bool purify)
{
    listed_sort(&t->inputs);
    t->state = xcalloc(t->inputs.count + 1, sizeof *t->state);
    t->committed_s = xcalloc(t->inputs.count + 1, sizeof *t->committed_s);
    for (size_t i = 0; i < t->inputs.count; i++)
        t->state[i] = judge_input(t, t->inputs.sorted[i], purify, &t->committed_s[i]);
    free(move(t->outputs));
    t->output_count = t->output_capacity = 0;
    refuse_rivals(t);
}

size_t status_table_find(const status_table *t, const char *key)
{
    size_t first = 0, end = t->inputs.count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = strcmp(key, t->inputs.sorted[middle]->key);
        if (order == 0)
            return middle;
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return SIZE_MAX;
}

char *status_table_commit_key(const status_table *t, size_t index)
{
    AUTO(output_names) names = outputs_of(t, t->inputs.sorted[index]);
    return t->state[index] & INPUT_CONTAMINATED ? move(names.report_key) : move(names.marker_key);
}

void status_table_deinit(status_table *t)
{
    listed_array_deinit(&t->inputs);
    free(t->state);
    free(t->committed_s);
    free(t->outputs);
    *t = (status_table){0};
}
