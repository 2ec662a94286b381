#include "base/util.h"
#include "detection/convert/rows.h"

#include <inttypes.h>

#include "base/json/json_tree.h"
#include "decon/compression/codec.h"
#include "detection/convert/csv.h"
#include "detection/text/unicode.h"

#define WHOLE_MAX_BYTES ((size_t)1 << 30)
#define LINE_MAX_BYTES  ((size_t)256 << 20)

typedef struct reader {
    bool (*row)(void *ctx, slice object, uint64_t line, err *e);
    void *ctx;
    buf whole;
} reader;

static bool has_suffix(const char *name, const char *suffix)
{
    slice plain = {.data = name, .len = strlen(name) - strlen(codec_name_suffix(name))};
    return slice_ends_with(plain, suffix);
}

bool rows_can_read(const char *name)
{
    return has_suffix(name, ".jsonl") || has_suffix(name, ".ndjson") || has_suffix(name, ".json") ||
           has_suffix(name, ".csv");
}

static bool check_text(slice text, err *e)
{
    size_t good = utf8_check(text);
    return good == text.len || err_set(e, ERR_UTF8, "byte %zu is not valid UTF-8", good);
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline);
    const reader *r = ctx;
    if (slice_trim(text).len == 0)
        return true;
    return (check_text(text, e) && r->row(r->ctx, slice_trim(text), number + 1, e)) ||
           err_context(e, "line %" PRIu64, number + 1);
}

static bool read_lines(const char *path, reader *r, err *e)
{
    AUTO_PTR(stage) lines = stage_lines_new(LINE_MAX_BYTES, "split it", on_line, r);
    return codec_decode_file(path, lines, e);
}

static bool take_piece(void *ctx, slice data, err *e)
{
    reader *r = ctx;
    return buf_append_slice(&r->whole, data) ||
           err_set(e, ERR_LIMIT, "the file is longer than 1 GiB; convert it to JSON Lines");
}

static bool read_whole(const char *path, reader *r, err *e)
{
    AUTO_PTR(stage) sink = stage_callback_new(take_piece, NULL, r);
    return codec_decode_file(path, sink, e) && check_text(buf_slice(&r->whole), e);
}

static bool read_array(const reader *r, err *e)
{
    AUTO(json_tree) t = {0};
    uint64_t number = 0;
    if (!json_tree_read(&t, buf_slice(&r->whole), e))
        return false;
    const json_node *root = json_tree_root(&t);
    for (const json_node *n = json_tree_first(&t, root); n; n = json_tree_next(&t, n)) {
        number++;
        if (!r->row(r->ctx, n->value.raw, number, e))
            return err_context(e, "element %" PRIu64, number);
    }
    return true;
}

static bool read_json(const char *path, reader *r, err *e)
{
    if (!read_whole(path, r, e))
        return false;
    slice text = slice_trim(buf_slice(&r->whole));
    /* Many benchmarks call their JSON Lines .json. */
    return text.len > 0 && text.data[0] == '[' ? read_array(r, e) : read_lines(path, r, e);
}

static bool read_file(const char *path, reader *r, err *e)
{
    if (has_suffix(path, ".csv"))
        return read_whole(path, r, e) && csv_each_row(buf_slice(&r->whole), r->row, r->ctx, e);
    if (has_suffix(path, ".json"))
        return read_json(path, r, e);
    if (rows_can_read(path))
        return read_lines(path, r, e);
    return err_set(e, ERR_CONFIG,
                   "is neither .jsonl, .ndjson, .json nor .csv; convert it to one of these");
}

bool rows_each(const char *path, bool (*row)(void *ctx, slice object, uint64_t line, err *e),
               void *ctx, err *e)
{
    reader r = {.row = row, .ctx = ctx, .whole = BUF(WHOLE_MAX_BYTES)};
    bool ok = read_file(path, &r, e);
    buf_deinit(&r.whole);
    return ok || err_subject(e, "%s", path);
}
