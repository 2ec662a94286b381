/* Options: names of rows, and texts that describe what a row allows. */
#include "base/util.h"
#include "base/options/options_internal.h"

const option *option_by_key(const option_set *set, const char *key)
{
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        if (str_equal(row->key, key) || (row->alias && str_equal(row->alias, key)))
            return row;
    }
    return NULL;
}

static bool is_flag_of(const char *key, const char *flag)
{
    for (; key && *key; key++, flag++)
        if (*flag != (*key == '_' ? '-' : *key))
            return false;
    return key && *flag == '\0';
}

const option *option_by_flag(const option_set *set, const char *flag)
{
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        if (!(row->flags & OPTION_KEY_ONLY) &&
            (is_flag_of(row->key, flag) || is_flag_of(row->alias, flag)))
            return row;
    }
    return NULL;
}

char *option_flag_text(const char *key)
{
    char *flag = xasprintf("--%s", key);
    for (char *p = flag; *p; p++)
        if (*p == '_')
            *p = '-';
    return flag;
}

char *option_nearest(const option_set *set, const char *name, bool flags)
{
    unsigned not_wanted = OPTION_HIDDEN | (flags ? OPTION_KEY_ONLY : OPTION_FLAG_ONLY);
    AUTO_FREE char **names = xcalloc(set->row_count * 2 + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        const char *const keys[] = {row->key, row->alias};
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            if (keys[k] && !(row->flags & not_wanted))
                names[count++] = flags ? option_flag_text(keys[k]) : xstrdup(keys[k]);
    }
    const char *nearest = nearest_name(name, (const char *const *)names, count);
    char *result = xstrdup(nearest ? nearest : "");
    while (count > 0)
        free(names[--count]);
    return result;
}

/* One bound, exactly: sizes in units only if no digit is lost. */
static void append_bound(const option *row, double bound, buf *out)
{
    char text[32];
    uint64_t back = 0;
    if (row->type != OPTION_SIZE) {
        buf_printf(out, "%.15g", bound);
        return;
    }
    uint64_t bytes = bound >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)bound;
    format_size(bytes, text, sizeof text);
    if (parse_size(text, &back, NULL) && back == bytes)
        buf_append_str(out, text);
    else
        buf_printf(out, "%llu bytes", (unsigned long long)bytes);
}

static const char *unit_of(const option *row)
{
    if (row->type == OPTION_SIZE)
        return NULL; /* its values include their unit */
    return row->unit || row->type != OPTION_DURATION ? row->unit : "seconds";
}

static void append_range(const option *row, buf *out)
{
    if (row->min == 0 && row->max == 0) {
        if (unit_of(row))
            buf_printf(out, "any number of %s", unit_of(row));
        return;
    }
    if (row->max < row->min)
        buf_append_str(out, "at least ");
    append_bound(row, row->min, out);
    if (row->max >= row->min) {
        buf_append_str(out, " to ");
        append_bound(row, row->max, out);
    }
    if (unit_of(row))
        buf_printf(out, " %s", unit_of(row));
}

static void append_choices(const option *row, const char *between, buf *out)
{
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        buf_printf(out, "%s%s", i > 0 ? between : "", row->choices[i]);
}

void option_append_allowed(const option *row, buf *out)
{
    if (row->type == OPTION_ENUM)
        append_choices(row, ", ", out);
    else if (row->type == OPTION_BOOL)
        buf_append_str(out, "true, false, yes, no, on, off");
    else if (row->type != OPTION_STRING && row->type != OPTION_LIST)
        append_range(row, out);
}

void option_append_metavar(const option *row, buf *out)
{
    static const char *const by_type[] = {
        [OPTION_STRING] = "TEXT",  [OPTION_BOOL] = "true|false", [OPTION_INT] = "N",
        [OPTION_FLOAT] = "NUMBER", [OPTION_SIZE] = "SIZE",       [OPTION_DURATION] = "TIME",
        [OPTION_ENUM] = "NAME",    [OPTION_LIST] = "TEXT",
    };
    if (row->metavar)
        buf_append_str(out, row->metavar);
    else if (row->type == OPTION_ENUM)
        append_choices(row, "|", out);
    else
        buf_append_str(out, by_type[row->type]);
}

void option_append_default(const option *row, buf *out)
{
    if (!row->fallback || (row->flags & (OPTION_SECRET | OPTION_ACCEPTED)))
        return;
    size_t len = strlen(row->fallback);
    char last = len > 0 ? row->fallback[len - 1] : 0;
    bool bare_number =
        row->type != OPTION_STRING && row->type != OPTION_LIST && last >= '0' && last <= '9';
    buf_append_str(out, len > 0 ? row->fallback : "(empty)");
    if (bare_number && unit_of(row))
        buf_printf(out, " %s", unit_of(row));
}
