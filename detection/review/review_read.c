#include "detection/review/review_read.h"

#include <inttypes.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "detection/table/hash.h"
#include "base/json/json_read.h"
#include "detection/reports/report_files.h"
#include "detection/reports/report_name.h"
#include "detection/review/review_example.h"
#include "detection/text/unicode.h"

#define BAD_LINES_AT_MOST 20 /* without a valid one before: the file is not a report */
#define SETS_SLOTS        4096
#define FILES_SLOTS       65536

/* Slots hold number + 1; 0 is free. */
struct review_lookup {
    uint32_t sets[SETS_SLOTS], files[FILES_SLOTS];
};

static const float band_floors[REVIEW_BANDS] = {1, 0.95F, 0.9F, 0.85F, 0.8F, -1};
static const char *const band_names[REVIEW_BANDS] = {"1.00",         "0.95 to 1",    "0.90 to 0.95",
                                                     "0.85 to 0.90", "0.80 to 0.85", "below 0.80"};

const char *review_band_name(size_t band)
{
    return band_names[band];
}

void review_init(review *r, const review_options *options)
{
    *r = (review){.options = options, .top = options->top};
    r->lookup = xcalloc(1, sizeof *r->lookup);
}

void review_deinit(review *r)
{
    for (size_t i = 0; i < r->set_count; i++) {
        for (size_t k = 0; k < r->sets[i].top_count; k++)
            review_example_free(r->sets[i].top[k]);
        free(r->sets[i].top);
        free(r->sets[i].count.name);
    }
    for (size_t i = 0; i < r->file_count; i++)
        free(r->files[i].name);
    instance_set_deinit(&r->seen);
    free(r->sets);
    free(r->files);
    free(r->lookup);
    *r = (review){0};
}

/* --- names --- */

static uint32_t *find_slot(uint32_t *slots, size_t slot_count, const char *name, const void *items,
                           size_t item_bytes)
{
    size_t at = hash_bytes(name, strlen(name), 0) & (slot_count - 1);
    for (; slots[at]; at = (at + 1) & (slot_count - 1)) {
        const review_count *c =
            (const void *)((const char *)items + (size_t)(slots[at] - 1) * item_bytes);
        if (str_equal(c->name, name))
            break;
    }
    return &slots[at];
}

static review_set *find_set(review *r, const char *name)
{
    if (r->set_count >= REVIEW_SETS_MAX)
        name = *find_slot(r->lookup->sets, SETS_SLOTS, name, r->sets, sizeof *r->sets)
                   ? name
                   : "(other evaluations)";
    uint32_t *slot = find_slot(r->lookup->sets, SETS_SLOTS, name, r->sets, sizeof *r->sets);
    if (*slot)
        return &r->sets[*slot - 1];
    ARRAY_RESERVE(r->sets, r->set_capacity, r->set_count + 1);
    r->sets[r->set_count] = (review_set){.count = {.name = xstrdup(name)}};
    *slot = (uint32_t)++r->set_count;
    return &r->sets[r->set_count - 1];
}

static review_count *find_file(review *r, const char *name)
{
    if (r->file_count >= REVIEW_FILES_MAX)
        name = *find_slot(r->lookup->files, FILES_SLOTS, name, r->files, sizeof *r->files)
                   ? name
                   : "(other files)";
    uint32_t *slot = find_slot(r->lookup->files, FILES_SLOTS, name, r->files, sizeof *r->files);
    if (*slot)
        return &r->files[*slot - 1];
    ARRAY_RESERVE(r->files, r->file_capacity, r->file_count + 1);
    r->files[r->file_count] = (review_count){.name = xstrdup(name)};
    *slot = (uint32_t)++r->file_count;
    return &r->files[r->file_count - 1];
}

/* --- examples --- */

/* Best first, or lowest scores first; equal ones in the order of reading. */
static int compare_examples(const review *r, const review_example *a, const review_example *b)
{
    if (a->score != b->score)
        return (a->score > b->score) != r->options->lowest_first ? -1 : 1;
    if (a->matched_ngrams != b->matched_ngrams)
        return a->matched_ngrams > b->matched_ngrams ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void drop_example(review *r, review_set *s, size_t at)
{
    r->example_bytes -= s->top[at]->held_bytes;
    review_example_free(s->top[at]);
    s->top_count--;
    memmove(&s->top[at], &s->top[at + 1], (s->top_count - at) * sizeof *s->top);
}

static void keep_fewer(review *r)
{
    while (r->example_bytes > REVIEW_EXAMPLE_BYTES && r->top > 1) {
        r->top = (r->top + 1) / 2;
        for (size_t i = 0; i < r->set_count; i++)
            while (r->sets[i].top_count > r->top)
                drop_example(r, &r->sets[i], r->sets[i].top_count - 1);
    }
}

/* A question is shown once in its set. */
static bool is_same_question(const review_example *a, const review_example *b)
{
    return a->instance == b->instance && str_equal(a->split, b->split) &&
           str_equal(a->question, b->question);
}

static void offer_example(review *r, review_set *s, review_example *take)
{
    size_t at = 0;
    for (size_t i = 0; i < s->top_count; i++) {
        if (!is_same_question(s->top[i], take))
            continue;
        if (compare_examples(r, s->top[i], take) <= 0) {
            review_example_free(take);
            return;
        }
        drop_example(r, s, i);
        break;
    }
    while (at < s->top_count && compare_examples(r, s->top[at], take) <= 0)
        at++;
    if (at >= r->top) {
        review_example_free(take);
        return;
    }
    if (s->top_count == r->top)
        drop_example(r, s, s->top_count - 1);
    *ARRAY_ADD_AT(s->top, s->top_count, at) = take;
    r->example_bytes += take->held_bytes;
    keep_fewer(r);
}

/* --- one report --- */

typedef struct report_file {
    review *r;
    char *path;
    char *label; /* the path below the folder that was named, without the suffix */
    uint64_t good_lines, bad_lines, last_line;
    bool given_up, has_line;
} report_file;

static size_t band_of(double score)
{
    size_t band = 0;
    while ((float)score < band_floors[band])
        band++;
    return band;
}

static void count_in(review_count *c, uint64_t document)
{
    c->matches++;
    if (c->last_order == document)
        return;
    c->last_order = document;
    c->documents++;
}

/* A score is a binary32: reports contain 0.9 as 0.8999999761581421, and 0.8 as
 * 0.800000011920929. Users mean these by 0.9 and 0.8. */
static bool is_between(double score, double min, double max)
{
    return (float)score >= (float)min && (float)score <= (float)max;
}

static void count_instance(review *r, review_set *s, const review_line *line)
{
    if (!instance_set_add(&r->seen, slice_from(s->count.name),
                          slice_from(line->split ? line->split : ""), line->instance))
        return;
    s->instances++;
    r->instances++;
}

static bool is_suppressed(const review *r, const review_line *line)
{
    const judged_match m = {.eval = line->eval,
                            .split = line->split ? line->split : "",
                            .instance = line->instance,
                            .file = line->file,
                            .line = line->training_line};
    return r->options->suppressed && suppressions_has(r->options->suppressed, &m);
}

static void note_question(const review *r, const review_line *line)
{
    if (!r->options->questions)
        return;
    audit_question *q = question_table_find(r->options->questions, line->eval,
                                            line->split ? line->split : "", line->instance);
    q->best_score = MAX(q->best_score, (float)line->score);
    if (q->last_document == r->documents)
        return;
    q->last_document = r->documents;
    q->documents++;
}

/* Whether it may be kept. */
static bool is_candidate(const review *r, const review_set *s, double score)
{
    if (s->top_count < r->top)
        return true;
    double last = s->top[s->top_count - 1]->score;
    return r->options->lowest_first ? score <= last : score >= last;
}

static void take_example(report_file *f, review_set *s, const review_line *line)
{
    review *r = f->r;
    bool candidate = is_candidate(r, s, line->score);
    if (!candidate && !r->options->on_match)
        return;
    review_example *x = review_example_new(line, f->path, r->order);
    if (r->options->on_match)
        r->options->on_match(r->options->ctx, s, x);
    if (candidate)
        offer_example(r, s, x);
    else
        review_example_free(x);
}

static void count_line(report_file *f, const review_line *line)
{
    review *r = f->r;
    if (!is_between(line->score, r->options->min_score, r->options->max_score) ||
        !name_fits(r->options->evals, line->eval) ||
        (!name_fits(r->options->files, line->file) && !name_fits(r->options->files, f->path))) {
        r->filtered_out++;
        return;
    }
    if (is_suppressed(r, line)) {
        r->suppressed++;
        return;
    }
    if (!f->has_line || f->last_line != line->training_line)
        r->documents++;
    f->has_line = true;
    f->last_line = line->training_line;
    r->matches++;
    r->bands[band_of(line->score)]++;
    count_in(find_file(r, line->file), r->documents);
    review_set *s = find_set(r, line->eval);
    count_in(&s->count, r->documents);
    count_instance(r, s, line);
    s->bands[band_of(line->score)]++;
    s->best_score = MAX(s->best_score, line->score);
    note_question(r, line);
    take_example(f, s, line);
    r->order++;
}

static void note_bad_line(report_file *f, uint64_t number, const err *why)
{
    if (f->bad_lines++ == 0)
        log_warn("%s: line %" PRIu64 " is not a line of a report: %s", f->path, number + 1,
                 why->message);
    f->r->bad_lines++;
    f->given_up = f->good_lines == 0 && f->bad_lines >= BAD_LINES_AT_MOST;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline), UNUSED(e);
    report_file *f = ctx;
    err why = ERR_INIT;
    AUTO(review_line) line = {0};
    if (f->given_up || slice_trim(text).len == 0)
        return true;
    if (review_line_read(&line, text, f->label, &why)) {
        f->good_lines++;
        count_line(f, &line);
    } else {
        note_bad_line(f, number, &why);
    }
    return true;
}

static void report_file_free(report_file *f)
{
    free(f->path);
    free(f->label);
}

static stage *begin_report(void *ctx, const char *path, const char *label)
{
    report_file *f = ctx;
    report_file_free(f);
    *f = (report_file){.r = f->r, .path = xstrdup(path), .label = xstrdup(label)};
    f->r->reports++;
    return stage_lines_new(REPORT_LINE_MAX_BYTES, NULL, on_line, f);
}

static void end_report(void *ctx, const err *error)
{
    const report_file *f = ctx;
    if (error)
        log_warn("%s: the rest after %" PRIu64 " valid lines is skipped", error->message,
                 f->good_lines);
    if (f->given_up)
        log_warn("%s is not a report; skipped", f->path);
    f->r->bad_reports += error || f->bad_lines > 0;
}

bool review_add(review *r, const char *path, err *e)
{
    uint64_t found = 0;
    report_file f = {.r = r};
    const report_reader reader = {.begin = begin_report, .end = end_report, .ctx = &f};
    bool ok = report_files_read(r->options->store, path, &reader, &found, e);
    report_file_free(&f);
    if (ok && found == 0)
        log_warn("%s contains no reports (*.report.jsonl, *-simple-*.jsonl): nothing was found, or "
                 "they are elsewhere",
                 path);
    return ok;
}

static int more_matches_first(const void *a, const void *b)
{
    const review_count *x = a, *y = b;
    if (x->matches != y->matches)
        return x->matches > y->matches ? -1 : 1;
    return strcmp(x->name, y->name);
}

void review_finish(review *r)
{
    _Static_assert(offsetof(review_set, count) == 0, "sets are sorted by their counts");
    if (r->set_count > 0)
        qsort(r->sets, r->set_count, sizeof *r->sets, more_matches_first);
    if (r->file_count > 0)
        qsort(r->files, r->file_count, sizeof *r->files, more_matches_first);
}
