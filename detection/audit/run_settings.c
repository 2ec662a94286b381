#include "base/util.h"
#include "detection/audit/run_settings.h"

#include "detection/reports/report_files.h"

#define RECORD_MAX_BYTES ((size_t)16 << 20)
#define DETECT_RECORD    "_decon/detect.json"
#define REJUDGE_RECORD   "_decon/rejudge.json"
#define MERGE_RECORD     "_decon/merge.json"
#define SETTINGS_FOLDER  "_decon/settings"

void run_settings_deinit(run_settings *s)
{
    json_tree_deinit(&s->tree);
    buf_deinit(&s->text);
    *s = (run_settings){0};
}

typedef struct reading {
    run_settings *s;
    const report_store *store;
    const char *dir;
} reading;

bool run_settings_parse(run_settings *s, slice text)
{
    err e = ERR_INIT;
    *s = (run_settings){.text = BUF(RECORD_MAX_BYTES), .source = s->source};
    buf_append_slice(&s->text, text);
    if (!s->text.overflow && json_tree_read(&s->tree, buf_slice(&s->text), &e))
        s->settings = json_tree_member(&s->tree, json_tree_root(&s->tree), SLICE_LIT("settings"));
    if (s->settings && s->settings->value.type == JSON_OBJECT) {
        s->records = 1;
        return true;
    }
    run_settings_deinit(s);
    return false;
}

static bool take_record(const reading *r, const char *name)
{
    run_settings *s = r->s;
    err e = ERR_INIT;
    bool found;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    run_settings record = {.source = s->source};
    if (!report_file_text(r->store, r->dir, name, RECORD_MAX_BYTES, &text, &found, &e) || !found ||
        !run_settings_parse(&record, buf_slice(&text)))
        return false;
    if (s->records++ == 0)
        *s = record;
    else
        run_settings_deinit(&record);
    return true;
}

static bool take_name(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    AUTO_FREE char *path = xasprintf(SETTINGS_FOLDER "/%s", name);
    if (str_ends_with(name, ".json"))
        (void)take_record(ctx, path);
    return true;
}

void run_settings_read_scan(run_settings *s, const report_store *store, const char *dir)
{
    err e = ERR_INIT;
    *s = (run_settings){.source = MERGE_RECORD};
    reading r = {.s = s, .store = store, .dir = dir};
    if (take_record(&r, MERGE_RECORD))
        return;
    s->source = DETECT_RECORD;
    if (take_record(&r, DETECT_RECORD))
        return;
    s->source = SETTINGS_FOLDER;
    if (!report_file_names(store, dir, SETTINGS_FOLDER, take_name, &r, &e))
        s->records = s->settings ? s->records : 0;
}

void run_settings_read(run_settings *s, const report_store *store, const char *dir)
{
    *s = (run_settings){.source = REJUDGE_RECORD};
    reading r = {.s = s, .store = store, .dir = dir};
    if (!take_record(&r, REJUDGE_RECORD))
        run_settings_read_scan(s, store, dir);
}

bool run_settings_are_of_runs(const run_settings *s)
{
    return str_equal(s->source, SETTINGS_FOLDER);
}

static void put_value(const json_node *n, buf *out)
{
    if (n->value.type == JSON_STRING)
        json_node_put_text(n, out);
    else
        buf_append_slice(out, n->value.raw);
}

static bool put_member(const run_settings *s, const json_node *object, const char *key, buf *out)
{
    const json_node *n = object ? json_tree_member(&s->tree, object, slice_from(key)) : NULL;
    if (n)
        put_value(n, out);
    return n;
}

const json_node *run_settings_node(const run_settings *s, const char *key)
{
    return s->settings ? json_tree_member(&s->tree, json_tree_root(&s->tree), slice_from(key))
                       : NULL;
}

bool run_settings_text(const run_settings *s, const char *key, buf *out)
{
    return put_member(s, s->settings ? json_tree_root(&s->tree) : NULL, key, out);
}

bool run_settings_member(const run_settings *s, const char *key, buf *out)
{
    return put_member(s, s->settings, key, out);
}

void run_settings_each(const run_settings *s,
                       void (*each)(void *ctx, const char *key, const char *value), void *ctx)
{
    for (const json_node *n = s->settings ? json_tree_first(&s->tree, s->settings) : NULL; n;
         n = json_tree_next(&s->tree, n)) {
        AUTO(buf) key = BUF(RECORD_MAX_BYTES);
        AUTO(buf) value = BUF(RECORD_MAX_BYTES);
        json_node_put_key(n, &key);
        put_value(n, &value);
        each(ctx, buf_str(&key), buf_str(&value));
    }
}

bool run_settings_number(const run_settings *s, const char *key, double *out)
{
    char text[64];
    const json_node *n =
        s->settings ? json_tree_member(&s->tree, s->settings, slice_from(key)) : NULL;
    if (!n || n->value.type != JSON_NUMBER || n->value.raw.len >= sizeof text)
        return false;
    memcpy(text, n->value.raw.data, n->value.raw.len);
    text[n->value.raw.len] = '\0';
    *out = strtod(text, NULL);
    return true;
}

static slice value_of(const json_node *node)
{
    return node ? node->value.raw : (slice){0};
}

void run_settings_each_difference(const run_settings *a, const run_settings *b,
                                  void (*each)(void *ctx, slice key, slice was, slice now),
                                  void *ctx)
{
    if (!a->settings || !b->settings)
        return;
    for (const json_node *n = json_tree_first(&a->tree, a->settings); n;
         n = json_tree_next(&a->tree, n)) {
        slice now = value_of(json_tree_member(&b->tree, b->settings, n->key.raw));
        if (!slice_equal(value_of(n), now))
            each(ctx, n->key.raw, value_of(n), now);
    }
    for (const json_node *n = json_tree_first(&b->tree, b->settings); n;
         n = json_tree_next(&b->tree, n))
        if (!json_tree_member(&a->tree, a->settings, n->key.raw))
            each(ctx, n->key.raw, (slice){0}, value_of(n));
}
