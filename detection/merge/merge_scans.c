#include "base/util.h"
#include "detection/merge/merge_scans.h"

#include <time.h>

#include "base/array.h"
#include "base/fsutil.h"
#include "base/json/json_write.h"

#define RECORD_MAX_BYTES ((size_t)64 << 20)
#define REPORT_SETS      "report_sets"
#define SEVERAL_SCANS    "scores_of_several_scans"

/* Settings that follow from the evaluation records. */
static bool may_differ(slice key)
{
    static const char *const keys[] = {"evaluation_records", "evaluation_records_digest",
                                       REPORT_SETS, "sample_evals", SEVERAL_SCANS};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (slice_equal_str(key, keys[i]))
            return true;
    return false;
}

static void on_difference(void *ctx, slice key, slice was, slice now)
{
    buf *words = ctx;
    if (may_differ(key))
        return;
    buf_printf(words, "%s%.*s %.*s and %.*s", words->len ? "; " : "", (int)key.len, key.data,
               (int)was.len, was.data, (int)now.len, now.data);
}

static bool have_same_settings(const merge_scans *s, err *e)
{
    AUTO(buf) words = BUF(400);
    run_settings_each_difference(&s->settings[0], &s->settings[1], on_difference, &words);
    return words.len == 0 ||
           err_set(e, ERR_USAGE,
                   "%s and %s: the settings differ (%s); scan with those of the first",
                   s->folders[0], s->folders[1], buf_str(&words));
}

static bool read_scan(merge_scans *s, size_t index, const report_store *store, err *e)
{
    run_settings *settings = &s->settings[index];
    AUTO(buf) fingerprint = BUF(256);
    run_settings_read_scan(settings, store, s->folders[index]);
    if (!settings->settings || !run_settings_text(settings, "fingerprint", &fingerprint))
        return err_set(e, ERR_USAGE,
                       "%s: no record of its settings (_decon/detect.json or _decon/settings/), so "
                       "its scores cannot be attributed; merge folders of decon detect or of the "
                       "orchestrator",
                       s->folders[index]);
    if (settings->records > 1)
        return err_set(e, ERR_USAGE,
                       "%s: its results are of several settings; merge folders of one",
                       s->folders[index]);
    s->fingerprints[index] = buf_give(&fingerprint);
    return true;
}

static void take_sets(merge_scans *s)
{
    const run_settings *added = &s->settings[1];
    const json_node *list = json_tree_member(&added->tree, added->settings, SLICE_LIT(REPORT_SETS));
    size_t count = 0;
    const json_node *n = list ? json_tree_first(&added->tree, list) : NULL;
    s->sets = xcalloc((list ? list->count : 0) + 1, sizeof *s->sets);
    for (; n; n = json_tree_next(&added->tree, n)) {
        AUTO(buf) name = BUF(RECORD_MAX_BYTES);
        json_node_put_text(n, &name);
        s->sets[count++] = buf_give(&name);
    }
}

static bool check_sets(const merge_scans *s, err *e)
{
    if (!s->sets[0])
        return err_set(e, ERR_USAGE,
                       "%s: the scan has reported all sets; make one with --report-sets SET,... "
                       "for the sets that are new",
                       s->folders[1]);
    const run_settings *old = &s->settings[0];
    return !json_tree_member(&old->tree, old->settings, SLICE_LIT(REPORT_SETS)) ||
           err_set(e, ERR_USAGE,
                   "%s: the scan has reported some sets only; name the reports of "
                   "all others first",
                   s->folders[0]);
}

bool merge_scans_read(merge_scans *s, const report_store *store, const char *old_folder,
                      const char *new_folder, err *e)
{
    *s = (merge_scans){.folders = {old_folder, new_folder}};
    if (!read_scan(s, 0, store, e) || !read_scan(s, 1, store, e))
        return false;
    take_sets(s);
    return check_sets(s, e) && have_same_settings(s, e);
}

bool merge_scans_adds(const merge_scans *s, const char *set)
{
    for (char **name = s->sets; *name; name++)
        if (str_equal(*name, set))
            return true;
    return false;
}

void merge_scans_deinit(merge_scans *s)
{
    for (size_t i = 0; s->sets && s->sets[i]; i++)
        free(s->sets[i]);
    free(s->sets);
    for (size_t i = 0; i < ARRAY_LEN(s->settings); i++) {
        run_settings_deinit(&s->settings[i]);
        free(s->fingerprints[i]);
    }
    *s = (merge_scans){.sets = NULL};
}

/* --- the record --- */

/* The settings of the newer scan, which apply to all sets. */
static void put_settings(const merge_scans *s, buf *json)
{
    const run_settings *added = &s->settings[1];
    AUTO(buf) own = BUF(RECORD_MAX_BYTES);
    for (const json_node *n = json_tree_first(&added->tree, added->settings); n;
         n = json_tree_next(&added->tree, n)) {
        AUTO(buf) key = BUF(RECORD_MAX_BYTES);
        json_node_put_key(n, &key);
        if (str_equal(buf_str(&key), REPORT_SETS) || str_equal(buf_str(&key), SEVERAL_SCANS))
            continue;
        json_key(&own, buf_str(&key));
        bool text = n->value.type == JSON_STRING;
        buf_append_str(&own, text ? "\"" : "");
        buf_append_slice(&own, n->value.raw);
        buf_append_str(&own, text ? "\"" : "");
    }
    json_member_bool(&own, SEVERAL_SCANS, true);
    json_close(&own);
    json_key(json, "settings");
    buf_append_slice(json, buf_slice(&own));
}

static void put_node(const run_settings *s, const char *key, buf *json)
{
    const json_node *n = run_settings_node(s, key);
    if (!n)
        return;
    json_key(json, key);
    buf_append_slice(json, n->value.raw);
}

/* The scans of a folder that was merged before, or the folder's scan. */
static void put_scans_of(const merge_scans *s, size_t folder, buf *list)
{
    const run_settings *settings = &s->settings[folder];
    const json_node *scans = run_settings_node(settings, "scans");
    AUTO(buf) one = BUF(RECORD_MAX_BYTES);
    buf_append_str(list, list->len ? "," : "");
    if (scans && scans->value.raw.len > 2) { /* without its brackets */
        buf_append(list, scans->value.raw.data + 1, scans->value.raw.len - 2);
        return;
    }
    put_node(settings, "filters", &one);
    json_member_string(&one, "fingerprint", slice_from(s->fingerprints[folder]));
    put_node(settings, "sets", &one);
    put_node(settings, "settings", &one);
    json_close(&one);
    buf_append_slice(list, buf_slice(&one));
}

static void put_scans(const merge_scans *s, buf *json)
{
    AUTO(buf) list = BUF(RECORD_MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(s->settings); i++)
        put_scans_of(s, i, &list);
    json_key(json, "scans");
    buf_printf(json, "[%s]", buf_str(&list));
}

static void put_time(buf *json)
{
    char text[40];
    time_t now = time(NULL);
    struct tm utc = {0};
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_member_string(json, "time", slice_from(text));
}

bool merge_record_write(const merge_scans *s, const run_facts *files, const char *folder, err *e)
{
    AUTO(buf) json = BUF(RECORD_MAX_BYTES);
    AUTO_FREE char *dir = xasprintf("%s/_decon", folder);
    AUTO_FREE char *path = xasprintf("%s/merge.json", dir);
    bool has_ledger = !files->found && files->files > 0; /* which the new folder has not */
    if (has_ledger)
        json_member_unsigned(&json, "files", files->files);
    json_member_string(&json, "fingerprint", slice_from(s->fingerprints[1]));
    json_member_int(&json, "format", 1);
    if (has_ledger)
        json_member_unsigned(&json, "lines", files->lines);
    put_scans(s, &json);
    put_settings(s, &json);
    put_time(&json);
    json_member_string(&json, "version", SLICE_LIT(DECON_VERSION));
    json_close(&json);
    buf_append_char(&json, '\n');
    return fs_make_dirs(dir, e) && fs_write_file(path, buf_slice(&json), true, e);
}
