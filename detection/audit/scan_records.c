#include "base/util.h"
#include "detection/audit/scan_records.h"

#include "base/array.h"
#include "detection/reports/report_files.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)
#define DETECT_RECORD    "_decon/detect.json"
#define MERGE_RECORD     "_decon/merge.json"
#define REJUDGE_RECORD   "_decon/rejudge.json"
#define SETTINGS_FOLDER  "_decon/settings"

void scan_records_deinit(scan_records *r)
{
    for (size_t i = 0; i < r->count; i++)
        run_settings_deinit(&r->each[i]);
    free(r->each);
    *r = (scan_records){.each = NULL};
}

static bool take_text(scan_records *r, const char *source, slice text)
{
    run_settings record = {.source = source};
    if (!run_settings_parse(&record, text)) {
        r->unreadable++;
        return false;
    }
    *ARRAY_PUSH(r->each, r->count, r->capacity) = record;
    return true;
}

typedef struct reading {
    scan_records *r;
    const report_store *store;
    const char *dir;
} reading;

/* False if the record does not exist. */
static bool read_text(const reading *x, const char *name, buf *out)
{
    err e = ERR_INIT;
    bool found;
    if (!report_file_text(x->store, x->dir, name, RECORD_MAX_BYTES, out, &found, &e)) {
        x->r->unreadable++;
        return true;
    }
    return found;
}

static void take_scans(scan_records *r, slice text)
{
    run_settings merge = {.source = MERGE_RECORD};
    if (!run_settings_parse(&merge, text)) {
        r->unreadable++;
        return;
    }
    const json_node *scans = run_settings_node(&merge, "scans");
    const json_node *n = scans ? json_tree_first(&merge.tree, scans) : NULL;
    for (; n; n = json_tree_next(&merge.tree, n))
        (void)take_text(r, MERGE_RECORD, n->value.raw);
    r->joined = true;
    run_settings_deinit(&merge);
}

static bool take_name(void *ctx, const char *name, err *e)
{
    const reading *x = ctx;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *path = xasprintf(SETTINGS_FOLDER "/%s", name);
    UNUSED(e);
    if (str_ends_with(name, ".json") && read_text(x, path, &text))
        (void)take_text(x->r, SETTINGS_FOLDER, buf_slice(&text));
    return true;
}

void scan_records_read(scan_records *r, const report_store *store, const char *dir)
{
    err e = ERR_INIT;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    *r = (scan_records){.each = NULL};
    reading x = {.r = r, .store = store, .dir = dir};
    if (read_text(&x, MERGE_RECORD, &text)) {
        take_scans(r, buf_slice(&text));
        return;
    }
    if (read_text(&x, DETECT_RECORD, &text)) {
        (void)take_text(r, DETECT_RECORD, buf_slice(&text));
        return;
    }
    if (!report_file_names(store, dir, SETTINGS_FOLDER, take_name, &x, &e))
        r->unreadable++;
}

static void add_sets(const run_settings *s, name_table *names)
{
    const json_node *sets = run_settings_node(s, "sets");
    const json_node *n = sets ? json_tree_first(&s->tree, sets) : NULL;
    for (; n; n = json_tree_next(&s->tree, n)) {
        AUTO(buf) name = BUF(RECORD_MAX_BYTES);
        const json_node *set = json_tree_member(&s->tree, n, SLICE_LIT("set"));
        if (set)
            json_node_put_text(set, &name);
        if (name.len > 0)
            (void)name_table_number(names, buf_str(&name));
    }
}

void scan_records_add_sets(const scan_records *r, name_table *names)
{
    for (size_t i = 0; i < r->count; i++)
        add_sets(&r->each[i], names);
}

void scan_records_put_state(const report_store *store, const char *dir, buf *out)
{
    static const char *const names[] = {DETECT_RECORD, MERGE_RECORD, REJUDGE_RECORD};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        err e = ERR_INIT;
        bool found = false;
        AUTO(buf) text = BUF(RECORD_MAX_BYTES);
        if (!report_file_text(store, dir, names[i], RECORD_MAX_BYTES, &text, &found, &e))
            buf_append_str(out, e.message);
        buf_printf(out, "%s %d\n", names[i], found);
        buf_append_slice(out, buf_slice(&text));
    }
}
