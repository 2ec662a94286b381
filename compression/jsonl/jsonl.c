/* The checker's interface: lines and their lengths, faults, counts. */
#include "base/util.h"
#include "compression/jsonl/jsonl_state.h"

#include <inttypes.h>

static bool report(const jsonl *j, err *e)
{
    return err_set(e, j->fault_code, "line %" PRIu64 ", byte %" PRIu64 " of the decoded text: %s",
                   j->counts.lines + 1, j->fault_offset, j->fault_cause);
}

bool jsonl_feed(jsonl *j, slice text, err *e)
{
    const char *p = text.data, *end = text.data + text.len;
    j->piece = text.data;
    if (!j->failed)
        p = jsonl_read_windows(j, p, end);
    if (!j->failed)
        jsonl_read_exactly(j, p, end);
    j->offset += text.len;
    return !j->failed || report(j, e);
}

static bool all_skipped(const jsonl *j, err *e)
{
    return err_set(e, ERR_JSONL,
                   "the detection server would skip every line: %" PRIu64
                   " have no string under '%s', %" PRIu64
                   " have lone surrogates, more than %d levels or numbers beyond 1.8e308; fix "
                   "these lines",
                   j->unscannable_lines, j->keys.text, j->skipped_lines, JSONL_SERVER_DEPTH);
}

/* A wrong content key must not pass as clean data. */
static bool none_scannable(const jsonl *j, err *e)
{
    if (j->skipped_lines > 0)
        return all_skipped(j, e);
    return err_set(
        e, ERR_NO_TEXT,
        "no line has a string under '%s'; the lines have %s%s; set content_key to the key of "
        "the text",
        j->keys.text, j->keys.names.len ? "the keys: " : "no keys", buf_str(&j->keys.names));
}

bool jsonl_finish(jsonl *j, err *e)
{
    j->piece = NULL;
    if (!j->failed)
        jsonl_check_end(j);
    if (j->failed)
        return report(j, e);
    if (j->offset > j->line_start)
        jsonl_end_line(j, j->offset);
    uint64_t filled = j->counts.lines - j->counts.blank_lines;
    if (filled > 0 && j->unscannable_lines + j->skipped_lines == filled)
        return none_scannable(j, e);
    return true;
}

jsonl_counts jsonl_counts_get(const jsonl *j)
{
    return (jsonl_counts){
        .bytes = j->offset,
        .lines = j->counts.lines,
        .blank_lines = j->counts.blank_lines,
        .longest_line_bytes = j->counts.longest_line_bytes,
        .unscannable_lines = j->unscannable_lines,
        .skipped_lines = j->skipped_lines,
        .lone_surrogates = j->lone_surrogates,
    };
}

jsonl *jsonl_new(const jsonl_options *options)
{
    jsonl *j = xcalloc(1, sizeof *j);
    j->max_line_bytes = options->max_line_bytes ? options->max_line_bytes : JSONL_LINE_BYTES;
    j->max_depth = options->max_depth ? MIN(options->max_depth, JSONL_DEPTH_MAX) : JSONL_DEPTH;
    j->fast_depth = MIN(j->max_depth, (size_t)JSONL_SERVER_DEPTH);
    j->objects = xcalloc(j->max_depth / 64 + 1, sizeof *j->objects);
    j->refuse_lone_surrogates = options->refuse_lone_surrogates;
    j->indexer = json_indexer_find(options->indexer);
    keypath_init(&j->keys, options->content_key ? options->content_key : "text",
                 options->refuse_duplicate_keys);
    return j;
}

void jsonl_free(jsonl *j)
{
    if (!j)
        return;
    keypath_deinit(&j->keys);
    free(j->objects);
    free(j);
}
