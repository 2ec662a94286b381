#include "base/util.h"
#include "detection/merge/merge_facts.h"

#include <inttypes.h>

#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "decon/base/log.h"
#include "detection/reports/report_files.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)
#define REJUDGE_RECORD   "_decon/rejudge.json"

void merge_facts_deinit(merge_facts *f)
{
    for (size_t i = 0; i < ARRAY_LEN(f->of); i++)
        run_facts_deinit(&f->of[i]);
}

/* --- rules of decon rejudge --- */

/* Whether the verdicts are again those of the scan. */
static bool has_rules_of_scan(const run_settings *s)
{
    double now = 0, scan = 0;
    AUTO(buf) complete = BUF(16);
    AUTO(buf) ignored = BUF(RECORD_MAX_BYTES);
    return run_settings_text(s, "complete", &complete) && str_equal(buf_str(&complete), "true") &&
           run_settings_number(s, "contamination_score_threshold", &now) &&
           run_settings_number(s, "scores_of_threshold", &scan) && now == scan &&
           !run_settings_member(s, "evaluation_sets", &ignored) &&
           !run_settings_member(s, "suppress", &ignored);
}

static bool check_rules(const char *folder, const report_store *store, err *e)
{
    bool found = false;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO(run_settings) settings = {.settings = NULL};
    if (!report_file_text(store, folder, REJUDGE_RECORD, RECORD_MAX_BYTES, &text, &found, e))
        return false;
    if (!found)
        return true;
    run_settings_read(&settings, store, folder);
    return (str_equal(settings.source, REJUDGE_RECORD) && has_rules_of_scan(&settings)) ||
           err_set(e, ERR_USAGE,
                   "%s: decon rejudge has changed its verdicts, and a merged folder would lack "
                   "its rules; merge the reports of the scan (decon rejudge --in-place with its "
                   "threshold and without other rules restores them), then rejudge the merged ones",
                   folder);
}

/* --- files --- */

/* A ledger may lack files of a run that was killed. */
static bool check_files(const merge_facts *f, const merge_scans *s, err *e)
{
    const run_facts *a = &f->of[0], *b = &f->of[1];
    bool known = (a->found || a->files) && (b->found || b->files);
    if (!known || (a->files == b->files && a->lines == b->lines))
        return true;
    AUTO_FREE char *text = xasprintf("%s has %" PRIu64 " file%s with %" PRIu64
                                     " line%s, and %s %" PRIu64 " with %" PRIu64,
                                     s->folders[0], a->files, plural_s(a->files), a->lines,
                                     plural_s(a->lines), s->folders[1], b->files, b->lines);
    if (a->found && b->found)
        return err_set(e, ERR_USAGE, "%s; scan the same files with the new sets", text);
    log_warn("%s: the scans may have read other files; compare certificates of both", text);
    return true;
}

bool merge_facts_check(merge_facts *f, const merge_scans *s, const report_store *store, err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(f->of); i++) {
        if (!check_rules(s->folders[i], store, e))
            return false;
        run_facts_read(&f->of[i], store, s->folders[i]);
    }
    return check_files(f, s, e);
}

/* --- the record --- */

static bool is_added(const merge_scans *s, const run_facts *f, const json_node *set)
{
    const json_node *name = json_tree_member(&f->tree, set, SLICE_LIT("set"));
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    if (name)
        json_node_put_text(name, &text);
    return merge_scans_adds(s, buf_str(&text));
}

/* Those sets of a folder that its matches in the merged reports are of. */
static void put_sets_of(const merge_facts *f, const merge_scans *s, size_t folder, buf *out)
{
    const run_facts *facts = &f->of[folder];
    const json_node *root = facts->found ? json_tree_root(&facts->tree) : NULL;
    const json_node *sets = root ? json_tree_member(&facts->tree, root, SLICE_LIT("sets")) : NULL;
    for (const json_node *n = sets ? json_tree_first(&facts->tree, sets) : NULL; n;
         n = json_tree_next(&facts->tree, n)) {
        if (is_added(s, facts, n) != (folder == 1))
            continue;
        buf_append_str(out, out->len ? "," : "");
        buf_append_slice(out, n->value.raw);
    }
}

static void put_sets(const merge_facts *f, const merge_scans *s, buf *json)
{
    AUTO(buf) sets = BUF(RECORD_MAX_BYTES);
    put_sets_of(f, s, 0, &sets);
    put_sets_of(f, s, 1, &sets);
    buf_printf(json, "[%s]", buf_str(&sets));
}

static void put_value(const json_node *n, buf *json)
{
    const char *quote = n->value.type == JSON_STRING ? "\"" : "";
    buf_append_str(json, quote);
    buf_append_slice(json, n->value.raw);
    buf_append_str(json, quote);
}

bool merge_facts_write(const merge_facts *f, const merge_scans *s, const char *folder, err *e)
{
    const run_facts *old = &f->of[0];
    AUTO(buf) json = BUF(2 * RECORD_MAX_BYTES);
    AUTO_FREE char *dir = xasprintf("%s/_decon", folder);
    AUTO_FREE char *path = xasprintf("%s/detect.json", dir);
    if (!old->found)
        return true;
    for (const json_node *n = json_tree_first(&old->tree, json_tree_root(&old->tree)); n;
         n = json_tree_next(&old->tree, n)) {
        AUTO(buf) key = BUF(RECORD_MAX_BYTES);
        json_node_put_key(n, &key);
        json_key(&json, buf_str(&key));
        if (str_equal(buf_str(&key), "sets"))
            put_sets(f, s, &json);
        else
            put_value(n, &json);
    }
    json_close(&json);
    buf_append_char(&json, '\n');
    return fs_make_dirs(dir, e) && fs_write_file(path, buf_slice(&json), true, e);
}
