#include "base/array.h"
#include "base/util.h"
#include "detection/evals/survey_print.h"

#include <inttypes.h>

#include "base/json/json_write.h"
#include "base/options/options.h"

#define COLUMNS_MAX 16
#define CELL_BYTES  ((size_t)1 << 16)

static const char *const part_names[SURVEY_PARTS] = {"question", "answer", "passage"};

/* --- a table of text cells --- */

typedef struct table {
    size_t columns, rows, capacity;
    char **cells;
    size_t widths[COLUMNS_MAX];
    bool is_text[COLUMNS_MAX]; /* aligned to the left */
} table;

static void table_deinit(table *t)
{
    for (size_t i = 0; i < t->rows * t->columns; i++)
        free(t->cells[i]);
    free(t->cells);
}
DEFINE_AUTO(table, table_deinit)

static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void set_cell(table *t, size_t row, size_t column, char *take_text)
{
    if ((row + 1) * t->columns > t->capacity) {
        size_t before = t->capacity;
        ARRAY_RESERVE(t->cells, t->capacity, (row + 1) * t->columns);
        memset(t->cells + before, 0, (t->capacity - before) * sizeof *t->cells);
    }
    for (unsigned char *p = (unsigned char *)take_text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    t->rows = MAX(t->rows, row + 1);
    t->cells[row * t->columns + column] = take_text;
    t->widths[column] = MAX(t->widths[column], width_of(take_text));
}

static char *count_text(uint64_t count)
{
    char text[32];
    format_count(count, text, sizeof text);
    return xstrdup(text);
}

static void table_print(const table *t, FILE *out)
{
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t c = 0; c < t->columns; c++) {
            const char *text = t->cells[row * t->columns + c];
            int pad = (int)(t->widths[c] - width_of(text ? text : ""));
            bool last = c + 1 == t->columns;
            if (t->is_text[c])
                fprintf(out, "%s%*s%s", text ? text : "", last ? 0 : pad, "", last ? "" : "  ");
            else
                fprintf(out, "%*s%s%s", pad, "", text ? text : "", last ? "" : "  ");
        }
        fputc('\n', out);
    }
}

/* --- counts --- */

typedef struct column {
    const char *name;
    size_t offset; /* of a uint64_t in survey_row */
    bool always;   /* else only where a row has one */
} column;

enum { UNREADABLE = 9 }; /* in `columns` */

static const column columns[] = {
    {"records", offsetof(survey_row, records), true},
    {"questions", offsetof(survey_row, parts), true},
    {"answers", offsetof(survey_row, parts) + sizeof(uint64_t), true},
    {"passages", offsetof(survey_row, parts) + 2 * sizeof(uint64_t), true},
    {"used", offsetof(survey_row, kept), true},
    {"too short", offsetof(survey_row, few_tokens), false},
    {"few words", offsetof(survey_row, few_words), false},
    {"duplicates", offsetof(survey_row, duplicates), false},
    {"no question", offsetof(survey_row, empty), false},
    {"unreadable", offsetof(survey_row, unreadable), false},
    {"repeated ids", offsetof(survey_row, repeated_ids), false},
};

static uint64_t value_of(const survey_row *row, const column *c)
{
    uint64_t value;
    memcpy(&value, (const char *)row + c->offset, sizeof value);
    return value;
}

static bool is_unreadable(const column *c)
{
    return c == &columns[UNREADABLE];
}

static uint64_t total_of(const survey *s, const column *c)
{
    uint64_t total = is_unreadable(c) ? s->no_set : 0;
    for (size_t i = 0; i < s->row_count; i++)
        total += value_of(&s->rows[i], c);
    return total;
}

/* Lines that are not JSON have no set. */
static void put_no_set(const survey *s, table *t, const column *const *shown, size_t count)
{
    size_t row = t->rows;
    if (s->no_set == 0)
        return;
    set_cell(t, row, 0, xstrdup("(not JSON)"));
    for (size_t c = 0; c < count; c++)
        set_cell(t, row, c + 2, count_text(is_unreadable(shown[c]) ? s->no_set : 0));
}

static void print_counts(const survey *s, FILE *out)
{
    AUTO(table) t = {.columns = 2, .is_text = {true, true}};
    const column *shown[ARRAY_LEN(columns)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        if (columns[i].always || total_of(s, &columns[i]) > 0)
            shown[count++] = &columns[i];
    t.columns += count;
    set_cell(&t, 0, 0, xstrdup("set"));
    set_cell(&t, 0, 1, xstrdup("split"));
    for (size_t c = 0; c < count; c++)
        set_cell(&t, 0, c + 2, xstrdup(shown[c]->name));
    for (size_t i = 0; i < s->row_count; i++) {
        set_cell(&t, i + 1, 0, xstrdup(s->rows[i].set));
        set_cell(&t, i + 1, 1, xstrdup(s->rows[i].split));
        for (size_t c = 0; c < count; c++)
            set_cell(&t, i + 1, c + 2, count_text(value_of(&s->rows[i], shown[c])));
    }
    put_no_set(s, &t, shown, count);
    size_t last = t.rows;
    set_cell(&t, last, 0, xstrdup("total"));
    for (size_t c = 0; c < count; c++)
        set_cell(&t, last, c + 2, count_text(total_of(s, shown[c])));
    table_print(&t, out);
}

static void print_lines(const survey *s, FILE *out)
{
    char text[32];
    const struct {
        uint64_t count;
        const char *one, *many;
    } parts[] = {{total_of(s, &columns[0]), "record", "records"},
                 {total_of(s, &columns[UNREADABLE]), "unreadable", "unreadable"},
                 {s->other_sets, "of another set", "of other sets"},
                 {s->blank, "blank or comment", "blank or comments"}};
    const char *separator = " ";
    format_count(s->lines, text, sizeof text);
    fprintf(out, "\n%s line%s:", text, s->lines == 1 ? "" : "s");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (i > 0 && parts[i].count == 0)
            continue;
        format_count(parts[i].count, text, sizeof text);
        fprintf(out, "%s%s %s", separator, text,
                parts[i].count == 1 ? parts[i].one : parts[i].many);
        separator = ", ";
    }
    fputc('\n', out);
}

/* --- lengths --- */

typedef struct summary {
    uint64_t least, median, ninety, most;
    double mean;
} summary;

static summary summary_of(const survey_lengths *l)
{
    uint64_t sum = 0;
    if (l->count == 0)
        return (summary){0};
    for (size_t i = 0; i < l->count; i++)
        sum += l->values[i];
    return (summary){.least = l->values[0],
                     .median = l->values[(l->count - 1) / 2],
                     .ninety = l->values[(l->count - 1) * 9 / 10],
                     .most = l->values[l->count - 1],
                     .mean = (double)sum / (double)l->count};
}

static void put_lengths(table *t, const survey_row *r, size_t part)
{
    summary x = summary_of(&r->lengths[part]);
    size_t row = t->rows;
    if (r->lengths[part].count == 0)
        return;
    set_cell(t, row, 0, xstrdup(r->set));
    set_cell(t, row, 1, xstrdup(r->split));
    set_cell(t, row, 2, xstrdup(part_names[part]));
    set_cell(t, row, 3, count_text(r->lengths[part].count));
    set_cell(t, row, 4, count_text(x.least));
    set_cell(t, row, 5, count_text(x.median));
    set_cell(t, row, 6, xasprintf("%.1f", x.mean));
    set_cell(t, row, 7, count_text(x.ninety));
    set_cell(t, row, 8, count_text(x.most));
}

static void print_lengths(const survey *s, FILE *out)
{
    static const char *const names[] = {"set",    "split", "part", "records", "least",
                                        "median", "mean",  "90 %", "most"};
    AUTO(table) t = {.columns = ARRAY_LEN(names), .is_text = {true, true, true}};
    for (size_t c = 0; c < ARRAY_LEN(names); c++)
        set_cell(&t, 0, c, xstrdup(names[c]));
    for (size_t i = 0; i < s->row_count; i++)
        for (size_t part = 0; part < SURVEY_PARTS; part++)
            put_lengths(&t, &s->rows[i], part);
    fprintf(out, "\nTokens of the records that are used\n");
    table_print(&t, out);
}

void survey_print(const survey *s, const char *dir, bool stats, FILE *out)
{
    fprintf(out, "Evaluation sets of %s: %zu file%s\n\n", dir, s->files.count,
            s->files.count == 1 ? "" : "s");
    print_counts(s, out);
    print_lines(s, out);
    if (stats)
        print_lengths(s, out);
}

/* --- JSON --- */

static void put_json_lengths(const survey_row *r, buf *out)
{
    AUTO(buf) parts = BUF(CELL_BYTES);
    for (size_t part = 0; part < SURVEY_PARTS; part++) {
        AUTO(buf) one = BUF(CELL_BYTES);
        summary x = summary_of(&r->lengths[part]);
        json_member_unsigned(&one, "least", x.least);
        json_member_float(&one, "mean", (float)x.mean);
        json_member_unsigned(&one, "median", x.median);
        json_member_unsigned(&one, "most", x.most);
        json_member_unsigned(&one, "ninety_percent", x.ninety);
        json_member_unsigned(&one, "records", r->lengths[part].count);
        json_close(&one);
        json_key(&parts, part_names[part]);
        buf_append_slice(&parts, buf_slice(&one));
    }
    json_close(&parts);
    json_key(out, "lengths");
    buf_append_slice(out, buf_slice(&parts));
}

static void print_json_row(const survey_row *r, FILE *out)
{
    AUTO(buf) one = BUF((size_t)64 << 20);
    json_member_unsigned(&one, "answers", r->parts[SURVEY_ANSWER]);
    json_member_unsigned(&one, "duplicates", r->duplicates);
    json_member_unsigned(&one, "few_tokens", r->few_tokens);
    json_member_unsigned(&one, "few_words", r->few_words);
    put_json_lengths(r, &one);
    json_member_unsigned(&one, "no_question", r->empty);
    json_member_unsigned(&one, "passages", r->parts[SURVEY_PASSAGE]);
    json_member_unsigned(&one, "questions", r->parts[SURVEY_QUESTION]);
    json_member_unsigned(&one, "records", r->records);
    json_member_unsigned(&one, "repeated_ids", r->repeated_ids);
    json_member_string(&one, "set", slice_from(r->set));
    json_member_string(&one, "split", slice_from(r->split));
    json_member_unsigned(&one, "unreadable", r->unreadable);
    json_member_unsigned(&one, "used", r->kept);
    json_close(&one);
    fwrite(buf_str(&one), 1, one.len, out);
}

void survey_print_json(const survey *s, const char *dir, FILE *out)
{
    AUTO(buf) head = BUF((size_t)1 << 20);
    json_member_unsigned(&head, "blank", s->blank);
    json_member_string(&head, "dir", slice_from(dir));
    json_member_unsigned(&head, "faults", s->faults);
    json_member_unsigned(&head, "files", s->files.count);
    json_member_unsigned(&head, "lines", s->lines);
    json_member_unsigned(&head, "not_json", s->no_set);
    json_member_unsigned(&head, "other_sets", s->other_sets);
    json_key(&head, "sets");
    fprintf(out, "%s[", buf_str(&head));
    for (size_t i = 0; i < s->row_count; i++) {
        if (i > 0)
            fputc(',', out);
        print_json_row(&s->rows[i], out);
    }
    fputs("]}\n", out);
}
