#include "base/util.h"
#include "detection/audit/run_facts.h"

#include "detection/audit/ledger_facts.h"
#include "detection/reports/report_files.h"
#include "detection/reports/report_name.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)

void run_facts_deinit(run_facts *f)
{
    json_tree_deinit(&f->tree);
    buf_deinit(&f->text);
    *f = (run_facts){0};
}

static uint64_t number_of(const run_facts *f, const json_node *object, const char *key)
{
    uint64_t number;
    const json_node *node = json_tree_member(&f->tree, object, slice_from(key));
    return node && json_unsigned(&node->value, &number) ? number : 0;
}

void run_facts_read(run_facts *f, const report_store *store, const char *dir)
{
    err e = ERR_INIT;
    bool found;
    *f = (run_facts){.text = BUF(RECORD_MAX_BYTES)};
    if (!report_file_text(store, dir, "_decon/detect.json", RECORD_MAX_BYTES, &f->text, &found,
                          &e) ||
        !found || !json_tree_read(&f->tree, buf_slice(&f->text), &e)) {
        ledger_facts ledger = ledger_facts_read(store, dir);
        f->files = ledger.files;
        f->lines = ledger.lines;
        return;
    }
    f->found = true;
    const json_node *root = json_tree_root(&f->tree);
    uint64_t files = number_of(f, root, "files");
    f->failed = number_of(f, root, "failed");
    uint64_t unread = f->failed + number_of(f, root, "skipped");
    f->files = files > unread ? files - unread : 0;
    f->lines = number_of(f, root, "lines");
}

static const json_node *first_set(const run_facts *f)
{
    if (!f->found)
        return NULL;
    const json_node *sets = json_tree_member(&f->tree, json_tree_root(&f->tree), SLICE_LIT("sets"));
    return sets ? json_tree_first(&f->tree, sets) : NULL;
}

static void put_text(const run_facts *f, const json_node *object, const char *key, buf *out)
{
    const json_node *node = json_tree_member(&f->tree, object, slice_from(key));
    if (node)
        json_node_put_text(node, out);
}

void run_facts_each_set(const run_facts *f,
                        void (*each)(void *ctx, const char *set, const char *split), void *ctx)
{
    for (const json_node *n = first_set(f); n; n = json_tree_next(&f->tree, n)) {
        AUTO(buf) set = BUF(RECORD_MAX_BYTES);
        AUTO(buf) split = BUF(RECORD_MAX_BYTES);
        put_text(f, n, "set", &set);
        put_text(f, n, "split", &split);
        each(ctx, buf_str(&set), buf_str(&split));
    }
}

bool run_facts_has_set(const run_facts *f, char *pattern)
{
    char *const patterns[] = {pattern, NULL};
    bool fits = false;
    for (const json_node *n = first_set(f); n && !fits; n = json_tree_next(&f->tree, n)) {
        AUTO(buf) name = BUF(RECORD_MAX_BYTES);
        const json_node *node = json_tree_member(&f->tree, n, SLICE_LIT("set"));
        if (node)
            json_node_put_text(node, &name);
        fits = node && name_fits(patterns, buf_str(&name));
    }
    return fits;
}

static bool has_text(const run_facts *f, const json_node *object, const char *key, const char *text)
{
    AUTO(buf) found = BUF(RECORD_MAX_BYTES);
    const json_node *node = json_tree_member(&f->tree, object, slice_from(key));
    if (node)
        json_node_put_text(node, &found);
    return str_equal(buf_str(&found), text);
}

uint64_t run_facts_questions(const run_facts *f, const char *set, const char *split)
{
    for (const json_node *n = first_set(f); n; n = json_tree_next(&f->tree, n))
        if (has_text(f, n, "set", set) && has_text(f, n, "split", split))
            return number_of(f, n, "questions");
    return 0;
}
