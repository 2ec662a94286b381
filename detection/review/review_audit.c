#include "base/util.h"
#include "detection/review/review_audit.h"

#include <inttypes.h>

#include "base/array.h"
#include "base/json/json_write.h"
#include "base/options/options.h"
#include "detection/reports/report_name.h"

#define ROWS_SHOWN    40
#define LEAKED_SHOWN  10
#define NAME_COLUMNS  34
#define SPLIT_COLUMNS 12

void review_audit_deinit(review_audit *a)
{
    free(a->counts);
    *a = (review_audit){0};
}

static bool has_count(const review_audit *a, const char *set, const char *split)
{
    for (size_t i = 0; i < a->count; i++)
        if (str_equal(a->counts[i].set, set) && str_equal(a->counts[i].split, split))
            return true;
    return false;
}

/* A set and split of the scan's record; those without a match are not in the table. */
static void add_set(void *ctx, const char *set, const char *split)
{
    review_audit *a = ctx;
    if (has_count(a, set, split))
        return;
    name_table *sets = &a->questions->sets, *splits = &a->questions->splits;
    const char *own_set = sets->names[name_table_number(sets, set)];
    const char *own_split = splits->names[name_table_number(splits, split)];
    *ARRAY_ADD(a->counts, a->count) = (question_count){.set = own_set, .split = own_split};
}

static int by_names(const void *a, const void *b)
{
    const question_count *x = a, *y = b;
    int order = strcmp(x->set, y->set);
    return order ? order : strcmp(x->split, y->split);
}

static void add_facts(review_audit *a, const report_store *store, const char *dir)
{
    AUTO(run_facts) f = {0};
    run_facts_read(&f, store, dir);
    a->files += f.files;
    a->lines += f.lines;
    run_facts_each_set(&f, add_set, a);
    for (size_t i = 0; i < a->count; i++)
        if (a->counts[i].known == 0)
            a->counts[i].known = run_facts_questions(&f, a->counts[i].set, a->counts[i].split);
}

void review_audit_fill(review_audit *a, question_table *questions, const report_store *store,
                       char *const *dirs)
{
    *a = (review_audit){.questions = questions, .evals = a->evals};
    question_table_sort(questions);
    a->counts = question_table_count(questions, &a->count);
    for (size_t i = 0; dirs[i]; i++)
        add_facts(a, store, dirs[i]);
    if (a->count > 1)
        qsort(a->counts, a->count, sizeof *a->counts, by_names);
}

static bool is_listed(const review_audit *a, const question_count *c)
{
    return c->found > 0 || name_fits(a->evals, c->set);
}

/* --- the terminal --- */

static void put_checked(const review_audit *a, uint64_t contaminated, painter *p)
{
    char lines[32], files[32];
    if (a->lines == 0)
        return;
    format_count(a->lines, lines, sizeof lines);
    format_count(a->files, files, sizeof files);
    paint_printf(p, STYLE_PLAIN, "%s documents in %s files were checked, %.3f %% are contaminated",
                 lines, files, (double)contaminated * 100 / (double)a->lines);
    paint_newline(p);
}

static void put_cut(painter *p, const char *text, size_t columns)
{
    AUTO_FREE char *cut = xstrndup(text, paint_fit(text, columns));
    paint_text(p, STYLE_PLAIN, cut);
}

/* Of the longest name. */
static size_t name_columns(const review_audit *a)
{
    size_t columns = 0;
    for (size_t i = 0; i < a->count; i++)
        if (is_listed(a, &a->counts[i]))
            columns = MAX(columns, paint_columns(a->counts[i].set));
    return MIN(columns, (size_t)NAME_COLUMNS);
}

static void put_count(painter *p, const question_count *c, size_t columns)
{
    paint_text(p, STYLE_PLAIN, "  ");
    put_cut(p, c->set, columns);
    paint_pad(p, columns + 4);
    put_cut(p, c->split, SPLIT_COLUMNS);
    paint_pad(p, columns + SPLIT_COLUMNS + 6);
    paint_printf(p, STYLE_BOLD, "%" PRIu64, c->found);
    if (c->known > 0)
        paint_printf(p, STYLE_FAINT, " of %" PRIu64 " question%s, %.2f %%", c->known,
                     plural_s(c->known), (double)c->found * 100 / (double)c->known);
    paint_newline(p);
}

static void put_counts(const review_audit *a, painter *p)
{
    size_t shown = 0, found = 0, columns = name_columns(a);
    paint_newline(p);
    paint_text(p, STYLE_BOLD, "Questions found, by evaluation set and split");
    paint_newline(p);
    for (size_t i = 0; i < a->count; i++) {
        found += is_listed(a, &a->counts[i]);
        if (is_listed(a, &a->counts[i]) && shown < ROWS_SHOWN) {
            put_count(p, &a->counts[i], columns);
            shown++;
        }
    }
    if (found > shown)
        paint_printf(p, STYLE_FAINT, "  and %zu more sets", found - shown);
    if (found > shown)
        paint_newline(p);
}

/* The most documents first. */
static const audit_question *next_leaked(const question_table *t, const audit_question *last)
{
    const audit_question *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const audit_question *q = &t->each[i];
        bool comes_later = !last || q->documents < last->documents ||
                           (q->documents == last->documents && q > last);
        if (q->documents > 1 && comes_later && (!best || q->documents > best->documents))
            best = q;
    }
    return best;
}

static void put_leaked(const review_audit *a, painter *p)
{
    const question_table *t = a->questions;
    const audit_question *q = next_leaked(t, NULL);
    if (!q)
        return;
    paint_newline(p);
    paint_text(p, STYLE_BOLD, "Questions found in most documents");
    paint_newline(p);
    for (size_t n = 0; q && n < LEAKED_SHOWN; n++, q = next_leaked(t, q)) {
        AUTO(buf) name = BUF((size_t)1 << 20);
        buf_printf(&name, "%s %s%s#%" PRIu64, t->sets.names[q->set], t->splits.names[q->split],
                   *t->splits.names[q->split] ? " " : "", q->instance);
        paint_text(p, STYLE_PLAIN, "  ");
        put_cut(p, buf_str(&name), NAME_COLUMNS + SPLIT_COLUMNS);
        paint_pad(p, NAME_COLUMNS + SPLIT_COLUMNS + 6);
        paint_printf(p, STYLE_BOLD, "%" PRIu64, q->documents);
        paint_text(p, STYLE_FAINT, " documents");
        paint_newline(p);
    }
}

/* --- source folders --- */

typedef struct folder_count {
    const char *name;
    uint64_t documents;
} folder_count;

/* The part of a file's name before its last slash; malloc'ed. */
static char *folder_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? xstrndup(name, (size_t)(slash - name)) : xstrdup(".");
}

static int most_documents_first(const void *a, const void *b)
{
    const folder_count *x = a, *y = b;
    if (x->documents != y->documents)
        return x->documents > y->documents ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void put_folder(painter *p, const folder_count *f)
{
    paint_text(p, STYLE_PLAIN, "  ");
    put_cut(p, f->name, NAME_COLUMNS + SPLIT_COLUMNS);
    paint_pad(p, NAME_COLUMNS + SPLIT_COLUMNS + 6);
    paint_printf(p, STYLE_BOLD, "%" PRIu64, f->documents);
    paint_text(p, STYLE_FAINT, f->documents == 1 ? " document" : " documents");
    paint_newline(p);
}

static void put_folders(const review *r, painter *p)
{
    AUTO(name_table) names = {0};
    AUTO_FREE folder_count *folders = xcalloc(r->file_count + 1, sizeof *folders);
    for (size_t i = 0; i < r->file_count; i++) {
        AUTO_FREE char *name = folder_of(r->files[i].name);
        folders[name_table_number(&names, name)].documents += r->files[i].documents;
    }
    for (size_t i = 0; i < names.count; i++)
        folders[i].name = names.names[i];
    qsort(folders, names.count, sizeof *folders, most_documents_first);
    paint_newline(p);
    paint_text(p, STYLE_BOLD, "Contaminated documents by source folder");
    paint_newline(p);
    for (size_t i = 0; i < MIN(names.count, (size_t)ROWS_SHOWN); i++)
        put_folder(p, &folders[i]);
}

void review_audit_print(const review_audit *a, const review *r, painter *p)
{
    put_checked(a, r->documents, p);
    put_counts(a, p);
    put_leaked(a, p);
    put_folders(r, p);
}

/* --- JSON --- */

void review_audit_json(const review_audit *a, buf *json)
{
    bool any = false;
    json_member_unsigned(json, "checked_files", a->files);
    json_member_unsigned(json, "checked_lines", a->lines);
    json_key(json, "questions");
    for (size_t i = 0; i < a->count; i++) {
        AUTO(buf) one = BUF((size_t)1 << 20);
        if (!is_listed(a, &a->counts[i]))
            continue;
        json_member_unsigned(&one, "found", a->counts[i].found);
        json_member_unsigned(&one, "known", a->counts[i].known);
        json_member_string(&one, "set", slice_from(a->counts[i].set));
        json_member_string(&one, "split", slice_from(a->counts[i].split));
        json_close(&one);
        buf_append_char(json, any ? ',' : '[');
        buf_append_slice(json, buf_slice(&one));
        any = true;
    }
    buf_append_str(json, any ? "]" : "[]");
}
