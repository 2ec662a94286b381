#include "base/util.h"
#include "detection/compare/run_settings.h"

#include "base/fsutil.h"

#define RECORD_MAX_BYTES ((size_t)16 << 20)

void run_settings_deinit(run_settings *s)
{
    json_tree_deinit(&s->tree);
    buf_deinit(&s->text);
    *s = (run_settings){0};
}

static bool take_record(run_settings *s, const char *path)
{
    err e = ERR_INIT;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO(json_tree) tree = {0};
    if (!fs_read_file(path, RECORD_MAX_BYTES, &text, &e) ||
        !json_tree_read(&tree, buf_slice(&text), &e))
        return false;
    const json_node *settings =
        json_tree_member(&tree, json_tree_root(&tree), SLICE_LIT("settings"));
    if (!settings || settings->value.type != JSON_OBJECT)
        return false;
    if (s->records++ > 0)
        return true;
    s->text = text;
    s->tree = tree;
    s->settings = settings;
    text = (buf)BUF(0);
    tree = (json_tree){0};
    return true;
}

typedef struct walk {
    run_settings *s;
    const char *dir;
} walk;

static bool take_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    UNUSED(e);
    AUTO_FREE char *path = xasprintf("%s/%s", w->dir, name);
    if (str_ends_with(name, ".json"))
        (void)take_record(w->s, path);
    return true;
}

void run_settings_read(run_settings *s, const char *dir)
{
    err e = ERR_INIT;
    AUTO_FREE char *record = xasprintf("%s/_decon/detect.json", dir);
    AUTO_FREE char *folder = xasprintf("%s/_decon/settings", dir);
    *s = (run_settings){0};
    walk w = {.s = s, .dir = folder};
    if (!take_record(s, record) && fs_exists(folder) && !fs_each_name(folder, take_name, &w, &e))
        s->records = s->settings ? s->records : 0;
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
