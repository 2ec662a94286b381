#include "s3/cli/session/shorthand.h"

#include <jansson.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "base/fsutil.h"

#define FILE_PREFIX    "file://"
#define TEXT_MAX_BYTES ((size_t)64 * 1024)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

static bool refuse(const char *text, const char *why, err *e)
{
    return err_set(
        e, ERR_USAGE,
        "'%.200s': %s; write NAME=VALUE,NAME=VALUE (a comma in a value as \\, or the value "
        "in quotes) or {\"NAME\": \"VALUE\"}",
        text, why);
}

/* --- NAME=VALUE,... --- */

/* *p is at the opening quote; after the closing one on return. */
static bool take_quoted(const char **p, buf *value)
{
    char quote = *(*p)++;
    for (; **p && **p != quote; (*p)++) {
        if (**p == '\\' && ((*p)[1] == quote || (*p)[1] == '\\'))
            (*p)++;
        buf_append_char(value, **p);
    }
    return *(*p) && *(*p)++ == quote;
}

/* A comma ends a value if NAME= follows it; else it is part of the value. */
static bool ends_value(const char *comma)
{
    size_t len = strcspn(comma + 1, "=,");
    return comma[1 + len] == '=';
}

static void take_plain(const char **p, buf *value)
{
    for (; **p && !(**p == ',' && ends_value(*p)); (*p)++) {
        if (**p == '\\' && (*p)[1] == ',')
            (*p)++;
        buf_append_char(value, **p);
    }
    while (value->len > 0 && is_blank(value->data[value->len - 1]))
        value->data[--value->len] = '\0';
}

static bool take_pair(const char *text, const char **p, shorthand_each each, void *ctx, err *e)
{
    AUTO(buf) value = BUF(TEXT_MAX_BYTES);
    size_t len = strcspn(*p, "=,");
    size_t name_len = len;
    while (name_len > 0 && is_blank((*p)[name_len - 1]))
        name_len--;
    if (name_len == 0 || (*p)[len] != '=')
        return refuse(text, "a part without NAME=", e);
    AUTO_FREE char *name = xstrndup(*p, name_len);
    *p = skip_blanks(*p + len + 1);
    if (**p == '"' || **p == '\'') {
        if (!take_quoted(p, &value))
            return refuse(text, "a quote is not closed", e);
        *p = skip_blanks(*p);
    } else {
        take_plain(p, &value);
    }
    if (**p && **p != ',')
        return refuse(text, "text follows a quoted value", e);
    return each(ctx, name, buf_str(&value), e);
}

static bool read_pairs(const char *text, shorthand_each each, void *ctx, err *e)
{
    for (const char *p = text;; p = skip_blanks(p + 1)) {
        if (!take_pair(text, &p, each, ctx, e))
            return false;
        if (!*p)
            return true;
    }
}

/* --- JSON --- */

static bool read_members(const char *text, json_t *object, shorthand_each each, void *ctx, err *e)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value))
            return refuse(text, "a value in the JSON is not a string", e);
        if (!each(ctx, name, json_string_value(value), e))
            return false;
    }
    return true;
}

static bool read_json(const char *text, shorthand_each each, void *ctx, err *e)
{
    json_error_t where;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    bool ok = json_is_object(object) ? read_members(text, object, each, ctx, e)
                                     : refuse(text, "is not a JSON object of strings", e);
    json_decref(object);
    return ok;
}

/* --- both --- */

static bool read_text(const char *text, shorthand_each each, void *ctx, err *e)
{
    text = skip_blanks(text);
    return *text == '{' ? read_json(text, each, ctx, e) : read_pairs(text, each, ctx, e);
}

bool shorthand_map(const char *text, shorthand_each each, void *ctx, err *e)
{
    AUTO(buf) content = BUF(TEXT_MAX_BYTES);
    if (!str_starts_with(text, FILE_PREFIX))
        return read_text(text, each, ctx, e);
    if (!fs_read_file(text + strlen(FILE_PREFIX), TEXT_MAX_BYTES, &content, e))
        return false;
    while (content.len > 0 && is_blank(content.data[content.len - 1]))
        content.data[--content.len] = '\0';
    return read_text(buf_str(&content), each, ctx, e);
}
