#include "base/util.h"
#include "detection/rejudge/rejudge_record.h"

#include "base/fsutil.h"
#include "base/json/json_write.h"
#include "detection/reports/report_files.h"

#define RECORD_MAX_BYTES REJUDGE_RECORD_MAX_BYTES
#define THRESHOLD_KEY    "contamination_score_threshold"

static void put_value(const json_node *n, buf *json)
{
    const char *quote = n->value.type == JSON_STRING ? "\"" : "";
    buf_append_str(json, quote);
    buf_append_slice(json, n->value.raw);
    buf_append_str(json, quote);
}

static void put_threshold(const rejudge_record *r, buf *json)
{
    json_key(json, THRESHOLD_KEY);
    buf_printf(json, "%.7g", (double)r->rules->threshold);
}

static void put_sets(const rejudge_record *r, buf *json)
{
    const char *separator = "[";
    json_key(json, "evaluation_sets");
    for (char *const *set = r->rules->sets; *set; set++, separator = ",") {
        buf_append_str(json, separator);
        json_put_string(json, slice_from(*set));
    }
    buf_append_char(json, ']');
}

/* The scan's settings, with the current threshold and selection of sets. */
static void put_settings(const rejudge_record *r, buf *json)
{
    const run_settings *s = r->scan;
    AUTO(buf) own = BUF(RECORD_MAX_BYTES);
    if (!s->settings)
        put_threshold(r, &own);
    for (const json_node *n = s->settings ? json_tree_first(&s->tree, s->settings) : NULL; n;
         n = json_tree_next(&s->tree, n)) {
        AUTO(buf) key = BUF(RECORD_MAX_BYTES);
        json_node_put_key(n, &key);
        if (str_equal(buf_str(&key), THRESHOLD_KEY)) {
            put_threshold(r, &own);
            continue;
        }
        json_key(&own, buf_str(&key));
        put_value(n, &own);
    }
    json_key(&own, "scores_of_threshold");
    buf_printf(&own, "%.7g", (double)r->rules->scan_threshold);
    if (r->rules->sets && r->rules->sets[0])
        put_sets(r, &own);
    if (r->suppress)
        json_member_string(&own, "suppress", slice_from(r->suppress));
    json_close(&own);
    json_key(json, "settings");
    buf_append_slice(json, buf_slice(&own));
}

static void put_totals(const rejudge_result *t, buf *json)
{
    json_member_unsigned(json, "changed_files", t->count);
    json_member_unsigned(json, "contaminated", t->contaminated);
    json_member_unsigned(json, "contaminated_lines", t->total.lines);
}

void rejudge_record_put(const rejudge_record *r, buf *json)
{
    if (r->result)
        put_totals(r->result, json);
    /* Reports that were left as they were have other verdicts, or are not in the new folder. */
    json_member_bool(json, "complete", r->result && r->result->bad_files == 0);
    if (r->files > 0)
        json_member_unsigned(json, "files", r->files);
    json_member_int(json, "format", 1);
    if (r->lines > 0)
        json_member_unsigned(json, "lines", r->lines);
    if (r->result)
        json_member_unsigned(json, "matches", r->result->total.matches);
    if (r->rules_digest)
        json_member_string(json, "rules", slice_from(r->rules_digest));
    put_settings(r, json);
    json_member_string(json, "time", slice_from(r->time));
    json_member_string(json, "version", SLICE_LIT(DECON_VERSION));
    json_close(json);
    buf_append_char(json, '\n');
}

bool rejudge_record_write(const rejudge_record *r, const char *folder, err *e)
{
    AUTO(buf) json = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *dir = xasprintf("%s/_decon", folder);
    AUTO_FREE char *path = xasprintf("%s/rejudge.json", dir);
    rejudge_record_put(r, &json);
    return fs_make_dirs(dir, e) && fs_write_file(path, buf_slice(&json), true, e);
}

typedef struct copying {
    const report_store *store;
    const char *from, *to;
    const char *folder; /* of the records that are being copied */
} copying;

static bool copy_record(const copying *c, const char *name, err *e)
{
    bool found;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *path = xasprintf("%s/%s", c->to, name);
    if (!report_file_text(c->store, c->from, name, RECORD_MAX_BYTES, &text, &found, e))
        return false;
    AUTO_FREE char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return !found || (fs_make_dirs(dir, e) && fs_write_file(path, buf_slice(&text), true, e));
}

static bool copy_name(void *ctx, const char *name, err *e)
{
    const copying *c = ctx;
    AUTO_FREE char *path = xasprintf("%s/%s", c->folder, name);
    return strchr(name, '/') || !str_ends_with(name, ".json") || copy_record(c, path, e);
}

static bool copy_records(copying *c, const char *folder, err *e)
{
    c->folder = folder;
    return report_file_names(c->store, c->from, folder, copy_name, c, e);
}

bool rejudge_record_copy(const report_store *store, const char *from, const char *to, err *e)
{
    copying c = {.store = store, .from = from, .to = to};
    return copy_record(&c, "_decon/detect.json", e) && copy_record(&c, "_decon/merge.json", e) &&
           copy_records(&c, "_decon/settings", e) && copy_records(&c, "_decon/recall", e);
}
