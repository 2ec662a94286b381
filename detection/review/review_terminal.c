#include "base/util.h"
#include "detection/review/review_terminal.h"

#include <inttypes.h>

#include "base/json/json_write.h"
#include "detection/review/review_audit.h"
#include "detection/review/terminal_text.h"

#define NAME_COLUMNS_MAX 34
#define BAR_COLUMNS_MAX  40
#define SETS_SHOWN       40
#define FILES_SHOWN      10
#define INDENT           14

/* --- bars --- */

/* `value` of `most` as a bar of up to `columns` columns: eighths of a block, at least one. */
static void put_bar(painter *p, const review_look *look, uint64_t value, uint64_t most,
                    size_t columns)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    uint64_t parts = most > 0 ? (uint64_t)((double)value / (double)most * (double)columns * 8) : 0;
    if (parts == 0 && value > 0)
        parts = 1;
    if (!look->blocks)
        parts = (parts + 7) / 8 * 8;
    for (uint64_t i = 0; i < parts / 8; i++)
        paint_text(p, STYLE_BAR, look->blocks ? "█" : "#");
    paint_text(p, STYLE_BAR, eighths[parts % 8]);
}

typedef struct row {
    const char *name;
    uint64_t value;
    char *note;
} row;

static size_t bar_columns(const review_look *look, size_t name_columns)
{
    size_t rest = look->width > name_columns + 46 ? look->width - name_columns - 46 : 8;
    return MIN(rest, BAR_COLUMNS_MAX);
}

static void put_name(painter *p, const char *name, size_t columns)
{
    if (paint_columns(name) <= columns) {
        paint_text(p, STYLE_PLAIN, name);
        return;
    }
    AUTO_FREE char *cut = xstrndup(name, paint_fit(name, columns - 1));
    paint_text(p, STYLE_PLAIN, cut);
    paint_text(p, STYLE_PLAIN, "…");
}

static void put_rows(painter *p, const review_look *look, const row *rows, size_t count)
{
    size_t name_columns = 8;
    uint64_t most = 0;
    for (size_t i = 0; i < count; i++) {
        name_columns = MAX(name_columns, MIN(paint_columns(rows[i].name), NAME_COLUMNS_MAX));
        most = MAX(most, rows[i].value);
    }
    for (size_t i = 0; i < count; i++) {
        paint_text(p, STYLE_PLAIN, "  ");
        put_name(p, rows[i].name, name_columns);
        paint_pad(p, name_columns + 4);
        put_bar(p, look, rows[i].value, most, bar_columns(look, name_columns));
        paint_printf(p, STYLE_BOLD, " %" PRIu64, rows[i].value);
        paint_printf(p, STYLE_FAINT, "  %s", rows[i].note);
        paint_newline(p);
    }
}

static void put_heading(painter *p, const char *text)
{
    paint_newline(p);
    paint_text(p, STYLE_BOLD, text);
    paint_newline(p);
}

static void put_more(painter *p, size_t count, const char *what)
{
    if (count == 0)
        return;
    paint_printf(p, STYLE_FAINT, "  and %zu more %s", count, what);
    paint_newline(p);
}

static void free_rows(row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(rows[i].note);
    free(rows);
}

static char *documents_of(const review_count *c)
{
    return xasprintf("in %" PRIu64 " document%s", c->documents, c->documents == 1 ? "" : "s");
}

static void put_sets(painter *p, const review *r, const review_look *look)
{
    size_t count = MIN(r->set_count, SETS_SHOWN);
    row *rows = xcalloc(count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const review_set *s = &r->sets[i];
        AUTO_FREE char *documents = documents_of(&s->count);
        rows[i] = (row){.name = s->count.name,
                        .value = s->count.matches,
                        .note = xasprintf("%s, best score %.3f", documents, s->best_score)};
    }
    put_heading(p, "Matches by evaluation set");
    put_rows(p, look, rows, count);
    put_more(p, r->set_count - count, "sets");
    free_rows(rows, count);
}

static void put_files(painter *p, const review *r, const review_look *look)
{
    size_t count = MIN(r->file_count, FILES_SHOWN);
    row *rows = xcalloc(count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = (row){.name = r->files[i].name,
                        .value = r->files[i].matches,
                        .note = documents_of(&r->files[i])};
    put_heading(p, "Matches by training file");
    put_rows(p, look, rows, count);
    put_more(p, r->file_count - count, "files");
    free_rows(rows, count);
}

static void put_bands(painter *p, const review *r, const review_look *look)
{
    row *rows = xcalloc(REVIEW_BANDS, sizeof *rows);
    for (size_t i = 0; i < REVIEW_BANDS; i++)
        rows[i] = (row){
            .name = review_band_name(i),
            .value = r->bands[i],
            .note = xasprintf("%.0f%%",
                              r->matches > 0 ? (double)r->bands[i] * 100 / (double)r->matches : 0)};
    put_heading(p, "Matches by score");
    put_rows(p, look, rows, REVIEW_BANDS);
    free_rows(rows, REVIEW_BANDS);
}

/* --- examples --- */

static void put_label(painter *p, const char *label)
{
    paint_text(p, STYLE_PLAIN, "  ");
    paint_text(p, STYLE_FAINT, label);
    paint_pad(p, INDENT);
}

static void put_field(painter *p, const char *label, paint_style style, const char *text)
{
    if (!text || !*text)
        return;
    put_label(p, label);
    paint_words(p, style, text);
    paint_newline(p);
}

static void put_overlap(painter *p, const review_example *x)
{
    static const struct {
        paint_style style;
        const char *open, *close;
    } looks[] = {
        [MARK_AROUND] = {STYLE_PLAIN, "", ""},
        [MARK_PASSAGE] = {STYLE_PASSAGE, "⟨", "⟩"},
        [MARK_QUESTION] = {STYLE_QUESTION, "【", "】"},
        [MARK_ANSWER] = {STYLE_ANSWER, "⟦", "⟧"},
    };
    if (x->part_count == 0)
        return;
    put_label(p, "in training");
    for (size_t i = 0; i < x->part_count; i++) {
        const review_part *part = &x->parts[i];
        AUTO_FREE char *text = p->color ? xstrdup(part->text)
                                        : xasprintf("%s%s%s", looks[part->kind].open, part->text,
                                                    looks[part->kind].close);
        size_t blanks = p->color ? strspn(text, " ") : 0; /* not highlighted */
        if (blanks > 0)
            paint_words(p, STYLE_PLAIN, " ");
        paint_words(p, looks[part->kind].style, text + blanks);
    }
    paint_newline(p);
}

static void put_origin(painter *p, const review_example *x)
{
    paint_printf(p, STYLE_BOLD, "  %.3f", x->score);
    paint_pad(p, INDENT - 2);
    paint_printf(p, STYLE_PLAIN, "  %s", x->file);
    paint_printf(p, STYLE_PLAIN, ", line %" PRIu64, x->training_line + 1);
    paint_text(p, STYLE_FAINT, "  contains ");
    if (x->split)
        paint_printf(p, STYLE_PLAIN, "%s ", x->split);
    paint_printf(p, STYLE_PLAIN, "#%" PRIu64, x->instance);
    if (x->reference)
        paint_printf(p, STYLE_FAINT, " (%s, line %" PRIu64 ")", x->reference, x->eval_line + 1);
    paint_newline(p);
}

static void put_example(painter *p, const review_example *x)
{
    AUTO(buf) words = BUF(1024);
    put_origin(p, x);
    put_field(p, "question", STYLE_PLAIN, x->question);
    put_field(p, "answer", STYLE_PLAIN, x->answer);
    put_field(p, "passage", STYLE_PLAIN, x->passage);
    put_overlap(p, x);
    buf_printf(&words, "question %.0f%% (%" PRIu64 " of %" PRIu64 " n-grams)",
               MAX(x->question_overlap, 0) * 100, x->matched_ngrams, x->ngrams);
    if (x->answer_overlap >= 0)
        buf_printf(&words, ", answer %.0f%%", x->answer_overlap * 100);
    if (x->passage_overlap >= 0)
        buf_printf(&words, ", passage %.0f%%", x->passage_overlap * 100);
    if (x->is_correct == 0)
        buf_append_str(&words, "; the record is a wrong answer");
    put_field(p, "found", STYLE_FAINT, buf_str(&words));
    paint_newline(p);
}

static void put_examples(painter *p, const review_set *s)
{
    if (s->top_count == 0)
        return;
    paint_newline(p);
    paint_text(p, STYLE_BOLD, s->count.name);
    paint_printf(p, STYLE_FAINT, "  %zu of %" PRIu64 " match%s, the best first", s->top_count,
                 s->count.matches, s->count.matches == 1 ? "" : "es");
    paint_newline(p);
    for (size_t i = 0; i < s->top_count; i++)
        put_example(p, s->top[i]);
}

static void put_legend(painter *p)
{
    if (!p->color)
        return;
    paint_newline(p);
    paint_text(p, STYLE_PLAIN, "In training text: ");
    paint_text(p, STYLE_QUESTION, " question ");
    paint_text(p, STYLE_PLAIN, " ");
    paint_text(p, STYLE_ANSWER, " answer ");
    paint_text(p, STYLE_PLAIN, " ");
    paint_text(p, STYLE_PASSAGE, " passage ");
    paint_newline(p);
}

static void put_totals(painter *p, const review *r, const review_look *look)
{
    paint_printf(p, STYLE_BOLD, "%" PRIu64 " match%s in %" PRIu64 " document%s", r->matches,
                 r->matches == 1 ? "" : "es", r->documents, r->documents == 1 ? "" : "s");
    paint_printf(p, STYLE_PLAIN,
                 " of %zu training file%s, %zu evaluation set%s, %" PRIu64 " report%s",
                 r->file_count, r->file_count == 1 ? "" : "s", r->set_count,
                 r->set_count == 1 ? "" : "s", r->reports, r->reports == 1 ? "" : "s");
    if (r->filtered_out > 0)
        paint_printf(p, STYLE_FAINT, " (%" PRIu64 " excluded by filters)", r->filtered_out);
    if (r->suppressed > 0)
        paint_printf(p, STYLE_FAINT, " (%" PRIu64 " judged to be false)", r->suppressed);
    paint_newline(p);
    if (look->stats) {
        paint_printf(p, STYLE_PLAIN, "%" PRIu64 " distinct question%s found", r->instances,
                     r->instances == 1 ? "" : "s");
        paint_newline(p);
    }
}

static void flush(painter *p, FILE *out)
{
    fwrite(buf_str(&p->out), 1, p->out.len, out);
    buf_clear(&p->out);
}

void review_print_example(const review_set *s, const review_example *x, const review_look *look,
                          FILE *out)
{
    AUTO(painter) p = {0};
    paint_init(&p, look->width, look->color);
    p.indent = INDENT;
    paint_text(&p, STYLE_BOLD, s->count.name);
    paint_newline(&p);
    put_example(&p, x);
    flush(&p, out);
}

static bool shows_examples(const review_look *look)
{
    return !look->stats && !look->dumped;
}

void review_print(const review *r, const review_look *look, FILE *out)
{
    AUTO(painter) p = {0};
    paint_init(&p, look->width, look->color);
    p.indent = INDENT;
    put_totals(&p, r, look);
    if (r->matches > 0) {
        put_sets(&p, r, look);
        if (look->audit)
            review_audit_print(look->audit, r, &p);
        put_bands(&p, r, look);
        put_files(&p, r, look);
        if (shows_examples(look))
            put_legend(&p);
    }
    flush(&p, out);
    for (size_t i = 0; shows_examples(look) && i < r->set_count; i++) {
        put_examples(&p, &r->sets[i]);
        flush(&p, out);
    }
}

/* --- JSON --- */

static void put_json_count(buf *out, const review_count *c)
{
    json_member_int(out, "documents", (int64_t)c->documents);
    json_member_int(out, "matches", (int64_t)c->matches);
    json_member_string(out, "name", slice_from(c->name));
}

static void put_json_text(buf *out, const char *key, const char *text)
{
    if (text)
        json_member_string(out, key, slice_from(text));
}

static void put_json_example(buf *out, const review_example *x)
{
    AUTO(buf) one = BUF((size_t)1 << 20);
    put_json_text(&one, "answer", x->answer);
    json_member_int(&one, "eval_instance_index", (int64_t)x->instance);
    json_member_int(&one, "eval_line", (int64_t)x->eval_line);
    json_member_string(&one, "file", slice_from(x->file));
    put_json_text(&one, "passage", x->passage);
    put_json_text(&one, "question", x->question);
    put_json_text(&one, "reference_file", x->reference);
    json_member_string(&one, "report", slice_from(x->report));
    json_member_float(&one, "score", (float)x->score);
    put_json_text(&one, "split", x->split);
    json_member_int(&one, "training_line", (int64_t)x->training_line);
    json_close(&one);
    buf_append_slice(out, buf_slice(&one));
}

static void print_json_set(const review_set *s, bool first, FILE *out)
{
    AUTO(buf) one = BUF((size_t)256 << 20);
    json_member_float(&one, "best_score", (float)s->best_score);
    json_member_int(&one, "documents", (int64_t)s->count.documents);
    json_key(&one, "examples");
    for (size_t i = 0; i < s->top_count; i++) {
        buf_append_char(&one, i == 0 ? '[' : ',');
        put_json_example(&one, s->top[i]);
    }
    buf_append_str(&one, s->top_count == 0 ? "[]" : "]");
    json_member_int(&one, "instances", (int64_t)s->instances);
    json_member_int(&one, "matches", (int64_t)s->count.matches);
    json_member_string(&one, "name", slice_from(s->count.name));
    json_close(&one);
    fprintf(out, "%s%s", first ? "" : ",", buf_str(&one));
}

void review_print_json(const review *r, const review_audit *audit, FILE *out)
{
    fprintf(out, "{\"bad_lines\":%" PRIu64 ",\"documents\":%" PRIu64 ",\"evals\":[", r->bad_lines,
            r->documents);
    for (size_t i = 0; i < r->set_count; i++)
        print_json_set(&r->sets[i], i == 0, out);
    fprintf(out, "],\"files\":[");
    for (size_t i = 0; i < r->file_count; i++) {
        AUTO(buf) one = BUF((size_t)1 << 20);
        put_json_count(&one, &r->files[i]);
        json_close(&one);
        fprintf(out, "%s%s", i == 0 ? "" : ",", buf_str(&one));
    }
    fprintf(out,
            "],\"filtered_out\":%" PRIu64 ",\"instances\":%" PRIu64 ",\"matches\":%" PRIu64
            ",\"reports\":%" PRIu64 ",\"suppressed\":%" PRIu64,
            r->filtered_out, r->instances, r->matches, r->reports, r->suppressed);
    if (audit) {
        AUTO(buf) members = BUF((size_t)256 << 20);
        review_audit_json(audit, &members);
        fprintf(out, ",%s", buf_str(&members) + 1);
    }
    fputs("}\n", out);
}
