#include "base/util.h"
#include "detection/audit/run_facts.h"

#include "detection/audit/ledger_facts.h"
#include "detection/reports/report_files.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)

void run_facts_deinit(run_facts *f)
{
    json_tree_deinit(&f->tree);
    buf_deinit(&f->text);
    scan_records_deinit(&f->scans);
    *f = (run_facts){0};
}

static uint64_t number_of(const json_tree *tree, const json_node *object, const char *key)
{
    uint64_t number;
    const json_node *node = json_tree_member(tree, object, slice_from(key));
    return node && json_unsigned(&node->value, &number) ? number : 0;
}

/* `decon rejudge --output` and `decon merge` take these numbers over from a ledger. */
static bool take_numbers(run_facts *f, const report_store *store, const char *dir, const char *name)
{
    err e = ERR_INIT;
    bool found;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO(json_tree) tree = {0};
    if (!report_file_text(store, dir, name, RECORD_MAX_BYTES, &text, &found, &e) || !found ||
        !json_tree_read(&tree, buf_slice(&text), &e))
        return false;
    f->files = number_of(&tree, json_tree_root(&tree), "files");
    f->lines = number_of(&tree, json_tree_root(&tree), "lines");
    return f->files > 0;
}

static void read_others(run_facts *f, const report_store *store, const char *dir)
{
    ledger_facts ledger = ledger_facts_read(store, dir);
    f->files = ledger.files;
    f->lines = ledger.lines;
    if (f->files == 0 && !take_numbers(f, store, dir, "_decon/merge.json"))
        (void)take_numbers(f, store, dir, "_decon/rejudge.json");
}

void run_facts_read(run_facts *f, const report_store *store, const char *dir)
{
    err e = ERR_INIT;
    bool found;
    *f = (run_facts){.text = BUF(RECORD_MAX_BYTES)};
    scan_records_read(&f->scans, store, dir);
    if (!report_file_text(store, dir, "_decon/detect.json", RECORD_MAX_BYTES, &f->text, &found,
                          &e) ||
        !found || !json_tree_read(&f->tree, buf_slice(&f->text), &e)) {
        read_others(f, store, dir);
        return;
    }
    f->found = true;
    const json_node *root = json_tree_root(&f->tree);
    uint64_t files = number_of(&f->tree, root, "files");
    f->failed = number_of(&f->tree, root, "failed");
    f->skipped = number_of(&f->tree, root, "skipped");
    f->unread_lines = number_of(&f->tree, root, "unread_lines");
    uint64_t unread = f->failed + f->skipped;
    f->files = files > unread ? files - unread : 0;
    f->lines = number_of(&f->tree, root, "lines");
}

typedef struct set_visit {
    void (*each)(void *ctx, const char *set, const char *split);
    void *ctx;
    const char *set, *split; /* the wanted ones; or NULL */
    uint64_t questions;
} set_visit;

static void put_text(const run_settings *s, const json_node *object, const char *key, buf *out)
{
    const json_node *node = json_tree_member(&s->tree, object, slice_from(key));
    buf_init(out, RECORD_MAX_BYTES);
    if (node)
        json_node_put_text(node, out);
}

static void visit_set(const run_settings *s, const json_node *n, set_visit *v)
{
    AUTO(buf) set = BUF(0);
    AUTO(buf) split = BUF(0);
    put_text(s, n, "set", &set);
    put_text(s, n, "split", &split);
    if (v->each)
        v->each(v->ctx, buf_str(&set), buf_str(&split));
    else if (v->questions == 0 && str_equal(buf_str(&set), v->set) &&
             str_equal(buf_str(&split), v->split))
        v->questions = number_of(&s->tree, n, "questions");
}

static void visit_sets(const run_facts *f, set_visit *v)
{
    for (size_t i = 0; i < f->scans.count; i++) {
        const run_settings *s = &f->scans.each[i];
        const json_node *sets = run_settings_node(s, "sets");
        const json_node *n = sets ? json_tree_first(&s->tree, sets) : NULL;
        for (; n; n = json_tree_next(&s->tree, n))
            visit_set(s, n, v);
    }
}

void run_facts_each_set(const run_facts *f,
                        void (*each)(void *ctx, const char *set, const char *split), void *ctx)
{
    visit_sets(f, &(set_visit){.each = each, .ctx = ctx});
}

uint64_t run_facts_questions(const run_facts *f, const char *set, const char *split)
{
    set_visit v = {.set = set, .split = split};
    visit_sets(f, &v);
    return v.questions;
}
