#include "base/util.h"
#include "s3/serve/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "s3/serve/store/folder.h"
#include "s3/serve/store/key_layout.h"
#include "s3/serve/store/key_walk.h"

#define PATH_BYTES_MAX 8192

struct store {
    char *root, *state;   /* immutable */
    root_kind kind;       /* immutable */
    bool read_only;       /* immutable */
    int lock_fd;          /* immutable: locks ROOT for this process */
    pthread_mutex_t lock; /* guards changes of names below ROOT */
};

const char *store_state(const store *s)
{
    return s->state;
}

bool store_is_folder(const store *s)
{
    return s->kind == ROOT_FOLDER;
}

bool store_is_read_only(const store *s)
{
    return s->read_only;
}

char *store_buckets_path(const store *s)
{
    return store_is_folder(s) ? xstrdup(s->root) : xasprintf("%s/buckets", s->root);
}

void store_lock(store *s)
{
    pthread_mutex_lock(&s->lock);
}

void store_unlock(store *s)
{
    pthread_mutex_unlock(&s->lock);
}

char *store_bucket_path(const store *s, const char *bucket)
{
    AUTO_FREE char *buckets = store_buckets_path(s);
    return xasprintf("%s/%s", buckets, bucket);
}

char *store_uploads_path(const store *s, const char *bucket)
{
    return bucket ? xasprintf("%s/uploads/%s", s->state, bucket)
                  : xasprintf("%s/uploads", s->state);
}

static bool make_dir(const store *s, const char *name, err *e)
{
    AUTO_FREE char *path = xasprintf("%s/%s", s->state, name);
    return fs_make_dirs(path, e);
}

static bool take_root(store *s, err *e)
{
    AUTO_FREE char *path = xasprintf("%s/lock", s->state);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, ERR_LOCKED,
                       "%s: another decon-s3 serve uses this directory; stop it, or "
                       "choose another --root",
                       s->root);
    return true;
}

/* Leftovers of a killed server: bodies and incomplete uploads. Other files in this folder
 * are not touched. */
static bool on_left_over(void *ctx, const char *name, err *e)
{
    const store *s = ctx;
    bool upload = strlen(name) == 32 && strspn(name, "0123456789abcdef") == 32;
    AUTO_FREE char *path = xasprintf("%s/tmp/%s", s->state, name);
    if (upload)
        return fs_remove_tree(path, e);
    return !str_starts_with(name, "body.tmp-") || fs_remove(path, e);
}

static bool prepare_state(store *s, err *e)
{
    AUTO_FREE char *tmp = xasprintf("%s/tmp", s->state);
    return fs_make_dirs(s->state, e) && take_root(s, e) && fs_make_dirs(tmp, e) &&
           fs_each_name(tmp, on_left_over, s, e) && make_dir(s, "uploads", e) &&
           (store_is_folder(s) || make_dir(s, "buckets", e));
}

static bool on_folder_name(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    size_t *hidden = ctx;
    *hidden += !str_equal(name, FOLDER_STATE) && !layout_bucket_check(name, NULL);
    return true;
}

static bool describe_folder(const store *s, err *e)
{
    size_t hidden = 0;
    if (!fs_each_name(s->root, on_folder_name, &hidden, e))
        return false;
    log_info("%s: a folder of files; its folders are buckets%s", s->root,
             s->read_only ? ", read-only (--adopt allows changes)" : "");
    if (hidden > 0)
        log_warn("%s: %zu names are hidden: they are not valid bucket names", s->root, hidden);
    return true;
}

static store *open_root(const char *root, bool adopt, err *e)
{
    AUTO_PTR(store) s = xcalloc(1, sizeof *s);
    s->lock_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    s->root = fs_absolute(root, e);
    if (!s->root || !folder_root_kind(s->root, &s->kind, e))
        return NULL;
    s->read_only = store_is_folder(s) && !adopt;
    s->state = store_is_folder(s) ? xasprintf("%s/" FOLDER_STATE, s->root) : xstrdup(s->root);
    if ((store_is_folder(s) && !describe_folder(s, e)) || (!s->read_only && !prepare_state(s, e)))
        return NULL;
    return move(s);
}

store *store_open(const char *root, err *e)
{
    return open_root(root, false, e);
}

store *store_open_adopted(const char *root, err *e)
{
    return open_root(root, true, e);
}

void store_close(store *s)
{
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->lock);
    free(s->root);
    free(s->state);
    free(s);
}

bool store_bucket_check(const store *s, const char *bucket, err *e)
{
    if (!layout_bucket_check(bucket, e))
        return false;
    struct stat st;
    AUTO_FREE char *path = store_bucket_path(s, bucket);
    return (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) || s3_refuse(e, REFUSE_NO_SUCH_BUCKET);
}

bool store_bucket_create(store *s, const char *bucket, err *e)
{
    if (!layout_bucket_check(bucket, e))
        return false;
    AUTO_FREE char *path = store_bucket_path(s, bucket);
    store_lock(s);
    bool ok = fs_exists(path) ? s3_refuse(e, REFUSE_BUCKET_EXISTS) : fs_make_dirs(path, e);
    store_unlock(s);
    return ok;
}

static bool on_any_key(void *ctx, slice key, const char *path, err *e)
{
    UNUSED(key);
    UNUSED(path);
    *(bool *)ctx = true;
    return err_set(e, ERR_CANCELLED, "one key is enough");
}

static bool remove_empty_bucket(store *s, const char *bucket, err *e)
{
    bool has_key = false;
    AUTO_FREE char *path = store_bucket_path(s, bucket);
    AUTO_FREE char *uploads = store_uploads_path(s, bucket);
    AUTO_FREE char *metadata = xasprintf("%s/meta/%s", s->state, bucket);
    walk_options options = {
        .root = path, .plain = store_is_folder(s), .visit = on_any_key, .ctx = &has_key};
    err cancelled = ERR_INIT;
    if (!walk_keys(&options, &cancelled) && !has_key) {
        *e = cancelled;
        return false;
    }
    if (has_key)
        return s3_refuse(e, REFUSE_BUCKET_NOT_EMPTY);
    /* Files that are not objects are not removed. */
    return folder_remove_empty(path, e) && fs_remove_tree(uploads, e) &&
           (!store_is_folder(s) || fs_remove_tree(metadata, e));
}

bool store_bucket_remove(store *s, const char *bucket, err *e)
{
    store_lock(s);
    bool ok = store_bucket_check(s, bucket, e) && remove_empty_bucket(s, bucket, e);
    store_unlock(s);
    return ok;
}

/* Of an object, or of the metadata of a folder's file. */
static char *object_path(const store *s, const char *bucket, slice key, err *e)
{
    AUTO(buf) path = BUF(PATH_BYTES_MAX);
    buf_printf(&path, "%s/%s/%s/", s->state, store_is_folder(s) ? "meta" : "buckets", bucket);
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
    return path && object_file_write_meta(in, meta, e) && store_bucket_check(s, bucket, e) &&
           check_condition(s, bucket, key, condition, e) &&
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

bool store_object_remove(store *s, const char *bucket, slice key, const commit_condition *condition,
                         err *e)
{
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    AUTO_FREE char *bucket_path = store_bucket_path(s, bucket);
    AUTO_FREE char *notes = xasprintf("%s/meta/%s", s->state, bucket);
    const char *top = store_is_folder(s) ? notes : bucket_path;
    if (!path)
        return false;
    store_lock(s);
    bool ok = check_condition(s, bucket, key, condition, e) &&
              (!store_is_folder(s) || folder_remove(bucket_path, key, e)) &&
              unlink_object(path, strlen(top), e);
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

bool store_object_retag(store *s, const char *bucket, slice key, const char *tags, err *e)
{
    if (store_is_folder(s))
        return retag_folder_object(s, bucket, key, tags, e);
    AUTO_FREE char *path = object_path(s, bucket, key, e);
    bool replaced = false;
    while (path && !replaced)
        if (!retag_once(s, path, tags, &replaced, e))
            return false;
    return path != NULL;
}
