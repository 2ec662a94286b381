/* --help: the table, wrapped at 80 columns. */
#include "base/util.h"
#include "base/options/options_internal.h"

enum { WIDTH = 80, HELP_COLUMN = 30, TEXT_MAX_BYTES = 1 << 16 };

/* Writes `text` wrapped into the columns from `indent` on. The first line begins at `column`; a
 * newline in the text begins a new line. */
static void wrap(FILE *out, const char *text, size_t indent, size_t column)
{
    bool line_empty = true;
    while (*text) {
        size_t len = strcspn(text, " \n");
        if (!line_empty && column + 1 + len > WIDTH) {
            fputc('\n', out);
            column = 0;
            line_empty = true;
        }
        if (len > 0) {
            size_t blanks = line_empty ? indent - MIN(indent, column) : 1;
            fprintf(out, "%*s%.*s", (int)blanks, "", (int)len, text);
            column += blanks + len;
            line_empty = false;
        }
        text += len;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
            line_empty = true;
        }
        text += *text != '\0';
    }
    if (!line_empty)
        fputc('\n', out);
}

static void append_flag(const option *row, buf *out)
{
    AUTO_FREE char *flag = option_flag_text(row->key);
    bool is_bool = row->type == OPTION_BOOL;
    bool on_by_default = is_bool && row->fallback && str_equal(row->fallback, "true");
    if (row->letter)
        buf_printf(out, "  -%c, ", row->letter);
    else
        buf_append_str(out, "      ");
    buf_printf(out, "%s%s", on_by_default ? "--[no-]" : "--", flag + 2);
    if (!is_bool) {
        buf_append_char(out, ' ');
        option_append_metavar(row, out);
    }
}

static void append_detail(buf *out, const char *what, const buf *words)
{
    if (words->len > 0)
        buf_printf(out, " %s: %s.", what, buf_str(words));
}

static void append_names(const option *row, buf *out)
{
    if (row->environment)
        buf_printf(out, " Environment: %s.", row->environment);
    if (row->alias && (row->flags & OPTION_KEY_ONLY)) {
        buf_printf(out, " Also: %s.", row->alias);
    } else if (row->alias) {
        AUTO_FREE char *flag = option_flag_text(row->alias);
        buf_printf(out, " Also: %s.", flag);
    }
}

static void append_text(const option *row, buf *out)
{
    AUTO(buf) fallback = BUF(TEXT_MAX_BYTES);
    AUTO(buf) allowed = BUF(TEXT_MAX_BYTES);
    /* Omits allowed values that the flag's form already shows: --[no-]x, --y a|b|c. */
    if (row->type != OPTION_BOOL)
        option_append_default(row, &fallback);
    bool in_metavar = row->type == OPTION_ENUM && !row->metavar;
    if (row->type != OPTION_BOOL && !in_metavar && !(row->flags & OPTION_ACCEPTED))
        option_append_allowed(row, &allowed);
    buf_append_str(out, row->help ? row->help : "");
    append_detail(out, "Default", &fallback);
    append_detail(out, "Allowed", &allowed);
    if (row->type == OPTION_LIST)
        buf_append_str(out, " May be repeated.");
    if (row->flags & OPTION_REQUIRED)
        buf_append_str(out, " Required.");
    append_names(row, out);
    if (row->flags & OPTION_KEY_ONLY)
        buf_append_str(out, " Configuration file only.");
    if (row->flags & OPTION_ACCEPTED)
        buf_append_str(out, " Accepted for compatibility, without effect here.");
}

static void print_row(const option *row, FILE *out)
{
    AUTO(buf) left = BUF(TEXT_MAX_BYTES);
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    if (row->flags & OPTION_KEY_ONLY)
        buf_printf(&left, "      %s", row->key);
    else
        append_flag(row, &left);
    append_text(row, &text);
    size_t column = left.len;
    fputs(buf_str(&left), out);
    if (column + 2 > HELP_COLUMN) {
        fputc('\n', out);
        column = 0;
    }
    if (text.len > 0)
        wrap(out, buf_str(&text), HELP_COLUMN, column);
    else if (column > 0)
        fputc('\n', out);
}

/* "Usage: " and the usage lines, aligned. */
static void print_usage(const option_set *set, FILE *out)
{
    const char *line = set->usage ? set->usage : set->program;
    const char *before = "Usage: ";
    while (*line) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "%s%.*s\n", before, (int)len, line);
        before = "       ";
        line += len + (line[len] == '\n');
    }
}

void options_help(const option_set *set, FILE *out)
{
    const char *section = NULL, *printed = NULL;
    print_usage(set, out);
    if (set->intro) {
        fputc('\n', out);
        wrap(out, set->intro, 0, 0);
    }
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        section = row->section ? row->section : section;
        if (row->flags & OPTION_HIDDEN)
            continue;
        const char *heading = section ? section : "Options";
        if (!str_equal(heading, printed))
            fprintf(out, "\n%s:\n", heading);
        printed = heading;
        print_row(row, out);
    }
    if (set->epilogue)
        fprintf(out, "\n%s%s", set->epilogue, str_ends_with(set->epilogue, "\n") ? "" : "\n");
}
