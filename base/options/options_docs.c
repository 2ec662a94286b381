/* The table of options as a reference in Markdown, and as a commented configuration file. */
#include "base/util.h"
#include "base/options/options_internal.h"

enum { TEXT_MAX_BYTES = 1 << 16 };

/* --- Markdown ------------------------------------------------------------------------------- */

/* A table cell, with `|` escaped. `code`: in back quotes, unless it is empty. */
static void print_cell(FILE *out, const char *text, bool code)
{
    const char *quote = code && *text ? "`" : "";
    fprintf(out, " %s", quote);
    for (const char *p = text; *p; p++) {
        if (*p == '|')
            fputc('\\', out);
        fputc(*p == '\n' ? ' ' : *p, out);
    }
    fprintf(out, "%s |", quote);
}

static void print_flags(const option *row, FILE *out)
{
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    const char *const keys[] = {row->key, row->alias};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!keys[i] || (row->flags & OPTION_KEY_ONLY))
            continue;
        AUTO_FREE char *flag = option_flag_text(keys[i]);
        buf_printf(&text, "%s`%s`", text.len > 0 ? ", " : "", flag);
    }
    if (row->letter)
        buf_printf(&text, ", `-%c`", row->letter);
    print_cell(out, buf_str(&text), false);
}

static void print_keys(const option *row, FILE *out)
{
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    if (!(row->flags & OPTION_FLAG_ONLY))
        buf_printf(&text, "`%s`%s%s%s", row->key, row->alias ? ", `" : "",
                   row->alias ? row->alias : "", row->alias ? "`" : "");
    print_cell(out, buf_str(&text), false);
}

static void print_meaning(const option *row, FILE *out)
{
    AUTO_FREE char *text = xasprintf(
        "%s%s%s", row->help ? row->help : "", row->flags & OPTION_REQUIRED ? " Required." : "",
        row->flags & OPTION_ACCEPTED ? " Accepted for compatibility, without effect." : "");
    print_cell(out, text, false);
}

static void print_markdown_row(const option *row, FILE *out)
{
    AUTO(buf) fallback = BUF(TEXT_MAX_BYTES);
    AUTO(buf) allowed = BUF(TEXT_MAX_BYTES);
    option_append_default(row, &fallback);
    if (row->type == OPTION_BOOL)
        buf_append_str(&allowed, "true, false");
    else if (!(row->flags & OPTION_ACCEPTED))
        option_append_allowed(row, &allowed);
    fputc('|', out);
    print_keys(row, out);
    print_flags(row, out);
    print_cell(out, buf_str(&fallback), true);
    print_cell(out, buf_str(&allowed), false);
    print_cell(out, row->environment ? row->environment : "", true);
    print_meaning(row, out);
    fputc('\n', out);
}

static void print_markdown_head(const char *section, bool first, FILE *out)
{
    fprintf(out, "%s### %s\n\n", first ? "" : "\n", section);
    fputs("| Key | Flag | Default | Allowed | Environment | Meaning |\n"
          "| --- | --- | --- | --- | --- | --- |\n",
          out);
}

void options_markdown(const option_set *set, FILE *out)
{
    const char *section = NULL, *printed = NULL;
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        section = row->section ? row->section : section;
        if (row->flags & OPTION_HIDDEN)
            continue;
        const char *heading = section ? section : "Options";
        if (!str_equal(heading, printed))
            print_markdown_head(heading, printed == NULL, out);
        printed = heading;
        print_markdown_row(row, out);
    }
}

/* --- YAML ----------------------------------------------------------------------------------- */

/* Words that YAML readers do not take as strings. */
static bool is_reserved_word(const char *text)
{
    static const char *const words[] = {"~",     "null", "Null", "NULL", "true",
                                        "false", "yes",  "no",   "on",   "off"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_equal(text, words[i]))
            return true;
    return false;
}

static bool is_plain(const option *row, const char *text)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                               "_./:+-";
    bool is_text = row->type == OPTION_STRING || row->type == OPTION_LIST;
    size_t len = strlen(text);
    if (len == 0 || strspn(text, safe) != len || text[len - 1] == ':' || *text == ':')
        return false;
    return !is_text || (*text != '-' && !is_reserved_word(text));
}

/* A scalar: plain if that is safe, otherwise in double quotes. Bytes from 0x80 on are written
 * unchanged (the file is UTF-8). */
static void print_scalar(const option *row, const char *text, FILE *out)
{
    if (is_plain(row, text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(out, "\\x%02x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
}

/* One line: the row's help, then its allowed values. */
static void print_comment(const option *row, FILE *out)
{
    AUTO(buf) allowed = BUF(TEXT_MAX_BYTES);
    if (row->type != OPTION_BOOL && !(row->flags & OPTION_ACCEPTED))
        option_append_allowed(row, &allowed);
    fprintf(out, "# %s", row->help ? row->help : row->key);
    if (allowed.len > 0)
        fprintf(out, " Allowed: %s.", buf_str(&allowed));
    if (row->environment)
        fprintf(out, " Environment: %s.", row->environment);
    if (row->alias)
        fprintf(out, " Also: %s.", row->alias);
    if (row->flags & OPTION_REQUIRED)
        fputs(" Required.", out);
    if (row->flags & OPTION_ACCEPTED)
        fputs(" Accepted for compatibility, without effect here.", out);
    fputc('\n', out);
}

static void print_yaml_row(const option *row, FILE *out)
{
    fputc('\n', out);
    print_comment(row, out);
    fprintf(out, "%s%s:", row->flags & OPTION_REQUIRED ? "" : "#", row->key);
    if (row->fallback && !(row->flags & OPTION_SECRET)) {
        fputc(' ', out);
        print_scalar(row, row->fallback, out);
    }
    fputc('\n', out);
}

void options_yaml_example(const option_set *set, FILE *out)
{
    const char *section = NULL, *printed = NULL;
    fprintf(out,
            "# Configuration of %s: every key with its default. A line with # and a key shows\n"
            "# the default; remove the # to change it.\n",
            set->program);
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        section = row->section ? row->section : section;
        if (row->flags & (OPTION_HIDDEN | OPTION_FLAG_ONLY))
            continue;
        if (section && !str_equal(section, printed))
            fprintf(out, "\n# ---- %s ----\n", section);
        printed = section;
        print_yaml_row(row, out);
    }
}
