/* Objects of a store: open, commit under a condition, remove, change tags. */
#include "base/util.h"
#include "s3/serve/store/store.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "s3/serve/store/folder.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/store/versions.h"

#define PATH_BYTES_MAX 8192

/* Of an object, or of the metadata of a folder's file. */
static char *object_path(const store *s, const char *bucket, slice key, err *e)
{
    AUTO(buf) path = BUF(PATH_BYTES_MAX);
    buf_printf(&path, "%s/%s/%s/", store_state(s), store_is_folder(s) ? "meta" : "buckets", bucket);
    if (layout_key_path(key, &path))
        return buf_give(&path);
    s3_refuse(e, REFUSE_KEY_TOO_LONG);
    return NULL;
}

/* Reads the recorded metadata of the file, if they belong to its current version. */
static bool read_note(const char *path, const struct stat *st, object_meta *meta)
{
    AUTO_FD fd = object_file_open(path, meta, NULL);
    bool current = fd >= 0 && meta->file_inode == st->st_ino &&
                   meta->file_changed_ns == folder_changed_ns(st) &&
                   meta->size_bytes == (uint64_t)st->st_size;
    meta->data_offset = 0;
    return current;
}

static int open_folder_object(const store *s, const char *bucket, slice key, object_meta *meta,
                              err *e)
{
    struct stat st;
    AUTO_FREE char *bucket_path = store_bucket_path(s, bucket);
    AUTO_FREE char *note = object_path(s, bucket, key, e);
    AUTO_FD fd = note ? folder_open(bucket_path, key, e) : -1;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot read", bucket_path);
        return -1;
    }
    if (!read_note(note, &st, meta))
        folder_describe(&st, meta);
    int taken = fd;
    fd = -1;
    return taken;
}

int store_object_open(const store *s, const char *bucket, slice key, object_meta *meta, err *e)
{
    if (store_is_folder(s))
        return open_folder_object(s, bucket, key, meta, e);
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    return path ? object_file_open(path, meta, e) : -1;
}

bool store_object_stat(const store *s, const char *bucket, slice key, object_meta *meta, err *e)
{
    AUTO_FD fd = store_object_open(s, bucket, key, meta, e);
    return fd >= 0;
}

int store_version_open(store *s, const char *bucket, slice key, const char *version,
                       object_meta *meta, err *e)
{
    if (!version || store_is_folder(s)) {
        int fd = store_object_open(s, bucket, key, meta, e);
        if (fd < 0 || !version || str_equal(version, versions_id(meta)))
            return fd;
        close(fd);
        s3_refuse(e, REFUSE_NO_SUCH_VERSION);
        return -1;
    }
    store_lock(s);
    AUTO_FREE char *path = versions_find_locked(s, bucket, key, version, meta, e);
    int fd = path ? object_file_open(path, meta, e) : -1;
    store_unlock(s);
    return fd;
}

/* Removes empty directories, up to the bucket's own. */
static void remove_empty_dirs(char *path, size_t bucket_len)
{
    for (;;) {
        char *slash = strrchr(path, '/');
        if (!slash || (size_t)(slash - path) <= bucket_len)
            return;
        *slash = '\0';
        if (rmdir(path) != 0)
            return;
    }
}

bool etag_listed(const char *list, const char *etag)
{
    slice ours = slice_from(etag);
    slice bare = ours.len >= 2 ? (slice){etag + 1, ours.len - 2} : ours;
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        slice one = slice_trim((slice){at, len});
        if (slice_equal(one, ours) || slice_equal(one, bare) || slice_equal_str(one, "*"))
            return true;
        at += len + (at[len] == ',');
    }
    return false;
}

static bool check_condition(const store *s, const char *bucket, slice key,
                            const commit_condition *condition, err *e)
{
    object_meta existing;
    if (!condition || (!condition->if_match && !condition->if_none_match))
        return true;
    bool exists = store_object_stat(s, bucket, key, &existing, e);
    if (!exists && !s3_is_refusal(e, REFUSE_NO_SUCH_KEY))
        return false;
    if (condition->if_match && !exists)
        return false;
    *e = (err)ERR_INIT;
    bool refused = (exists && condition->if_none_match) ||
                   (condition->if_match && !etag_listed(condition->if_match, existing.etag));
    return !refused || s3_refuse(e, REFUSE_PRECONDITION_FAILED);
}

static bool place(incoming *in, const char *path, err *e)
{
    AUTO_FREE char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return fs_make_dirs(parent, e) && fs_temp_commit(&in->temp_path, path, e);
}

/* Writes the metadata of a folder's file, bound to its version. */
static bool write_note(store *s, const char *bucket, slice key, int fd, object_meta *meta, err *e)
{
    struct stat st;
    AUTO(incoming) note = {.fd = -1};
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    if (!path || fstat(fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot write metadata", bucket);
    meta->file_inode = st.st_ino;
    meta->file_changed_ns = folder_changed_ns(&st);
    meta->modified_s = st.st_mtim.tv_sec;
    return incoming_open_part(s, &note, e) && object_file_write_block(note.fd, meta, e) &&
           place(&note, path, e);
}

/* The metadata is written first: it does not match the file that is replaced, which then has
 * none. */
static bool place_in_folder(store *s, const char *bucket, slice key, incoming *in,
                            object_meta *meta, err *e)
{
    AUTO_FREE char *bucket_path = store_bucket_path(s, bucket);
    int prepared = -1;
    if (!folder_prepare(bucket_path, key, &prepared, e))
        return false;
    AUTO_FD dir = prepared;
    if (!write_note(s, bucket, key, in->fd, meta, e) || !folder_place(dir, key, in->temp_path, e))
        return false;
    free(move(in->temp_path));
    return true;
}

bool store_object_commit_locked(store *s, const char *bucket, slice key, incoming *in,
                                object_meta *meta, const commit_condition *condition, err *e)
{
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    return path && store_bucket_check(s, bucket, e) &&
           check_condition(s, bucket, key, condition, e) &&
           versions_keep_locked(s, bucket, key, path, meta, e) &&
           object_file_write_meta(in, meta, e) &&
           (store_is_folder(s) ? place_in_folder(s, bucket, key, in, meta, e) : place(in, path, e));
}

bool store_object_commit(store *s, const char *bucket, slice key, incoming *in, object_meta *meta,
                         const commit_condition *condition, err *e)
{
    store_lock(s);
    bool ok = store_object_commit_locked(s, bucket, key, in, meta, condition, e);
    store_unlock(s);
    return ok;
}

static bool unlink_object(char *path, size_t bucket_len, err *e)
{
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
    remove_empty_dirs(path, bucket_len);
    return true;
}

/* The object, and what is kept of its versions. */
static bool remove_locked(store *s, const char *bucket, slice key, char *path, object_removal *r,
                          err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    AUTO_FREE char *bucket_path = store_bucket_path(s, bucket);
    AUTO_FREE char *notes = xasprintf("%s/meta/%s", store_state(s), bucket);
    bool is_folder = store_is_folder(s);
    versioning state = versions_state(s, bucket);
    if (r->version && !is_folder && !versions_remove_locked(s, bucket, key, r->version, meta, e))
        return false;
    if (!r->version && state != VERSIONING_NEVER &&
        (!versions_keep_locked(s, bucket, key, path, meta, e) ||
         !versions_mark_locked(s, bucket, key, meta, e)))
        return false;
    if (state != VERSIONING_NEVER)
        snprintf(r->id, sizeof r->id, "%s", r->version ? r->version : versions_id(meta));
    r->is_marker = meta->is_marker;
    if (r->version && !is_folder)
        return true;
    return (!is_folder || folder_remove(bucket_path, key, e)) &&
           unlink_object(path, strlen(is_folder ? notes : bucket_path), e);
}

static void tidy(const store *s, const char *bucket, slice key)
{
    AUTO(buf) file = BUF(PATH_BYTES_MAX);
    AUTO_FREE char *root = versions_root(s, bucket);
    AUTO_FREE char *top = store_bucket_path(s, bucket);
    buf_printf(&file, "%s/", root);
    if (layout_key_path(key, &file) && buf_append_str(&file, "/x"))
        remove_empty_dirs(file.data, strlen(root));
    buf_clear(&file);
    buf_printf(&file, "%s/", top);
    if (layout_key_path(key, &file))
        remove_empty_dirs(file.data, strlen(top));
}

bool store_object_remove(store *s, const char *bucket, slice key, object_removal *r, err *e)
{
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    if (!path)
        return false;
    r->id[0] = '\0';
    if (store_is_folder(s) && r->version && !str_equal(r->version, "null"))
        return true;
    store_lock(s);
    bool ok = check_condition(s, bucket, key, &r->condition, e) &&
              remove_locked(s, bucket, key, path, r, e);
    if (ok && !store_is_folder(s) && (r->version || r->id[0]))
        tidy(s, bucket, key);
    store_unlock(s);
    return ok;
}

/* Whether the key's file is still the opened one. */
static bool is_current(int fd, const char *path)
{
    struct stat ours, current;
    return fstat(fd, &ours) == 0 && stat(path, &current) == 0 && ours.st_dev == current.st_dev &&
           ours.st_ino == current.st_ino;
}

/* Replaces the object by a copy with other tags, so that readers see either one. False, without an
 * error, if the object was replaced meanwhile. */
static bool retag_once(store *s, const char *path, const char *tags, bool *replaced, err *e)
{
    object_meta meta = {0};
    AUTO(incoming) copy = {.fd = -1};
    AUTO_FD fd = object_file_open(path, &meta, e);
    file_range all = {.fd = fd, .offset = meta.data_offset, .len_bytes = meta.size_bytes};
    if (fd < 0 || !incoming_open(s, &copy, e) || !incoming_append_file(&copy, &all, e))
        return false;
    int64_t modified_s = meta.modified_s;
    snprintf(meta.tags, sizeof meta.tags, "%s", tags);
    if (!object_file_write_meta(&copy, &meta, e))
        return false;
    meta.modified_s = modified_s;
    if (!object_file_write_block(copy.fd, &meta, e))
        return false;
    store_lock(s);
    *replaced = is_current(fd, path);
    bool ok = !*replaced || fs_temp_commit(&copy.temp_path, path, e);
    store_unlock(s);
    return ok;
}

static bool retag_folder_object(store *s, const char *bucket, slice key, const char *tags, err *e)
{
    object_meta meta;
    store_lock(s);
    AUTO_FD fd = store_object_open(s, bucket, key, &meta, e);
    bool ok = fd >= 0;
    if (ok) {
        snprintf(meta.tags, sizeof meta.tags, "%s", tags);
        ok = write_note(s, bucket, key, fd, &meta, e);
    }
    store_unlock(s);
    return ok;
}

static char *retag_path(store *s, const char *bucket, slice key, const char *version, err *e)
{
    AUTO_FREE object_meta *meta = xcalloc(1, sizeof *meta);
    if (!version)
        return object_path(s, bucket, key, e);
    store_lock(s);
    AUTO_FREE char *path = versions_find_locked(s, bucket, key, version, meta, e);
    store_unlock(s);
    if (!path || !meta->is_marker)
        return move(path);
    s3_refuse(e, REFUSE_METHOD_NOT_ALLOWED);
    return NULL;
}

bool store_object_retag(store *s, const char *bucket, slice key, const char *version,
                        const char *tags, err *e)
{
    if (store_is_folder(s) && version && !str_equal(version, "null"))
        return s3_refuse(e, REFUSE_NO_SUCH_VERSION);
    if (store_is_folder(s))
        return retag_folder_object(s, bucket, key, tags, e);
    AUTO_FREE char *path = retag_path(s, bucket, key, version, e);
    bool replaced = false;
    while (path && !replaced)
        if (!retag_once(s, path, tags, &replaced, e))
            return false;
    return path != NULL;
}
