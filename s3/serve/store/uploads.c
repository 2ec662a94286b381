#include "s3/serve/store/uploads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/store/upload_join.h"

/* Ids come from clients and become file names. */
static bool id_is_ours(const char *id)
{
    return strlen(id) == UPLOAD_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == UPLOAD_ID_SIZE - 1;
}

static char *upload_path(const upload_ref *u, const char *name)
{
    AUTO_FREE char *dir = store_uploads_path(u->store, u->bucket);
    return name ? xasprintf("%s/%s/%s", dir, u->id, name) : xasprintf("%s/%s", dir, u->id);
}

static bool make_id(char id[UPLOAD_ID_SIZE], err *e)
{
    uint8_t bytes[(UPLOAD_ID_SIZE - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return err_set_errno(e, ERR_IO, errno, "cannot read random bytes for an upload id");
    hex_encode(bytes, sizeof bytes, id);
    return true;
}

static bool write_meta(store *s, const char *dir, slice key, object_meta *meta, err *e)
{
    AUTO(incoming) empty = {.fd = -1};
    AUTO_FREE char *key_path = xasprintf("%s/key", dir);
    AUTO_FREE char *meta_path = xasprintf("%s/meta", dir);
    snprintf(meta->etag, sizeof meta->etag, "\"\"");
    return fs_make_dirs(dir, e) && fs_write_file(key_path, key, false, e) &&
           incoming_open_part(s, &empty, e) && object_file_write_meta(&empty, meta, e) &&
           fs_temp_commit(&empty.temp_path, meta_path, e);
}

bool upload_create(store *s, const char *bucket, slice key, object_meta *meta,
                   char id[UPLOAD_ID_SIZE], err *e)
{
    if (!store_bucket_check(s, bucket, e) || !make_id(id, e))
        return false;
    AUTO_FREE char *uploads = store_uploads_path(s, bucket);
    AUTO_FREE char *from = xasprintf("%s/tmp/%s", store_state(s), id);
    AUTO_FREE char *to = xasprintf("%s/%s", uploads, id);
    if (!write_meta(s, from, key, meta, e))
        return false;
    store_lock(s);
    bool ok = fs_make_dirs(uploads, e);
    if (ok && rename(from, to) != 0)
        ok = err_set_errno(e, ERR_IO, errno, "%s: cannot create", to);
    store_unlock(s);
    return ok;
}

bool upload_check(const upload_ref *u, err *e)
{
    if (!store_bucket_check(u->store, u->bucket, e))
        return false;
    if (!id_is_ours(u->id))
        return s3_refuse(e, REFUSE_NO_SUCH_UPLOAD);
    AUTO(buf) key = BUF(LAYOUT_KEY_BYTES_MAX);
    AUTO_FREE char *path = upload_path(u, "key");
    if (!fs_exists(path) || !fs_read_file(path, LAYOUT_KEY_BYTES_MAX, &key, e) ||
        !slice_equal(buf_slice(&key), u->key))
        return s3_refuse(e, REFUSE_NO_SUCH_UPLOAD);
    return true;
}

static char *part_path(const upload_ref *u, unsigned number)
{
    char name[16];
    snprintf(name, sizeof name, "%05u", number);
    return upload_path(u, name);
}

bool upload_meta_read(const upload_ref *u, object_meta *meta, err *e)
{
    if (!upload_check(u, e))
        return false;
    AUTO_FREE char *path = upload_path(u, "meta");
    AUTO_FD fd = object_file_open(path, meta, e);
    return fd >= 0 || s3_refuse(e, REFUSE_NO_SUCH_UPLOAD); /* it has ended meanwhile */
}

int upload_part_open(const upload_ref *u, unsigned number, object_meta *meta, err *e)
{
    AUTO_FREE char *path = part_path(u, number);
    return object_file_open(path, meta, e);
}

bool upload_put_part(const upload_ref *u, unsigned number, incoming *in, object_meta *meta, err *e)
{
    AUTO_FREE char *path = part_path(u, number);
    if (!object_file_write_meta(in, meta, e))
        return false;
    store_lock(u->store);
    bool ok = upload_check(u, e) && fs_temp_commit(&in->temp_path, path, e);
    store_unlock(u->store);
    return ok;
}

static bool commit(const upload_ref *u, incoming *whole, const commit_condition *condition,
                   object_meta *meta, err *e)
{
    AUTO_FREE char *dir = upload_path(u, NULL);
    store_lock(u->store);
    bool ok = upload_check(u, e) &&
              store_object_commit_locked(u->store, u->bucket, u->key, whole, meta, condition, e);
    err left = ERR_INIT;
    /* The object is committed: leftovers of the upload do not fail the request. */
    if (ok && !fs_remove_tree(dir, &left))
        log_warn("%s", left.message);
    store_unlock(u->store);
    return ok;
}

bool upload_complete(const upload_ref *u, const upload_ending *ending, object_meta *meta, err *e)
{
    AUTO(incoming) whole = {.fd = -1};
    return upload_meta_read(u, meta, e) && incoming_open(u->store, &whole, e) &&
           upload_join(u, ending, &whole, meta, e) &&
           commit(u, &whole, &ending->condition, meta, e);
}

bool upload_abort(const upload_ref *u, err *e)
{
    AUTO_FREE char *dir = upload_path(u, NULL);
    store_lock(u->store);
    bool ok = upload_check(u, e) && fs_remove_tree(dir, e);
    store_unlock(u->store);
    return ok;
}

typedef struct part_walk {
    const upload_ref *u;
    bool (*each)(void *ctx, unsigned number, const object_meta *meta, err *e);
    void *ctx;
} part_walk;

static bool on_part_name(void *ctx, const char *name, err *e)
{
    const part_walk *w = ctx;
    uint64_t number = 0;
    object_meta meta;
    if (!num_parse_u64(name, &number))
        return true; /* `key` and `meta` */
    AUTO_FREE char *path = upload_path(w->u, name);
    AUTO_FD fd = object_file_open(path, &meta, e);
    return fd >= 0 && w->each(w->ctx, (unsigned)number, &meta, e);
}

bool upload_each_part(const upload_ref *u,
                      bool (*each)(void *ctx, unsigned number, const object_meta *meta, err *e),
                      void *ctx, err *e)
{
    part_walk w = {u, each, ctx};
    AUTO_FREE char *dir = upload_path(u, NULL);
    return fs_each_name(dir, on_part_name, &w, e);
}

typedef struct list_walk {
    store *store;
    const char *bucket;
    upload_list *out;
} list_walk;

static bool on_upload_name(void *ctx, const char *id, err *e)
{
    UNUSED(e);
    list_walk *w = ctx;
    object_meta meta;
    AUTO(buf) key = BUF(LAYOUT_KEY_BYTES_MAX);
    upload_ref u = {w->store, w->bucket, {0}, id};
    AUTO_FREE char *key_path = upload_path(&u, "key");
    AUTO_FREE char *meta_path = upload_path(&u, "meta");
    if (!id_is_ours(id) || !fs_read_file(key_path, LAYOUT_KEY_BYTES_MAX, &key, NULL))
        return true; /* it has ended meanwhile */
    AUTO_FD fd = object_file_open(meta_path, &meta, NULL);
    if (fd < 0)
        return true;
    upload_list *list = w->out;
    ARRAY_RESERVE(list->items, list->capacity, list->count + 1);
    upload_info *info = &list->items[list->count++];
    *info = (upload_info){.key = buf_give(&key), .initiated_s = meta.modified_s};
    snprintf(info->id, sizeof info->id, "%s", id);
    return true;
}

static int compare_uploads(const void *left, const void *right)
{
    const upload_info *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    return order ? order : strcmp(a->id, b->id);
}

bool upload_list_read(store *s, const char *bucket, upload_list *out, err *e)
{
    list_walk w = {s, bucket, out};
    *out = (upload_list){0};
    AUTO_FREE char *dir = store_uploads_path(s, bucket);
    if (!store_bucket_check(s, bucket, e))
        return false;
    if (fs_exists(dir) && !fs_each_name(dir, on_upload_name, &w, e))
        return false;
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_uploads);
    return true;
}

void upload_list_deinit(upload_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].key);
    free(list->items);
    *list = (upload_list){0};
}
