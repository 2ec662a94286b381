#include "base/array.h"
#include "base/util.h"
#include "detection/compare/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <strings.h>

#include "decon/base/log.h"
#include "detection/reports/report_files.h"
#include "detection/review/review_example.h"
#include "detection/table/hash.h"

#define ABSENT (-1.0F)

void comparison_init(comparison *c, const compare_options *options)
{
    *c = (comparison){.options = options};
}

void comparison_deinit(comparison *c)
{
    name_table_deinit(&c->sets);
    name_table_deinit(&c->files);
    name_table_deinit(&c->splits);
    free(c->matches);
    free(c->slots);
    free(c->by_set);
    *c = (comparison){0};
}

bool compare_is_moved(const comparison *c, const compare_match *m)
{
    return m->scores[0] >= 0 && m->scores[1] >= 0 &&
           fabs((double)m->scores[0] - (double)m->scores[1]) > c->options->tolerance;
}

/* --- the table of matches --- */

static bool is_same(const compare_match *a, const compare_match *b)
{
    return a->line == b->line && a->instance == b->instance && a->file == b->file &&
           a->set == b->set && a->split == b->split;
}

static uint32_t *find_slot(const comparison *c, const compare_match *m)
{
    const uint64_t key[] = {m->line, m->instance, (uint64_t)m->file << 32 | m->set, m->split};
    size_t at = (size_t)hash_bytes(key, sizeof key, 0) & (c->slot_count - 1);
    while (c->slots[at] && !is_same(&c->matches[c->slots[at] - 1], m))
        at = (at + 1) & (c->slot_count - 1);
    return &c->slots[at];
}

static void grow(comparison *c)
{
    ARRAY_RESERVE(c->matches, c->match_capacity, MAX(c->match_count + 1, (size_t)512));
    for (c->slot_count = 1024; c->slot_count < c->match_capacity * 2;)
        c->slot_count *= 2;
    free(c->slots);
    c->slots = xcalloc(c->slot_count, sizeof *c->slots);
    for (size_t i = 0; i < c->match_count; i++)
        *find_slot(c, &c->matches[i]) = (uint32_t)i + 1;
}

static void add_match(comparison *c, size_t side, compare_match m, float score)
{
    if (c->match_count == c->match_capacity)
        grow(c);
    uint32_t *slot = find_slot(c, &m);
    if (!*slot) {
        m.scores[0] = m.scores[1] = ABSENT;
        c->matches[c->match_count++] = m;
        *slot = (uint32_t)c->match_count;
    }
    float *known = &c->matches[*slot - 1].scores[side];
    *known = MAX(*known, score);
}

/* --- reading --- */

typedef struct reading {
    comparison *c;
    size_t side;
    char *path, *label; /* of the current report */
} reading;

static void reading_names_free(reading *r)
{
    free(r->path);
    free(r->label);
}

static bool is_wanted(const comparison *c, const char *set)
{
    if (!c->options->sets || !c->options->sets[0])
        return true;
    for (size_t i = 0; c->options->sets[i]; i++)
        if (strcasestr(set, c->options->sets[i]))
            return true;
    return false;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline), UNUSED(e);
    reading *r = ctx;
    err why = ERR_INIT;
    AUTO(review_line) line = {0};
    if (slice_trim(text).len == 0)
        return true;
    if (!review_line_read(&line, text, r->label, &why)) {
        if (r->c->bad_lines++ == 0)
            log_warn("%s: line %" PRIu64 " is not a line of a report: %s", r->path, number + 1,
                     why.message);
        return true;
    }
    if (!is_wanted(r->c, line.eval))
        return true;
    r->c->lines[r->side]++;
    compare_match m = {.line = line.training_line,
                       .instance = line.instance,
                       .file = name_table_number(&r->c->files, line.file),
                       .set = name_table_number(&r->c->sets, line.eval),
                       .split = name_table_number(&r->c->splits, line.split ? line.split : "")};
    add_match(r->c, r->side, m, (float)line.score);
    return true;
}

static stage *begin_report(void *ctx, const char *path, const char *label)
{
    reading *r = ctx;
    reading_names_free(r);
    r->path = xstrdup(path);
    r->label = xstrdup(label);
    return stage_lines_new(REPORT_LINE_MAX_BYTES, NULL, on_line, r);
}

static void end_report(void *ctx, const err *error)
{
    reading *r = ctx;
    if (!error)
        return;
    r->c->bad_lines++;
    log_warn("%s: the rest of the report is skipped", error->message);
}

bool comparison_add(comparison *c, size_t side, const char *path, err *e)
{
    reading r = {.c = c, .side = side};
    const report_reader reader = {.begin = begin_report, .end = end_report, .ctx = &r};
    bool ok = report_files_read(c->options->store, path, &reader, &c->reports[side], e);
    reading_names_free(&r);
    if (ok && c->reports[side] == 0)
        log_warn("%s contains no reports (*.report.jsonl, *-simple-*.jsonl)", path);
    return ok;
}

/* --- counting --- */

static int compare_matches(const void *a, const void *b, void *ctx)
{
    const comparison *c = ctx;
    const compare_match *x = a, *y = b;
    int order = strcmp(c->sets.names[x->set], c->sets.names[y->set]);
    if (order == 0)
        order = strcmp(c->files.names[x->file], c->files.names[y->file]);
    if (order != 0)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->instance != y->instance)
        return x->instance < y->instance ? -1 : 1;
    return (x->split > y->split) - (x->split < y->split);
}

static void count_match(const comparison *c, const compare_match *m, compare_counts *counts)
{
    bool in[] = {m->scores[0] >= 0, m->scores[1] >= 0};
    counts->both += in[0] && in[1];
    counts->only[0] += in[0] && !in[1];
    counts->only[1] += in[1] && !in[0];
    counts->moved += compare_is_moved(c, m);
}

static int by_document(const void *a, const void *b)
{
    const compare_match *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static void count_documents(comparison *c)
{
    qsort(c->matches, c->match_count, sizeof *c->matches, by_document);
    for (size_t i = 0; i < c->match_count;) {
        const compare_match *first = &c->matches[i];
        bool in[] = {false, false};
        for (; i < c->match_count && by_document(first, &c->matches[i]) == 0; i++)
            for (size_t side = 0; side < 2; side++)
                in[side] |= c->matches[i].scores[side] >= 0;
        c->documents[0] += in[0];
        c->documents[1] += in[1];
    }
}

void comparison_finish(comparison *c)
{
    c->by_set = xcalloc(c->sets.count + 1, sizeof *c->by_set);
    free(move(c->slots));
    if (c->match_count == 0)
        return;
    count_documents(c);
    qsort_r(c->matches, c->match_count, sizeof *c->matches, compare_matches, c);
    for (size_t i = 0; i < c->match_count; i++) {
        count_match(c, &c->matches[i], &c->total);
        count_match(c, &c->matches[i], &c->by_set[c->matches[i].set]);
    }
}
