#include "base/array.h"
#include "base/util.h"
#include "orchestrator/plan/plan.h"

#include "orchestrator/fleet/run_name.h"
#include "base/digest/shard.h"

/* Inputs are sorted by the base name of their outputs, so that rivals are adjacent; rows to process
 * move to the front of the same array. */

static int compare_bases(const void *a, const void *b)
{
    const planned *x = a, *y = b;
    int order = memcmp(x->object->key, y->object->key, MIN(x->base_len, y->base_len));
    if (order == 0 && x->base_len != y->base_len)
        return x->base_len < y->base_len ? -1 : 1;
    return order ? order : strcmp(x->object->key, y->object->key);
}

static bool same_base(const planned *a, const planned *b)
{
    return a->base_len == b->base_len && memcmp(a->object->key, b->object->key, a->base_len) == 0;
}

static void note_skipped(const plan_options *o, plan *out, skipped_input row)
{
    if (!o->list_skipped)
        return;
    *ARRAY_ADD(out->skipped, out->skipped_count) = row;
}

static void gather(const plan_options *o, plan *out)
{
    const listed_array *inputs = &o->listing->inputs;
    out->capacity = inputs->count + 1;
    out->rows = xcalloc(out->capacity, sizeof *out->rows);
    for (size_t i = 0; i < inputs->count; i++) {
        const listed *object = listed_at(inputs, i);
        if (places_is_output(o->places, object->key)) {
            out->ignored_count++;
            note_skipped(o, out, (skipped_input){object, SKIP_OUTPUT_FOLDER, 0});
            continue;
        }
        out->rows[out->input_count++] =
            (planned){.object = object, .base_len = (uint32_t)names_base_len(object->key)};
    }
    if (out->input_count)
        qsort(out->rows, out->input_count, sizeof *out->rows, compare_bases);
}

static const listed *rival_of(const planned *rows, size_t count, size_t index)
{
    if (index > 0 && same_base(&rows[index - 1], &rows[index]))
        return rows[index - 1].object;
    if (index + 1 < count && same_base(&rows[index], &rows[index + 1]))
        return rows[index + 1].object;
    return NULL;
}

static output_names outputs_of(const places *where, const listed *object)
{
    return names_outputs(places_relative(where, object->key), where->report.prefix,
                         where->cleaned.prefix);
}

/* If marker and report are both in the store, a run ended before it removed the older one. */
bool plan_outputs_make_done(const plan_outputs *found, int64_t input_modified_s, bool purify)
{
    if (found->marker && found->report)
        return false;
    if (found->marker)
        return found->marker_s >= input_modified_s;
    return found->report && found->report_s >= input_modified_s && (!purify || found->cleaned);
}

static int compare_pointers(const void *a, const void *b)
{
    const listed *x = *(const listed *const *)a, *y = *(const listed *const *)b;
    return x < y ? -1 : x > y;
}

static bool is_superseded(const plan_options *o, const listed *object)
{
    const superseded_inputs *s = o->superseded;
    return s && s->count &&
           bsearch(&object, s->objects, s->count, sizeof *s->objects, compare_pointers);
}

static bool is_done(const plan_options *o, const output_names *outputs, planned *row)
{
    const listed *marker = listed_find(&o->listing->reports, outputs->marker_key);
    const listed *report = listed_find(&o->listing->reports, outputs->report_key);
    row->had_marker = marker != NULL;
    row->had_report = report != NULL;
    plan_outputs found = {.marker = marker != NULL,
                          .report = report != NULL,
                          .marker_s = marker ? marker->last_modified_s : 0,
                          .report_s = report ? report->last_modified_s : 0};
    found.cleaned = report && listed_find(&o->listing->cleaned, outputs->cleaned_key);
    return plan_outputs_make_done(&found, row->object->last_modified_s, o->purify);
}

static size_t longest_key(const output_names *outputs)
{
    return MAX(strlen(outputs->report_key), strlen(outputs->cleaned_key));
}

static void refuse(plan *out, refusal row)
{
    *ARRAY_ADD(out->refused, out->refused_count) = row;
}

static void note_done(const plan_options *o, const planned *row, plan *out)
{
    out->done++;
    if (!o->list_done)
        return;
    *ARRAY_ADD(out->done_rows, out->done_count) = *row;
}

static uint8_t crashes_of(const plan_options *o, const listed *object)
{
    if (!o->listing->crashes.count)
        return 0;
    AUTO_FREE char *etag = listed_etag(object);
    return (uint8_t)crash_marks_times(&o->listing->crashes, object->key, etag);
}

static void add_row(plan *out, planned row)
{
    *ARRAY_PUSH(out->rows, out->count, out->capacity) = row;
}

static void judge_mine(const plan_options *o, planned row, const listed *rival, plan *out)
{
    AUTO(output_names) outputs = outputs_of(o->places, row.object);
    bool done = is_done(o, &outputs, &row), superseded = is_superseded(o, row.object);
    bool record = run_key_is_record(row.object->key);
    row.crashes = crashes_of(o, row.object);
    if (rival || record || longest_key(&outputs) > NAMES_KEY_MAX_BYTES)
        refuse(out, (refusal){.object = row.object, .rival = rival});
    else if (!o->redo && done && !superseded)
        note_done(o, &row, out);
    else if (!o->retry_failed && row.crashes >= CRASH_MARKS_MAX)
        refuse(out, (refusal){.object = row.object, .crashes = row.crashes});
    else
        add_row(out, row);
    out->superseded += superseded;
}

/* Kept rows move to the front of the array that is being read, never past the current row. */
static void judge(const plan_options *o, planned row, const listed *rival, plan *out)
{
    unsigned host = shard_of_key(row.object->key, o->host_count);
    if (host == o->host_index) {
        judge_mine(o, row, rival, out);
        return;
    }
    out->other_hosts++;
    note_skipped(o, out, (skipped_input){row.object, SKIP_OTHER_HOST, host});
}

static int compare_rows(const void *a, const void *b)
{
    const listed *x = ((const planned *)a)->object, *y = ((const planned *)b)->object;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes < y->size_bytes ? 1 : -1;
    return strcmp(x->key, y->key);
}

static void sort_and_sum(plan *out)
{
    if (out->count)
        qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    for (size_t i = 0; i < out->count; i++)
        out->size_bytes += out->rows[i].object->size_bytes;
}

static void cut_to_debug(const plan_options *o, plan *out)
{
    if (!o->max_files || out->count <= o->max_files)
        return;
    out->beyond_debug = out->count - o->max_files;
    for (size_t i = o->max_files; i < out->count; i++) {
        note_skipped(o, out, (skipped_input){out->rows[i].object, SKIP_BEYOND_DEBUG, 0});
        out->size_bytes -= out->rows[i].object->size_bytes;
    }
    out->count = o->max_files;
}

void plan_make(const plan_options *options, plan *out)
{
    *out = (plan){.places = options->places, .ignored_count = options->listing->ignored_count};
    gather(options, out);
    for (size_t i = 0; i < out->input_count; i++)
        judge(options, out->rows[i], rival_of(out->rows, out->input_count, i), out);
    out->capacity = out->count + 1;
    out->rows = xrealloc(out->rows, out->capacity * sizeof *out->rows);
    sort_and_sum(out);
    cut_to_debug(options, out);
}

/* --- slices --- */

struct sliced {
    planned row;
    const listed *rival;
    uint32_t rest;
};

static int compare_slices(const void *a, const void *b)
{
    const struct sliced *x = a, *y = b;
    if (x->rest != y->rest)
        return x->rest < y->rest ? -1 : 1;
    return strcmp(x->row.object->key, y->row.object->key);
}

void plan_slices_make(const plan_options *options, uint32_t count, plan_slices *out)
{
    AUTO(plan) all = {.places = options->places};
    gather(options, &all);
    *out = (plan_slices){.rows = xcalloc(all.input_count + 1, sizeof *out->rows),
                         .first = xcalloc((size_t)count + 1, sizeof *out->first),
                         .count = count};
    for (size_t i = 0; i < all.input_count; i++) {
        uint32_t rest = shard_of_key(all.rows[i].object->key, count);
        out->rows[i] = (struct sliced){all.rows[i], rival_of(all.rows, all.input_count, i), rest};
        out->first[rest + 1]++;
    }
    for (uint32_t i = 0; i < count; i++)
        out->first[i + 1] += out->first[i];
    if (all.input_count)
        qsort(out->rows, all.input_count, sizeof *out->rows, compare_slices);
}

void plan_slices_deinit(plan_slices *s)
{
    free(s->rows);
    free(s->first);
    *s = (plan_slices){0};
}

bool plan_slices_is_empty(const plan_slices *s, uint32_t rest)
{
    return s->first[rest] == s->first[rest + 1];
}

void plan_slice(const plan_options *options, const plan_slices *slices, uint32_t rest,
                bool (*takes)(void *ctx, const char *key), void *ctx, plan *out)
{
    *out = (plan){.places = options->places};
    for (size_t i = slices->first[rest]; i < slices->first[rest + 1]; i++) {
        const struct sliced *at = &slices->rows[i];
        if (!takes(ctx, at->row.object->key))
            continue;
        out->input_count++;
        judge_mine(options, at->row, at->rival, out);
    }
    sort_and_sum(out);
}

void plan_append(plan *to, plan *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_row(to, from->rows[i]);
    for (size_t i = 0; i < from->refused_count; i++)
        refuse(to, from->refused[i]);
    to->size_bytes += from->size_bytes;
    to->input_count += from->input_count;
    to->done += from->done;
    to->superseded += from->superseded;
    plan_deinit(from);
}

void plan_deinit(plan *p)
{
    free(p->rows);
    free(p->refused);
    free(p->done_rows);
    free(p->skipped);
    *p = (plan){0};
}

item *plan_item(const plan *p, size_t index)
{
    const planned *row = &p->rows[index];
    item *it = xcalloc(1, sizeof *it);
    it->planned.key = xstrdup(row->object->key);
    it->planned.etag = listed_etag(row->object);
    it->planned.size_bytes = row->object->size_bytes;
    it->planned.outputs = outputs_of(p->places, row->object);
    it->planned.had_report = row->had_report;
    it->planned.had_marker = row->had_marker;
    it->planned.crashes = row->crashes;
    return it;
}

char *plan_commit_key(const plan *p, const planned *row)
{
    AUTO(output_names) outputs = outputs_of(p->places, row->object);
    return move(*(row->had_report ? &outputs.report_key : &outputs.marker_key));
}

void plan_refusal(const plan *p, size_t index, err *e)
{
    const refusal *r = &p->refused[index];
    const char *bucket = p->places->input.bucket;
    AUTO(output_names) outputs = outputs_of(p->places, r->object);
    if (r->crashes)
        err_set(e, ERR_JOB_CRASHED,
                "s3://%s/%s: not tried, since it ended the process of its detection job %u times; "
                "run with --retry-failed to try it again",
                bucket, r->object->key, r->crashes);
    else if (r->rival)
        err_set(e, ERR_PLAN,
                "s3://%s/%s: it and s3://%s/%s would write the same outputs (%s); rename one of "
                "them, nothing was overwritten",
                bucket, r->object->key, bucket, r->rival->key, outputs.report_key);
    else if (run_key_is_record(r->object->key))
        err_set(e, ERR_PLAN,
                "s3://%s/%s: is in a folder " RUN_RECORDS_FOLDER
                ", which holds records of runs and no "
                "training files; move it, or choose an input folder without such records",
                bucket, r->object->key);
    else
        err_set(e, ERR_LIMIT,
                "s3://%s/%s: the key of its output would have %zu bytes, the store allows %d; "
                "choose a shorter output directory",
                bucket, r->object->key, longest_key(&outputs), NAMES_KEY_MAX_BYTES);
}
