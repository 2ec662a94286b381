/* The values of options as one JSON object, for records. */
#include "base/options/options_internal.h"

#include "base/json/json_write.h"
#include "base/util.h"

/* The user, password and query of a URL are secrets. */
static void put_text(const char *text, buf *out)
{
    bool url = str_starts_with(text, "http://") || str_starts_with(text, "https://");
    AUTO_FREE char *shown = url ? url_shown(text) : xstrdup(text);
    json_put_string(out, slice_from(shown));
}

static void put_list(char *const *words, buf *out)
{
    buf_append_char(out, '[');
    for (size_t i = 0; words && words[i]; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        put_text(words[i], out);
    }
    buf_append_char(out, ']');
}

static void put_value(const option *row, const void *member, buf *out)
{
    switch (row->type) {
    case OPTION_STRING:
        if (*(char *const *)member)
            put_text(*(char *const *)member, out);
        else
            buf_append_str(out, "null");
        break;
    case OPTION_BOOL:
        buf_append_str(out, *(const bool *)member ? "true" : "false");
        break;
    case OPTION_INT:
        buf_printf(out, "%lld", (long long)*(const int64_t *)member);
        break;
    case OPTION_FLOAT:
        buf_printf(out, "%.17g", *(const double *)member);
        break;
    case OPTION_SIZE:
        buf_printf(out, "%llu", (unsigned long long)*(const uint64_t *)member);
        break;
    case OPTION_DURATION: /* in seconds */
        buf_printf(out, "%llu.%03u", (unsigned long long)(*(const uint64_t *)member / 1000),
                   (unsigned)(*(const uint64_t *)member % 1000));
        break;
    case OPTION_ENUM:
        put_text(row->choices[*(const int *)member], out);
        break;
    case OPTION_LIST:
        put_list(*(char *const *const *)member, out);
        break;
    }
}

void options_json(const option_set *set, const void *config, buf *out)
{
    bool first = true;
    buf_append_char(out, '{');
    for (size_t i = 0; i < set->row_count; i++) {
        const option *row = &set->rows[i];
        if (row->flags & (OPTION_SECRET | OPTION_ACCEPTED | OPTION_FLAG_ONLY))
            continue;
        if (!first)
            buf_append_char(out, ',');
        first = false;
        json_put_string(out, slice_from(row->key));
        buf_append_char(out, ':');
        put_value(row, (const char *)config + row->offset, out);
    }
    buf_append_char(out, '}');
}
