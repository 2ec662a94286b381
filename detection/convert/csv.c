#include "base/array.h"
#include "base/util.h"
#include "detection/convert/csv.h"

#include <inttypes.h>

#include "base/json/json_write.h"

#define COLUMNS_MAX 10000

typedef struct reader {
    const char *at, *end;
    uint64_t line;
    buf value;
    buf *names;
    size_t name_count;
    buf object;
    size_t column; /* of the row that is read */
    err *e;
} reader;

static bool fail(const reader *r, const char *cause)
{
    return err_set(r->e, ERR_PARSE, "line %" PRIu64 ": %s", r->line, cause);
}

static bool read_quoted(reader *r)
{
    uint64_t first_line = r->line;
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"')
                break;
            r->at++;
        }
        r->line += *r->at == '\n';
        buf_append_char(&r->value, *r->at);
    }
    if (r->at == r->end) {
        r->line = first_line;
        return fail(r, "a quoted value does not end");
    }
    r->at++;
    return r->at == r->end || strchr(",\r\n", *r->at) ||
           fail(r, "text follows a closing quote; quotes inside a value must be doubled");
}

static bool read_value(reader *r)
{
    buf_clear(&r->value);
    if (r->at < r->end && *r->at == '"')
        return read_quoted(r);
    const char *first = r->at;
    while (r->at < r->end && *r->at != ',' && *r->at != '\n')
        r->at++;
    size_t len = (size_t)(r->at - first);
    bool ends_row = r->at == r->end || *r->at == '\n';
    if (ends_row && len > 0 && first[len - 1] == '\r')
        len--;
    buf_append(&r->value, first, len);
    return true;
}

static bool take_name(reader *r)
{
    if (r->name_count == COLUMNS_MAX)
        return fail(r, "more than 10,000 columns");
    buf *name = ARRAY_ADD(r->names, r->name_count);
    buf_init(name, r->value.max_bytes);
    buf_append_slice(name, buf_slice(&r->value));
    return true;
}

static bool take_value(reader *r, bool is_header)
{
    if (is_header)
        return take_name(r);
    if (r->column == r->name_count)
        return fail(r, "more values than the first row has names");
    buf_append_char(&r->object, r->column > 0 ? ',' : '{');
    json_put_string(&r->object, buf_slice(&r->names[r->column]));
    buf_append_char(&r->object, ':');
    json_put_string(&r->object, buf_slice(&r->value));
    return true;
}

/* Up to and with the line end. */
static bool read_row(reader *r, bool is_header)
{
    buf_clear(&r->object);
    for (r->column = 0;; r->column++) {
        if (!read_value(r) || !take_value(r, is_header))
            return false;
        if (r->at == r->end || *r->at != ',')
            break;
        r->at++;
    }
    if (!is_header && r->column + 1 < r->name_count)
        return fail(r, "fewer values than the first row has names");
    r->at += r->at < r->end && *r->at == '\r';
    if (r->at < r->end && *r->at != '\n')
        return fail(r, "text follows a closing quote; quotes inside a value must be doubled");
    r->at += r->at < r->end;
    buf_append_char(&r->object, '}');
    return true;
}

static bool read_rows(reader *r, bool (*row)(void *ctx, slice object, uint64_t line, err *e),
                      void *ctx)
{
    if (!read_row(r, true))
        return false;
    for (r->line++; r->at < r->end; r->line++) {
        uint64_t first_line = r->line;
        if (*r->at == '\n' || (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')) {
            r->at += 1 + (*r->at == '\r');
            continue;
        }
        if (!read_row(r, false) || !row(ctx, buf_slice(&r->object), first_line, r->e))
            return false;
    }
    return true;
}

bool csv_each_row(slice text, bool (*row)(void *ctx, slice object, uint64_t line, err *e),
                  void *ctx, err *e)
{
    if (slice_starts_with(text, "\xEF\xBB\xBF"))
        text = (slice){.data = text.data + 3, .len = text.len - 3};
    reader r = {.at = text.data, .end = text.data + text.len, .line = 1, .e = e};
    buf_init(&r.value, text.len + 1);
    buf_init(&r.object, text.len * 8 + 1024);
    bool ok = text.len == 0 || read_rows(&r, row, ctx);
    for (size_t i = 0; i < r.name_count; i++)
        buf_deinit(&r.names[i]);
    free(r.names);
    buf_deinit(&r.value);
    buf_deinit(&r.object);
    return ok;
}
