#include "base/util.h"
#include "detection/audit/ledger_facts.h"

#include "base/array.h"
#include "base/json/json_read.h"
#include "detection/reports/report_files.h"
#include "detection/table/hash.h"
#include "detection/text/unicode.h"

typedef struct commit {
    uint64_t file; /* hash of its key */
    uint64_t committed, lines;
} commit;

typedef struct ledger {
    commit *commits;
    size_t count, capacity;
    bool failed;
} ledger;

enum { KEY_KEY, KEY_LINES, KEY_COMMITTED, KEY_COUNT };
static const char *const keys[KEY_COUNT] = {"key", "lines", "committed"};

/* A file whose lines were not counted makes the sum unknown. */
static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(number), UNUSED(has_newline), UNUSED(e);
    ledger *l = ctx;
    commit c = {0};
    json_value values[KEY_COUNT];
    if (slice_trim(text).len == 0)
        return true;
    if (utf8_check(text) != text.len ||
        !json_read_members(text, keys, values, KEY_COUNT, NULL, NULL) ||
        values[KEY_KEY].type != JSON_STRING || !json_unsigned(&values[KEY_LINES], &c.lines)) {
        l->failed = true;
        return true;
    }
    if (!json_unsigned(&values[KEY_COMMITTED], &c.committed))
        c.committed = 0;
    c.file = hash_bytes(values[KEY_KEY].raw.data, values[KEY_KEY].raw.len, 0);
    *ARRAY_PUSH(l->commits, l->count, l->capacity) = c;
    return true;
}

static stage *begin(void *ctx, const char *path, const char *label)
{
    UNUSED(path), UNUSED(label);
    return stage_lines_new(REPORT_LINE_MAX_BYTES, NULL, on_line, ctx);
}

static void end(void *ctx, const err *error)
{
    ((ledger *)ctx)->failed |= error != NULL;
}

static int by_file_and_time(const void *a, const void *b)
{
    const commit *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->committed > y->committed) - (x->committed < y->committed);
}

ledger_facts ledger_facts_read(const report_store *store, const char *dir)
{
    err e = ERR_INIT;
    uint64_t count = 0;
    ledger_facts out = {0};
    ledger l = {0};
    const report_reader reader = {.begin = begin, .end = end, .ctx = &l, .suffix = ".jsonl"};
    AUTO_FREE char *folder = report_store_path(dir, "_decon/ledger");
    bool ok = report_files_read(store, folder, &reader, &count, &e) && !l.failed;
    if (ok && l.count > 1)
        qsort(l.commits, l.count, sizeof *l.commits, by_file_and_time);
    for (size_t i = 0; ok && i < l.count; i++) {
        if (i + 1 < l.count && l.commits[i + 1].file == l.commits[i].file)
            continue;
        out.files++;
        out.lines += l.commits[i].lines;
    }
    free(l.commits);
    return out;
}
