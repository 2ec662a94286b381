/* cp --recursive: which files or keys lie below the source, and where each of them goes. */
#include "s3/cli/transfer.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "base/log.h"

typedef struct tree {
    cli_call call; /* first: cli_on_done's */
    const place *to;
    transfer_list *out;
    /* of local folders */
    const char *dir;      /* the folder that is read now */
    const char *relative; /* its path below the source: "" or "a/b/" */
    /* of objects */
    const s3_uri *source;
    char *prefix; /* the source's key, as a folder */
} tree;

static char *as_folder(const char *key)
{
    return key[0] && !str_ends_with(key, "/") ? xasprintf("%s/", key) : xstrdup(key);
}

/* The target of what has this path below the source. Names from a store cannot leave the folder. */
static bool target_of(const place *to, const char *relative, place *out, err *e)
{
    *out = (place){.is_object = to->is_object};
    if (to->is_object) {
        AUTO_FREE char *folder = as_folder(to->uri.key);
        out->uri.bucket = xstrdup(to->uri.bucket);
        out->uri.key = xasprintf("%s%s", folder, relative);
        return true;
    }
    out->path = fs_join_below(to->path, relative, e);
    if (!out->path)
        return false;
    AUTO_FREE char *parent = xstrndup(out->path, (size_t)(strrchr(out->path, '/') - out->path));
    return fs_make_dirs(parent, e);
}

static void add(tree *t, place *give_from, const char *relative)
{
    AUTO(place) to = {0};
    err e = ERR_INIT;
    if (target_of(t->to, relative, &to, &e)) {
        transfer_list_add(t->out, give_from, &to);
        return;
    }
    AUTO_FREE char *from = place_text(give_from);
    err_context(&e, "%s", from);
    cli_print_error(t->call.c, &e);
    place_deinit(give_from);
}

static bool list_dir(tree *t, const char *dir, const char *relative, err *e);

static bool on_name(void *ctx, const char *name, err *e)
{
    tree *t = ctx;
    struct stat st;
    AUTO_FREE char *path = xasprintf("%s%s%s", t->dir, str_ends_with(t->dir, "/") ? "" : "/", name);
    AUTO_FREE char *relative = xasprintf("%s%s", t->relative, name);
    if (lstat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s", path);
    if (S_ISDIR(st.st_mode)) {
        AUTO_FREE char *folder = xasprintf("%s/", relative);
        return list_dir(t, path, folder, e);
    }
    /* A link to a file is that file; links to folders are not followed: they may lead in circles */
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        log_warn("%s: is no regular file; left out", path);
        return true;
    }
    place from = {.path = move(path)};
    add(t, &from, relative);
    return true;
}

static bool list_dir(tree *t, const char *dir, const char *relative, err *e)
{
    tree inner = *t;
    inner.dir = dir;
    inner.relative = relative;
    return fs_each_name(dir, on_name, &inner, e);
}

static bool on_object(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    tree *t = ctx;
    const char *relative = object->key + strlen(t->prefix);
    /* Objects that stand for a folder have no place among files. */
    if (!relative[0] || (!t->to->is_object && str_ends_with(relative, "/")))
        return true;
    place from = {.is_object = true,
                  .uri = {.bucket = xstrdup(t->source->bucket), .key = xstrdup(object->key)}};
    add(t, &from, relative);
    return true;
}

static bool list_objects(cli *c, tree *t, err *e)
{
    s3_list_options options = {.bucket = t->source->bucket,
                               .prefix = t->prefix,
                               .on_object = on_object,
                               .on_done = cli_on_done,
                               .ctx = t};
    return cli_await(&t->call, s3_list(c->client, &options), e);
}

bool copy_tree_list(cli *c, const place *from, const place *to, transfer_list *out, err *e)
{
    tree t = {.call = {.c = c}, .to = to, .out = out, .source = &from->uri};
    if (!from->is_object)
        return list_dir(&t, from->path, "", e);
    AUTO_FREE char *prefix = as_folder(from->uri.key);
    t.prefix = prefix;
    if (!list_objects(c, &t, e))
        return false;
    if (out->count == 0 && c->errors == 0)
        return err_set(e, ERR_S3_NOT_FOUND, "s3://%s/%s: holds no objects", from->uri.bucket,
                       prefix);
    return true;
}
