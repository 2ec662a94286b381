/* Options: the table, its defaults, and the conversion of texts to members of the struct. */
#include "base/options/options_internal.h"

#include <errno.h>
#include <math.h>
#include <strings.h>

#include "decon/base/log.h"
#include "base/util.h"

typedef union option_value {
    bool flag;
    int64_t integer;
    double number;
    uint64_t quantity;
    int choice;
} option_value;

static void *member(const option *row, void *config)
{
    return (char *)config + row->offset;
}

static size_t row_index(const option_set *set, const option *row)
{
    return (size_t)(row - set->rows);
}

/* --- From text to a value ------------------------------------------------------------------- */

/* The text as a message may contain it: short, and never a secret. */
static void show(const option *row, const char *text, char *out, size_t out_size)
{
    if (row->flags & OPTION_SECRET)
        snprintf(out, out_size, "the value");
    else
        snprintf(out, out_size, "\"%.64s\"%s", text, strlen(text) > 64 ? "..." : "");
}

static bool refuse(const option *row, const char *text, const char *what, err *e)
{
    char shown[80];
    AUTO(buf) allowed = BUF(512);
    show(row, text, shown, sizeof shown);
    option_append_allowed(row, &allowed);
    return err_set(e, ERR_CONFIG, "%s is %s%s%s", shown, what, allowed.len > 0 ? "; allowed: " : "",
                   buf_str(&allowed));
}

static bool check_range(const option *row, double value, const char *text, err *e)
{
    bool bounded = row->min != 0 || row->max != 0;
    bool has_max = bounded && row->max >= row->min;
    if ((!bounded || value >= row->min) && (!has_max || value <= row->max))
        return true;
    return refuse(row, text, "out of range", e);
}

static bool parse_bool(const option *row, const char *text, bool *out, err *e)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i % 2;
            return true;
        }
    }
    return refuse(row, text, "neither true nor false", e);
}

static bool parse_int(const option *row, const char *text, int64_t *out, err *e)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool starts_well = strchr("+-0123456789", *text) != NULL;
    if (!*text || *end || !starts_well)
        return refuse(row, text, "not a whole number", e);
    if (errno == ERANGE)
        return refuse(row, text, "out of range", e);
    *out = value;
    return check_range(row, (double)value, text, e);
}

static bool parse_float(const option *row, const char *text, double *out, err *e)
{
    char *end = NULL;
    /* Only decimal forms: strtod would also take hex, inf and nan. */
    bool decimal = *text && text[strspn(text, "+-0123456789.eE")] == '\0';
    *out = decimal ? strtod(text, &end) : NAN;
    if (!decimal || *end || !isfinite(*out))
        return refuse(row, text, "not a number", e);
    return check_range(row, *out, text, e);
}

static bool parse_choice(const option *row, const char *text, int *out, err *e)
{
    for (int i = 0; row->choices[i]; i++) {
        if (str_equal(row->choices[i], text)) {
            *out = i;
            return true;
        }
    }
    return refuse(row, text, "not known", e);
}

static bool parse_value(const option *row, const char *text, option_value *out, err *e)
{
    switch (row->type) {
    case OPTION_BOOL:
        return parse_bool(row, text, &out->flag, e);
    case OPTION_INT:
        return parse_int(row, text, &out->integer, e);
    case OPTION_FLOAT:
        return parse_float(row, text, &out->number, e);
    case OPTION_SIZE:
        if (!parse_size(text, &out->quantity, NULL))
            return refuse(row, text, "not a size like 16777216, 64KiB or 1GB", e);
        return check_range(row, (double)out->quantity, text, e);
    case OPTION_DURATION:
        if (!parse_duration(text, &out->quantity, NULL))
            return refuse(row, text, "not a duration like 5 (seconds), 250ms, 2m or 1h", e);
        return check_range(row, (double)out->quantity / 1000, text, e);
    case OPTION_ENUM:
        return parse_choice(row, text, &out->choice, e);
    case OPTION_STRING:
    case OPTION_LIST:
        return true;
    }
    return err_set(e, ERR_INTERNAL, "%s: the row has no type", row->key);
}

/* The row's check. Any error of it becomes ERR_CONFIG. */
static bool check_text(const option *row, const char *text, err *e)
{
    err inner = ERR_INIT;
    if (!row->check || row->check(text, &inner))
        return true;
    if (row->flags & OPTION_SECRET)
        return err_set(e, ERR_CONFIG, "the value is not allowed");
    return err_set(e, ERR_CONFIG, "%s", inner.message);
}

/* --- From a value to the member ------------------------------------------------------------- */

static void free_member(const option *row, void *config)
{
    if (row->flags & OPTION_ACCEPTED)
        return;
    if (row->type == OPTION_STRING) {
        char **text = member(row, config);
        free(*text);
        *text = NULL;
    } else if (row->type == OPTION_LIST) {
        char ***list = member(row, config);
        for (char **item = *list; item && *item; item++)
            free(*item);
        free(*list);
        *list = NULL;
    }
}

static size_t list_len(char **list)
{
    size_t len = 0;
    while (list && list[len])
        len++;
    return len;
}

static void put_list(char ***list, const char *text)
{
    size_t len = list_len(*list);
    *list = xrealloc(*list, (len + 2) * sizeof **list);
    (*list)[len] = text ? xstrdup(text) : NULL;
    (*list)[len + 1] = NULL;
}

static void put_value(const option *row, void *config, option_value value, const char *text)
{
    void *place = member(row, config);
    switch (row->type) {
    case OPTION_BOOL:
        *(bool *)place = value.flag;
        break;
    case OPTION_INT:
        *(int64_t *)place = value.integer;
        break;
    case OPTION_FLOAT:
        *(double *)place = value.number;
        break;
    case OPTION_SIZE:
    case OPTION_DURATION:
        *(uint64_t *)place = value.quantity;
        break;
    case OPTION_ENUM:
        *(int *)place = value.choice;
        break;
    case OPTION_STRING:
        *(char **)place = xstrdup(text);
        break;
    case OPTION_LIST:
        put_list(place, text);
        break;
    }
}

/* The empty value: 0, false, NULL, the empty list. */
static void put_nothing(const option *row, void *config)
{
    if (row->type == OPTION_LIST)
        put_list(member(row, config), NULL);
    else if (row->type != OPTION_STRING)
        put_value(row, config, (option_value){0}, NULL);
}

static int rank(option_origin origin)
{
    return origin == 'c' ? 3 : origin == 'e' ? 2 : origin == 'y' ? 1 : 0;
}

static bool outranked(const option_target *t, const option *row)
{
    return t->origins && rank(t->origins[row_index(t->set, row)]) > rank(t->origin);
}

static void mark(const option_target *t, const option *row, option_origin origin)
{
    if (t->origins)
        t->origins[row_index(t->set, row)] = origin;
}

bool option_store(const option_target *t, const option *row, const char *text, bool append, err *e)
{
    option_value value = {0};
    if (row->flags & OPTION_ACCEPTED) {
        mark(t, row, t->origin);
        return true;
    }
    if (!parse_value(row, text, &value, e) || !check_text(row, text, e))
        return false;
    if (outranked(t, row))
        return true;
    if (!append || row->type != OPTION_LIST)
        free_member(row, t->config);
    put_value(row, t->config, value, text);
    mark(t, row, t->origin);
    return true;
}

bool option_store_default(const option_target *t, const option *row, err *e)
{
    if ((row->flags & OPTION_ACCEPTED) || outranked(t, row))
        return true;
    if (row->fallback) {
        if (!option_store(t, row, row->fallback, false, e))
            return false;
    } else {
        free_member(row, t->config);
        put_nothing(row, t->config);
    }
    mark(t, row, 0);
    return true;
}

void option_store_empty(const option_target *t, const option *row)
{
    if ((row->flags & OPTION_ACCEPTED) || outranked(t, row))
        return;
    free_member(row, t->config);
    put_nothing(row, t->config);
    mark(t, row, t->origin);
}

/* --- The whole table ------------------------------------------------------------------------ */

bool options_defaults(const option_set *set, void *config, err *e)
{
    const option_target target = {.set = set, .config = config};
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        if (!(row->flags & OPTION_ACCEPTED) &&
            (row->type == OPTION_STRING || row->type == OPTION_LIST))
            *(void **)member(row, config) = NULL;
    }
    for (size_t i = 0; i < set->row_count; i++)
        if (!option_store_default(&target, &set->rows[i], e))
            return err_context(e, "default of %s", set->rows[i].key);
    return true;
}

void options_deinit(const option_set *set, void *config)
{
    for (size_t i = 0; i < set->row_count; i++)
        free_member(&set->rows[i], config);
}

static const char *process_environment(const char *name)
{
    return getenv(name);
}

/* A list in a variable is separated by colons, as in PATH. */
static bool store_variable(const option_target *target, const option *row, const char *text, err *e)
{
    if (row->type != OPTION_LIST)
        return option_store(target, row, text, false, e);
    for (bool append = false; *text; text += *text == ':') {
        size_t len = strcspn(text, ":");
        AUTO_FREE char *part = xstrndup(text, len);
        text += len;
        if (len > 0 && !option_store(target, row, part, append, e))
            return false;
        append = append || len > 0;
    }
    return true;
}

bool options_environment(const option_set *set, const char *(*getenv_fn)(const char *name),
                         void *config, option_origin *origins, err *e)
{
    const option_target target = {set, config, origins, 'e'};
    if (!getenv_fn)
        getenv_fn = process_environment;
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        const char *text = row->environment ? getenv_fn(row->environment) : NULL;
        if (!text || !*text)
            continue;
        if (!store_variable(&target, row, text, e))
            return err_context(e, "environment variable %s", row->environment);
    }
    return true;
}

static bool is_missing(const option *row, const void *config, option_origin origin)
{
    if (!(row->flags & OPTION_REQUIRED))
        return false;
    const void *place = (const char *)config + row->offset;
    if (row->type == OPTION_STRING) {
        const char *text = *(char *const *)place;
        return !text || !*text;
    }
    if (row->type == OPTION_LIST)
        return list_len(*(char **const *)place) == 0;
    return origin == 0 && !row->fallback;
}

static void append_name(buf *out, const char *name)
{
    buf_printf(out, "%s%s", out->len > 0 ? ", " : "", name);
}

static void append_missing(const option *row, buf *out)
{
    AUTO_FREE char *flag = option_flag_text(row->key);
    if (row->flags & OPTION_KEY_ONLY)
        append_name(out, row->key);
    else if (row->flags & OPTION_FLAG_ONLY)
        append_name(out, flag);
    else
        buf_printf(out, "%s%s (%s)", out->len > 0 ? ", " : "", row->key, flag);
}

bool options_check(const option_set *set, const void *config, const option_origin *origins, err *e)
{
    AUTO(buf) missing = BUF(512);
    AUTO(buf) accepted = BUF(4096);
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        option_origin origin = origins ? origins[i] : 0;
        if ((row->flags & OPTION_ACCEPTED) && origin != 0)
            append_name(&accepted, row->key);
        else if (is_missing(row, config, origin))
            append_missing(row, &missing);
    }
    if (accepted.len > 0)
        log_warn("accepted for compatibility, without effect here: %s", buf_str(&accepted));
    return missing.len == 0 ||
           err_set(e, ERR_CONFIG, "missing required options: %s; see --help", buf_str(&missing));
}

const char *options_origin_name(option_origin origin)
{
    return origin == 'c'   ? "command line"
           : origin == 'e' ? "environment"
           : origin == 'y' ? "file"
                           : "default";
}
