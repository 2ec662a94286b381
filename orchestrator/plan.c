#include "orchestrator/plan.h"

#include "orchestrator/shard.h"

/* One input with what it would write. */
typedef struct candidate {
    const listed *object;
    output_names outputs;
    const listed *rival; /* another input with the same outputs, or NULL */
} candidate;

static int compare_outputs(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    int order = strcmp(x->outputs.report_key, y->outputs.report_key);
    return order ? order : strcmp(x->object->key, y->object->key);
}

static candidate *gather(const plan_options *o, plan *out)
{
    const listed_array *inputs = &o->listing->inputs;
    candidate *all = xcalloc(inputs->count + 1, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const listed *object = &inputs->rows[i];
        if (places_is_output(o->places, object->key)) {
            out->ignored_count++;
            continue;
        }
        all[count].object = object;
        all[count++].outputs = names_outputs(places_relative(o->places, object->key),
                                             o->places->report.prefix, o->places->cleaned.prefix);
    }
    out->input_count = count;
    return all;
}

static void find_rivals(candidate *all, size_t count)
{
    if (count)
        qsort(all, count, sizeof *all, compare_outputs);
    for (size_t i = 1; i < count; i++)
        if (str_equal(all[i - 1].outputs.report_key, all[i].outputs.report_key)) {
            all[i].rival = all[i - 1].object;
            if (!all[i - 1].rival)
                all[i - 1].rival = all[i].object;
        }
}

static bool stands(const listed *output, const listed *input)
{
    return output && output->last_modified_s >= input->last_modified_s;
}

/* Where marker and report both stand, a run ended before it removed the older one. */
static bool is_done(const plan_options *o, const candidate *c)
{
    const listed *marker = listed_find(&o->listing->reports, c->outputs.marker_key);
    const listed *report = listed_find(&o->listing->reports, c->outputs.report_key);
    if (marker && report)
        return false;
    return stands(marker, c->object) ||
           (stands(report, c->object) &&
            (!o->purify || listed_find(&o->listing->cleaned, c->outputs.cleaned_key)));
}

static item *make_item(const plan_options *o, candidate *c)
{
    item *it = xcalloc(1, sizeof *it);
    it->key = xstrdup(c->object->key);
    it->etag = xstrdup(c->object->etag);
    it->size_bytes = c->object->size_bytes;
    it->outputs = c->outputs;
    c->outputs = (output_names){0};
    it->had_report = listed_find(&o->listing->reports, it->outputs.report_key) != NULL;
    it->had_marker = listed_find(&o->listing->reports, it->outputs.marker_key) != NULL;
    return it;
}

/* Sets why an input cannot be done at all; false when it can. */
static bool refuse(const plan_options *o, const candidate *c, err *e)
{
    const char *bucket = o->places->input.bucket;
    if (c->rival)
        return !err_set(e, ERR_PLAN,
                        "s3://%s/%s: it and s3://%s/%s would write the same outputs (%s); rename "
                        "one of them, nothing was overwritten",
                        bucket, c->object->key, bucket, c->rival->key, c->outputs.report_key);
    size_t longest = MAX(strlen(c->outputs.report_key), strlen(c->outputs.cleaned_key));
    if (longest > NAMES_KEY_MAX_BYTES)
        return !err_set(e, ERR_LIMIT,
                        "s3://%s/%s: the key of its output would have %zu bytes, the store takes "
                        "%d; choose a shorter output directory",
                        bucket, c->object->key, longest, NAMES_KEY_MAX_BYTES);
    return false;
}

static void add_candidate(const plan_options *o, candidate *c, plan *out)
{
    if (shard_of_key(c->object->key, o->host_count) != o->host_index) {
        out->other_hosts++;
        return;
    }
    err error = ERR_INIT;
    if (refuse(o, c, &error)) {
        item *it = make_item(o, c);
        it->state = ITEM_FAILED;
        it->error = error;
        out->refused[out->refused_count++] = it;
    } else if (!o->redo && is_done(o, c)) {
        out->done++;
    } else {
        out->items[out->count++] = make_item(o, c);
    }
}

static int compare_items(const void *a, const void *b)
{
    const item *x = *(item *const *)a, *y = *(item *const *)b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes < y->size_bytes ? 1 : -1;
    return strcmp(x->key, y->key);
}

static void cut_for_debug(size_t max_files, plan *out)
{
    while (max_files && out->count > max_files) {
        item_free(out->items[--out->count]);
        out->beyond_debug++;
    }
}

void plan_make(const plan_options *options, plan *out)
{
    *out = (plan){.ignored_count = options->listing->ignored_count};
    candidate *all = gather(options, out);
    find_rivals(all, out->input_count);
    out->items = xcalloc(out->input_count + 1, sizeof *out->items);
    out->refused = xcalloc(out->input_count + 1, sizeof *out->refused);
    for (size_t i = 0; i < out->input_count; i++) {
        add_candidate(options, &all[i], out);
        output_names_deinit(&all[i].outputs);
    }
    free(all);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, compare_items);
    cut_for_debug(options->max_files, out);
    for (size_t i = 0; i < out->count; i++)
        out->size_bytes += out->items[i]->size_bytes;
}

void plan_deinit(plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        item_free(p->items[i]);
    for (size_t i = 0; i < p->refused_count; i++)
        item_free(p->refused[i]);
    free(p->items);
    free(p->refused);
    *p = (plan){0};
}
