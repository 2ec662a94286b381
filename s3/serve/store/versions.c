#include "s3/serve/store/versions.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fsutil.h"
#include "base/util.h"
#include "s3/serve/store/key_layout.h"

#define PATH_BYTES_MAX  8192
#define STATE_BYTES_MAX 32
#define NULL_ID         "null"

/* --- the bucket's state --- */

static char *state_path(const store *s, const char *bucket)
{
    return xasprintf("%s/versioning/%s", store_state(s), bucket);
}

char *versions_root(const store *s, const char *bucket)
{
    return xasprintf("%s/versions/%s", store_state(s), bucket);
}

versioning versions_state(const store *s, const char *bucket)
{
    AUTO(buf) text = BUF(STATE_BYTES_MAX);
    AUTO_FREE char *path = state_path(s, bucket);
    if (store_is_folder(s) || !fs_exists(path) || !fs_read_file(path, STATE_BYTES_MAX, &text, NULL))
        return VERSIONING_NEVER;
    return str_equal(buf_str(&text), "Enabled") ? VERSIONING_ENABLED : VERSIONING_SUSPENDED;
}

bool versions_set_state(store *s, const char *bucket, versioning state, err *e)
{
    AUTO_FREE char *dir = xasprintf("%s/versioning", store_state(s));
    AUTO_FREE char *path = state_path(s, bucket);
    if (store_is_folder(s))
        return s3_refuse_because(e, REFUSE_NOT_IMPLEMENTED,
                                 "A folder of files has no versions; use a store of this server.");
    store_lock(s);
    bool ok = store_bucket_check(s, bucket, e) && fs_make_dirs(dir, e) &&
              fs_write_file(path, slice_from(state == VERSIONING_ENABLED ? "Enabled" : "Suspended"),
                            false, e);
    store_unlock(s);
    return ok;
}

/* --- the versions of one key --- */

const char *versions_id(const object_meta *meta)
{
    return meta->version[0] ? meta->version : NULL_ID;
}

typedef struct version_names {
    char **items; /* "<number>-<id>", newest first */
    size_t count;
} version_names;

static void version_names_deinit(version_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}
DEFINE_AUTO(version_names, version_names_deinit)

static char *layout_path(const char *root, slice key, err *e)
{
    AUTO(buf) path = BUF(PATH_BYTES_MAX);
    buf_printf(&path, "%s/", root);
    if (layout_key_path(key, &path))
        return buf_give(&path);
    s3_refuse(e, REFUSE_KEY_TOO_LONG);
    return NULL;
}

static char *current_path(const store *s, const char *bucket, slice key, err *e)
{
    AUTO_FREE char *root = store_bucket_path(s, bucket);
    return layout_path(root, key, e);
}

static char *versions_dir(const store *s, const char *bucket, slice key, err *e)
{
    AUTO_FREE char *root = versions_root(s, bucket);
    return layout_path(root, key, e);
}

static bool on_name(void *ctx, const char *name, err *e)
{
    version_names *names = ctx;
    UNUSED(e);
    if (strchr(name, '-'))
        *ARRAY_ADD(names->items, names->count) = xstrdup(name);
    return true;
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(char *const *)b, *(char *const *)a);
}

static bool read_names(const char *dir, version_names *names, err *e)
{
    if (fs_exists(dir) && !fs_each_name(dir, on_name, names, e))
        return false;
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, newest_first);
    return true;
}

static const char *id_of(const char *name)
{
    return strchr(name, '-') + 1;
}

/* An object file; false if it does not exist. */
static bool read_meta(const char *path, object_meta *meta)
{
    AUTO_FD fd = object_file_open(path, meta, NULL);
    return fd >= 0;
}

static bool each_locked(const store *s, const char *bucket, slice key, versions_each_fn each,
                        void *ctx, err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    AUTO(version_names) names = {0};
    AUTO_FREE char *dir = versions_dir(s, bucket, key, e);
    char current_id[VERSION_ID_SIZE] = "";
    if (!dir || !read_names(dir, &names, e))
        return false;
    AUTO_FD fd = store_object_open(s, bucket, key, meta, NULL);
    bool has_current = fd >= 0;
    if (has_current) {
        snprintf(current_id, sizeof current_id, "%s", versions_id(meta));
        if (!each(ctx, meta, true, e))
            return false;
    }
    for (size_t i = 0; i < names.count; i++) {
        AUTO_FREE char *file = xasprintf("%s/%s", dir, names.items[i]);
        if (str_equal(id_of(names.items[i]), current_id) || !read_meta(file, meta))
            continue;
        if (!each(ctx, meta, !has_current && i == 0, e))
            return false;
    }
    return true;
}

bool versions_each(store *s, const char *bucket, slice key, versions_each_fn each, void *ctx,
                   err *e)
{
    store_lock(s);
    bool ok = each_locked(s, bucket, key, each, ctx, e);
    store_unlock(s);
    return ok;
}

static bool take_marker(void *ctx, const object_meta *meta, bool is_latest, err *e)
{
    object_meta *marker = ctx;
    if (is_latest && meta->is_marker)
        *marker = *meta;
    return err_set(e, ERR_CANCELLED, "the latest version is enough");
}

bool versions_marker(store *s, const char *bucket, slice key, object_meta *meta)
{
    err unused = ERR_INIT;
    *meta = (object_meta){0};
    if (versions_state(s, bucket) == VERSIONING_NEVER)
        return false;
    (void)!versions_each(s, bucket, key, take_marker, meta, &unused);
    return meta->is_marker;
}

char *versions_find_locked(const store *s, const char *bucket, slice key, const char *id,
                           object_meta *meta, err *e)
{
    AUTO(version_names) names = {0};
    AUTO_FREE char *path = current_path(s, bucket, key, e);
    AUTO_FREE char *dir = path ? versions_dir(s, bucket, key, e) : NULL;
    if (!dir)
        return NULL;
    if (read_meta(path, meta) && str_equal(versions_id(meta), id))
        return move(path);
    if (!read_names(dir, &names, e))
        return NULL;
    for (size_t i = 0; i < names.count; i++) {
        AUTO_FREE char *file = xasprintf("%s/%s", dir, names.items[i]);
        if (str_equal(id_of(names.items[i]), id) && read_meta(file, meta))
            return move(file);
    }
    s3_refuse(e, REFUSE_NO_SUCH_VERSION);
    return NULL;
}

/* --- changes --- */

static bool make_id(char id[VERSION_ID_SIZE], err *e)
{
    uint8_t bytes[(VERSION_ID_SIZE - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return err_set_errno(e, ERR_IO, errno, "cannot read random bytes for a version id");
    hex_encode(bytes, sizeof bytes, id);
    return true;
}

/* The file of a new entry: above all others of the key. */
static char *next_file(const char *dir, const version_names *names, const char *id)
{
    unsigned long number = names->count > 0 ? strtoul(names->items[0], NULL, 10) + 1 : 1;
    return xasprintf("%s/%010lu-%s", dir, number, id);
}

static bool link_current(const char *path, const char *dir, const char *id, err *e)
{
    AUTO(version_names) names = {0};
    if (!fs_make_dirs(dir, e) || !read_names(dir, &names, e))
        return false;
    if (names.count > 0 && str_equal(id_of(names.items[0]), id))
        return true; /* by a server that was killed */
    AUTO_FREE char *file = next_file(dir, &names, id);
    return link(path, file) == 0 || err_set_errno(e, ERR_IO, errno, "%s: cannot create", file);
}

/* The version `null` among the kept ones. */
static bool drop_null(const char *dir, err *e)
{
    AUTO(version_names) names = {0};
    if (!read_names(dir, &names, e))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        AUTO_FREE char *file = xasprintf("%s/%s", dir, names.items[i]);
        if (str_equal(id_of(names.items[i]), NULL_ID) && !fs_remove(file, e))
            return false;
    }
    return true;
}

bool versions_keep_locked(store *s, const char *bucket, slice key, const char *path,
                          object_meta *next, err *e)
{
    AUTO_FREE object_meta *current = xcalloc(1, sizeof *current);
    versioning state = versions_state(s, bucket);
    next->version[0] = '\0';
    if (state == VERSIONING_NEVER)
        return true;
    AUTO_FREE char *dir = versions_dir(s, bucket, key, e);
    if (!dir || (state == VERSIONING_ENABLED && !make_id(next->version, e)))
        return false;
    bool exists = read_meta(path, current);
    bool replaces = state == VERSIONING_SUSPENDED && !current->version[0];
    if (exists && !replaces && !link_current(path, dir, versions_id(current), e))
        return false;
    return state == VERSIONING_ENABLED || drop_null(dir, e);
}

bool versions_mark_locked(store *s, const char *bucket, slice key, object_meta *marker, err *e)
{
    AUTO(incoming) empty = {.fd = -1};
    AUTO(version_names) names = {0};
    AUTO_FREE char *dir = versions_dir(s, bucket, key, e);
    marker->is_marker = true;
    snprintf(marker->etag, sizeof marker->etag, "\"\"");
    if (!dir || !fs_make_dirs(dir, e) || !read_names(dir, &names, e))
        return false;
    AUTO_FREE char *file = next_file(dir, &names, versions_id(marker));
    return incoming_open_part(s, &empty, e) && object_file_write_meta(&empty, marker, e) &&
           fs_temp_commit(&empty.temp_path, file, e);
}

/* Makes the newest kept version the current one, unless it is a marker: first a second name, so that
 * the key always has a version. `but` is being removed. */
static bool promote(const char *path, const char *dir, const version_names *names, const char *but,
                    char **promoted, err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    *promoted = NULL;
    for (size_t i = 0; i < names->count; i++) {
        AUTO_FREE char *file = xasprintf("%s/%s", dir, names->items[i]);
        if (str_equal(id_of(names->items[i]), but) || !read_meta(file, meta))
            continue;
        if (meta->is_marker)
            return true;
        AUTO_FREE char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
        if (!fs_make_dirs(parent, e))
            return false;
        if (link(file, path) != 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot create", path);
        *promoted = move(file);
        return true;
    }
    return true;
}

/* One rename replaces the current version by the newest kept one. */
static bool remove_current(const char *path, const char *dir, const version_names *names,
                           const char *id, err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    for (size_t i = 0; i < names->count; i++) {
        AUTO_FREE char *file = xasprintf("%s/%s", dir, names->items[i]);
        if (str_equal(id_of(names->items[i]), id)) {
            if (!fs_remove(file, e))
                return false;
        } else if (read_meta(file, meta)) {
            if (meta->is_marker)
                break;
            return rename(file, path) == 0 ||
                   err_set_errno(e, ERR_IO, errno, "%s: cannot replace", path);
        }
    }
    return fs_remove(path, e);
}

static bool remove_kept(const char *file, const char *path, const char *dir,
                        const version_names *names, const char *id, err *e)
{
    AUTO_FREE char *promoted = NULL;
    bool is_newest = names->count > 0 && str_equal(id_of(names->items[0]), id);
    if (is_newest && !fs_exists(path) && !promote(path, dir, names, id, &promoted, e))
        return false;
    return fs_remove(file, e) && (!promoted || fs_remove(promoted, e));
}

bool versions_remove_locked(store *s, const char *bucket, slice key, const char *id,
                            object_meta *removed, err *e)
{
    AUTO(version_names) names = {0};
    err missing = ERR_INIT;
    *removed = (object_meta){0};
    AUTO_FREE char *file = versions_find_locked(s, bucket, key, id, removed, &missing);
    AUTO_FREE char *path = current_path(s, bucket, key, e);
    AUTO_FREE char *dir = path ? versions_dir(s, bucket, key, e) : NULL;
    if (!dir)
        return false;
    if (!file && s3_is_refusal(&missing, REFUSE_NO_SUCH_VERSION))
        return true;
    if (!file || !read_names(dir, &names, e)) {
        if (!file)
            *e = missing;
        return false;
    }
    return str_equal(file, path) ? remove_current(path, dir, &names, id, e)
                                 : remove_kept(file, path, dir, &names, id, e);
}
