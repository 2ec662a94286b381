#include "base/array.h"
#include "base/util.h"
#include "s3/config/aws_file.h"

#include "s3/protocol/utf8.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define SHOWN_BYTES     40                  /* of a name in a message */
#define VALUE_MAX_BYTES ((size_t)64 * 1024) /* of a value in several lines */

typedef struct reader {
    s3_aws_file *file;
    const char *path;
    bool is_config;
    unsigned line;
    size_t section_capacity, pair_capacity;
    bool has_option;      /* an indented line would belong to a setting of this section */
    size_t option;        /* index of that setting's pair */
    size_t option_indent; /* bytes */
} reader;

#define fault(r, e, format, ...)                                                                   \
    err_set((e), ERR_CONFIG, "%s:%u: " format, (r)->path, (r)->line, ##__VA_ARGS__)

void s3_aws_file_deinit(s3_aws_file *file)
{
    for (size_t i = 0; i < file->section_count; i++) {
        free(file->sections[i].kind);
        free(file->sections[i].name);
    }
    for (size_t i = 0; i < file->pair_count; i++) {
        free(file->pairs[i].name);
        free(file->pairs[i].value);
    }
    free(file->sections);
    free(file->pairs);
    *file = (s3_aws_file){0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static slice slice_rest(slice s, size_t from)
{
    return (slice){.data = s.data + from, .len = s.len - from};
}

static slice without_quotes(slice s)
{
    bool quoted =
        s.len >= 2 && (s.data[0] == '"' || s.data[0] == '\'') && s.data[s.len - 1] == s.data[0];
    return quoted ? (slice){.data = s.data + 1, .len = s.len - 2} : s;
}

/* Removes a comment that follows white space outside of quotes. */
static slice strip_comment(slice value)
{
    char quote = '\0';
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (quote && c == quote)
            quote = '\0';
        else if (!quote && (c == '"' || c == '\'') &&
                 memchr(value.data + i + 1, c, value.len - i - 1))
            quote = c;
        else if (!quote && (c == '#' || c == ';') && (i == 0 || is_blank(value.data[i - 1])))
            value.len = i;
    }
    return slice_trim(value);
}

/* --- sections --- */

static void section_add(reader *r, slice kind, slice name)
{
    s3_aws_file *f = r->file;
    *ARRAY_PUSH(f->sections, f->section_count, r->section_capacity) =
        (s3_aws_section){.kind = slice_dup(kind), .name = slice_dup(name), .line = r->line};
    r->has_option = false;
}

/* Whether the header is `kind` and a name ("profile x"), as in the config file. */
static bool take_kind(slice header, const char *kind, slice *name)
{
    size_t len = strlen(kind);
    if (!slice_starts_with(header, kind) || header.len <= len || !is_blank(header.data[len]))
        return false;
    *name = without_quotes(slice_trim(slice_rest(header, len)));
    return name->len > 0;
}

static void take_header(reader *r, slice header)
{
    static const char *const kinds[] = {"profile", "sso-session", "services"};
    slice profile = SLICE_LIT("profile"), name = header;
    bool has_kind = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds) && !has_kind; i++) {
        has_kind = take_kind(header, kinds[i], &name);
        if (has_kind && r->is_config) {
            section_add(r, slice_from(kinds[i]), name);
            return;
        }
    }
    bool is_profile = r->is_config ? slice_equal_str(header, "default") : !has_kind;
    section_add(r, is_profile ? profile : SLICE_LIT(""),
                is_profile ? without_quotes(header) : header);
}

static bool take_section(reader *r, slice text, err *e)
{
    const char *end = memchr(text.data, ']', text.len);
    if (!end)
        return fault(r, e, "the section's ']' is missing; complete the line");
    slice header = {.data = text.data + 1, .len = (size_t)(end - text.data) - 1};
    header = slice_trim(header);
    slice rest = slice_trim(slice_rest(text, (size_t)(end - text.data) + 1));
    if (header.len == 0)
        return fault(r, e, "a section without a name; name it, or remove it");
    if (rest.len > 0 && rest.data[0] != '#' && rest.data[0] != ';')
        return fault(r, e, "text after the section's ']'; move it to a separate line");
    take_header(r, header);
    return true;
}

/* --- settings --- */

static void pair_add(reader *r, const char *group, slice name, slice value)
{
    s3_aws_file *f = r->file;
    ARRAY_RESERVE(f->pairs, r->pair_capacity, f->pair_count + 1);
    AUTO_FREE char *own = slice_dup(name);
    s3_aws_pair *pair = &f->pairs[f->pair_count++];
    *pair = (s3_aws_pair){.name = group ? xasprintf("%s.%s", group, own) : xstrdup(own),
                          .value = slice_dup(value),
                          .section = f->section_count - 1,
                          .line = r->line};
    for (char *c = pair->name; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
}

/* "name = value". botocore also accepts a colon, but not for nested settings. */
static bool split(slice text, bool colon, slice *name, slice *value)
{
    size_t at = 0;
    while (at < text.len && text.data[at] != '=' && !(colon && text.data[at] == ':'))
        at++;
    if (at == text.len)
        return false;
    *name = slice_trim((slice){.data = text.data, .len = at});
    *value = strip_comment(slice_rest(text, at + 1));
    return name->len > 0;
}

static bool take_setting(reader *r, slice text, size_t indent, err *e)
{
    slice name, value;
    if (r->file->section_count == 0)
        return fault(r, e,
                     "a setting before the first section; put [default], or the profile's section, "
                     "above it");
    if (!split(text, true, &name, &value))
        return fault(r, e,
                     "neither a section nor a setting such as region = us-east-1; correct or "
                     "remove the line");
    r->option = r->file->pair_count;
    r->option_indent = indent;
    r->has_option = true;
    pair_add(r, NULL, name, value);
    return true;
}

static bool take_indented(reader *r, slice text, err *e)
{
    s3_aws_pair *above = &r->file->pairs[r->option];
    slice name, value;
    if (above->value[0]) {
        text = strip_comment(text);
        if (strlen(above->value) + text.len > VALUE_MAX_BYTES)
            return fault(r, e, "the value exceeds %zu bytes; shorten it", VALUE_MAX_BYTES);
        char *whole = xasprintf("%s %.*s", above->value, (int)text.len, text.data);
        free(above->value);
        above->value = whole;
        above->continued_line = r->line;
        return true;
    }
    if (!split(text, false, &name, &value))
        return fault(r, e,
                     "not a setting of '%.*s', such as name = value; correct or remove the line",
                     SHOWN_BYTES, above->name);
    AUTO_FREE char *group = xstrdup(above->name);
    pair_add(r, group, name, value);
    return true;
}

/* --- lines --- */

static bool check_line(const reader *r, slice line, err *e)
{
    if (!s3_utf8_check(line))
        return fault(r, e, "bytes that are not UTF-8; save the file as UTF-8");
    if (line.len && memmem(line.data, line.len, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
        return fault(r, e,
                     "a byte order mark inside the file; remove it, or save the file again as "
                     "UTF-8");
    for (size_t i = 0; i < line.len; i++)
        if (((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') || line.data[i] == 0x7f)
            return fault(r, e, "control character 0x%02x; remove it",
                         (unsigned)(unsigned char)line.data[i]);
    return true;
}

static bool take_line(reader *r, slice line, err *e)
{
    if (!check_line(r, line, e))
        return false;
    size_t indent = 0;
    while (indent < line.len && is_blank(line.data[indent]))
        indent++;
    slice text = slice_trim(line);
    if (text.len == 0 || text.data[0] == '#' || text.data[0] == ';')
        return true;
    if (r->has_option && indent > r->option_indent)
        return take_indented(r, text, e);
    if (text.data[0] == '[')
        return take_section(r, text, e);
    return take_setting(r, text, indent, e);
}

/* Lines end with LF, CR LF or CR. */
static bool take_lines(reader *r, slice text, err *e)
{
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.data[len] != '\n' && text.data[len] != '\r')
            len++;
        r->line++;
        if (!take_line(r, (slice){.data = text.data, .len = len}, e))
            return false;
        bool crlf = len + 1 < text.len && text.data[len] == '\r' && text.data[len + 1] == '\n';
        text = slice_rest(text, MIN(text.len, len + (crlf ? 2 : 1)));
    }
    return true;
}

/* --- encoding --- */

static const struct {
    const char *mark;
    size_t len;
    const char *name;
} encodings[] = {
    {"\xFF\xFE\0\0", 4, "UTF-32"},
    {"\0\0\xFE\xFF", 4, "UTF-32"},
    {"\xFF\xFE", 2, "UTF-16"},
    {"\xFE\xFF", 2, "UTF-16"},
};

static bool check_encoding(const char *path, slice text, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++)
        if (text.len >= encodings[i].len &&
            memcmp(text.data, encodings[i].mark, encodings[i].len) == 0)
            return err_set(e, ERR_CONFIG, "%s: the file is %s; save it as UTF-8", path,
                           encodings[i].name);
    if (text.len && memchr(text.data, '\0', text.len))
        return err_set(e, ERR_CONFIG,
                       "%s: the file contains NUL bytes, as UTF-16 without a byte order mark does; "
                       "save it as UTF-8",
                       path);
    return true;
}

/* --- repeats --- */

/* A section or setting, for sorting: repeats become adjacent, in the file's order. */
typedef struct mention {
    size_t section; /* of a setting */
    const char *kind, *name;
    unsigned line;
} mention;

static int compare_names(const mention *a, const mention *b)
{
    if (a->section != b->section)
        return a->section < b->section ? -1 : 1;
    int order = strcmp(a->kind, b->kind);
    return order ? order : strcmp(a->name, b->name);
}

static int compare_mentions(const void *left, const void *right)
{
    const mention *a = left, *b = right;
    int order = compare_names(a, b);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

/* Reports the first repeat in the file. */
static bool check_mentions(const char *path, const char *what, mention *all, size_t count, err *e)
{
    const mention *found = NULL;
    if (count > 1)
        qsort(all, count, sizeof *all, compare_mentions);
    for (size_t i = 1; i < count; i++)
        if (compare_names(&all[i - 1], &all[i]) == 0 && (!found || all[i].line < found->line))
            found = &all[i];
    if (!found)
        return true;
    return err_set(e, ERR_CONFIG,
                   "%s:%u: %s '%s%s%.*s' occurs twice: in line %u and in line %u; keep one of them",
                   path, found->line, what, found->kind, *found->kind ? " " : "", SHOWN_BYTES,
                   found->name, found[-1].line, found->line);
}

static bool check_repeats(const s3_aws_file *f, const char *path, err *e)
{
    AUTO_FREE mention *all = xcalloc(MAX(f->section_count, f->pair_count) + 1, sizeof *all);
    for (size_t i = 0; i < f->section_count; i++)
        all[i] = (mention){0, f->sections[i].kind, f->sections[i].name, f->sections[i].line};
    bool ok = check_mentions(path, "section", all, f->section_count, e);
    for (size_t i = 0; i < f->pair_count; i++)
        all[i] = (mention){f->pairs[i].section, "", f->pairs[i].name, f->pairs[i].line};
    return ok && check_mentions(path, "setting", all, f->pair_count, e);
}

bool s3_aws_file_parse(s3_aws_file *out, const char *path, slice text, bool is_config, err *e)
{
    *out = (s3_aws_file){0};
    reader r = {.file = out, .path = path, .is_config = is_config};
    if (slice_starts_with(text, BYTE_ORDER_MARK))
        text = slice_rest(text, strlen(BYTE_ORDER_MARK));
    if (check_encoding(path, text, e) && take_lines(&r, text, e) && check_repeats(out, path, e))
        return true;
    s3_aws_file_deinit(out);
    return false;
}
