#include "orchestrator/plan/listing.h"

#include "decon/base/log.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/plan/input_list_fetch.h"

enum { FETCH_INPUT, FETCH_REPORT, FETCH_CLEANED, FETCH_COUNT };

typedef struct listing_fetch listing_fetch;

typedef struct fetch_part {
    listing_fetch *fetch;
    int which;
    op *op; /* NULL once it has ended */
} fetch_part;

struct listing_fetch {
    op op;
    listing_options o;
    const places *places;
    listing found; /* becomes o.out */
    fetch_part parts[FETCH_COUNT];
    err error; /* the first one */
};

void listing_deinit(listing *l)
{
    listed_array_deinit(&l->inputs);
    listed_array_deinit(&l->reports);
    listed_array_deinit(&l->cleaned);
    crash_marks_deinit(&l->crashes);
    for (size_t i = 0; i < LISTING_NAMED_MAX; i++)
        free(move(l->named[i]));
    for (size_t i = 0; i < LISTING_PYTHON_KINDS; i++)
        free(move(l->python_named[i]));
}

static bool is_commit_name(const char *key)
{
    return str_ends_with(key, NAMES_REPORT_SUFFIX) || str_ends_with(key, NAMES_MARKER_SUFFIX);
}

static bool is_cleaned_name(const char *key)
{
    return strstr(names_basename(key), NAMES_CLEANED_SUFFIX) != NULL;
}

/* Every skipped object of the input is logged. */
static void note_ignored(listing *l, const char *bucket, const s3_object *object)
{
    bool near = names_is_near_input(object->key);
    if (object->size_bytes == 0 && str_ends_with(object->key, "/"))
        return;
    l->ignored_count++;
    if (l->name_all)
        log_info("skipped, not an input: s3://%s/%s", bucket, object->key);
    else
        log_debug("skipped, not an input: s3://%s/%s", bucket, object->key);
    if (near && l->near_count++ < LISTING_NAMED_MAX)
        l->named[l->near_count - 1] = xstrdup(object->key);
}

void listing_add_input(listing *l, const places *where, const s3_object *object)
{
    if (!places_relative(where, object->key))
        l->outside_count++; /* `data-old/` where `data` was meant */
    else if (places_is_record(where, where->input.bucket, object->key))
        return;
    else if (names_is_input(object->key))
        listed_add(&l->inputs, object);
    else if (!places_is_output(where, object->key))
        note_ignored(l, where->input.bucket, object);
    else
        l->ignored_count++;
}

static void report_near_inputs(const listing_fetch *f)
{
    const listing *l = &f->found;
    AUTO(buf) names = BUF(8192);
    for (size_t i = 0; i < MIN(l->near_count, (size_t)LISTING_NAMED_MAX); i++)
        buf_printf(&names, "%ss3://%s/%s", i ? ", " : "", f->places->input.bucket, l->named[i]);
    if (l->near_count > 0)
        log_warn("%zu objects look like training files, but their suffixes differ, so "
                 "they are ignored: %s%s; name their suffixes in input_suffixes, or rename them",
                 l->near_count, buf_str(&names), l->near_count > LISTING_NAMED_MAX ? ", ..." : "");
}

static void note_record(fetch_part *part, const place *output, const char *key)
{
    if (part->which == FETCH_REPORT && str_starts_with(key, output->prefix))
        crash_marks_add(&part->fetch->found.crashes, key + strlen(output->prefix));
}

static void note_python(listing *l, const place *where, bool cleaned, const char *key)
{
    l->python_count++;
    if (!l->python_named[cleaned])
        l->python_named[cleaned] = xasprintf("s3://%s/%s", where->bucket, key);
}

static void report_python_outputs(const listing_fetch *f)
{
    const listing *l = &f->found;
    const char *report = l->python_named[0], *cleaned = l->python_named[1];
    if (l->python_count)
        log_info("%zu outputs of the Python orchestrator are in the output folders (%s%s%s); they "
                 "do not count as results, so their inputs are processed",
                 l->python_count, report ? report : "", report && cleaned ? ", " : "",
                 cleaned ? cleaned : "");
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    fetch_part *part = ctx;
    const places *where = part->fetch->places;
    listing *out = &part->fetch->found;
    const place *output = part->which == FETCH_REPORT ? &where->report : &where->cleaned;
    if (part->which == FETCH_INPUT)
        listing_add_input(out, where, object);
    else if (places_is_record(where, output->bucket, object->key))
        note_record(part, output, object->key);
    else if (part->which == FETCH_REPORT && is_commit_name(object->key))
        listed_add(&out->reports, object);
    else if (part->which == FETCH_CLEANED && is_cleaned_name(object->key))
        listed_add(&out->cleaned, object);
    else if (part->which == FETCH_REPORT && names_is_python_report(object->key))
        note_python(out, output, false, object->key);
    else if (part->which == FETCH_CLEANED && names_is_python_cleaned(object->key))
        note_python(out, output, true, object->key);
    return true;
}

static bool any_under_way(const listing_fetch *f)
{
    for (int i = 0; i < FETCH_COUNT; i++)
        if (f->parts[i].op)
            return true;
    return false;
}

/* If keys are in no order, repeats are found only at the end. */
static void drop_repeats(listing_fetch *f)
{
    listing *l = &f->found;
    const struct {
        listed_array *rows;
        const char *bucket;
    } all[] = {{&l->inputs, f->places->input.bucket},
               {&l->reports, f->places->report.bucket},
               {&l->cleaned, f->places->cleaned.bucket}};
    for (size_t i = 0; i < ARRAY_LEN(all) && !err_is_set(&f->error); i++)
        if (!listed_drop_repeats(all[i].rows, &f->error))
            err_context(&f->error, "s3://%s: ListObjectsV2", all[i].bucket);
}

static void report_lists(const listing_fetch *f)
{
    const listing *l = &f->found;
    if (!l->lists_digest[0])
        return;
    log_info(
        "input_list: %zu inputs of s3://%s/%s (SHA-256 of the lists %.12s...); %zu objects are "
        "outside of it",
        l->inputs.count, f->places->input.bucket, places_list_prefix(f->places), l->lists_digest,
        l->outside_count);
}

static void on_list_done(void *ctx, const err *error)
{
    fetch_part *part = ctx;
    listing_fetch *f = part->fetch;
    part->op = NULL;
    if (error && !err_is_set(&f->error))
        f->error = *error;
    if (any_under_way(f))
        return;
    drop_repeats(f);
    if (!err_is_set(&f->error)) {
        report_near_inputs(f);
        report_lists(f);
        report_python_outputs(f);
    }
    listed_sort(&f->found.reports);
    listed_sort(&f->found.cleaned);
    crash_marks_sort(&f->found.crashes);
    op_finish(&f->op, err_is_set(&f->error) ? &f->error : NULL);
}

static void start_part(listing_fetch *f, int which, const char *bucket, const char *prefix)
{
    fetch_part *part = &f->parts[which];
    *part = (fetch_part){.fetch = f, .which = which};
    part->op = s3_list(f->o.s3, &(s3_list_options){.bucket = bucket,
                                                   .prefix = prefix,
                                                   .on_object = on_object,
                                                   .on_done = on_list_done,
                                                   .ctx = part});
}

static void start_lists(listing_fetch *f)
{
    fetch_part *part = &f->parts[FETCH_INPUT];
    *part = (fetch_part){.fetch = f, .which = FETCH_INPUT};
    part->op = input_list_fetch_start(&(input_list_fetch_options){.transport = f->o.transport,
                                                                  .s3 = f->o.s3,
                                                                  .lists = f->o.lists,
                                                                  .columns = f->o.columns,
                                                                  .places = f->places,
                                                                  .out = &f->found,
                                                                  .on_done = on_list_done,
                                                                  .ctx = part});
}

static void fetch_stop(op *o)
{
    listing_fetch *f = (listing_fetch *)o;
    for (int i = 0; i < FETCH_COUNT; i++)
        op_cancel(move(f->parts[i].op));
}

static void fetch_free(op *o)
{
    listing_fetch *f = (listing_fetch *)o;
    listing_deinit(&f->found);
    free(f);
}

static void fetch_report(op *o, const err *error)
{
    listing_fetch *f = (listing_fetch *)o;
    *f->o.out = f->found;
    f->found = (listing){0};
    f->op.on_done(f->op.ctx, error);
}

static const op_kind fetch_kind = {.stop = fetch_stop, .free = fetch_free, .report = fetch_report};

op *listing_fetch_start(const listing_options *options)
{
    listing_fetch *f = op_new(&fetch_kind, sizeof *f, NULL, NULL);
    const places *where = options->places;
    f->op.on_done = options->on_done;
    f->op.ctx = options->ctx;
    f->o = *options;
    f->places = where;
    f->found.name_all = options->out->name_all;
    if (options->lists && options->lists[0])
        start_lists(f);
    else
        start_part(f, FETCH_INPUT, where->input.bucket, places_list_prefix(where));
    if (!options->inputs_only) {
        start_part(f, FETCH_REPORT, where->report.bucket, where->report.prefix);
        start_part(f, FETCH_CLEANED, where->cleaned.bucket, where->cleaned.prefix);
    }
    return op_started(&f->op);
}
