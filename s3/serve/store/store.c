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
#include "s3/serve/store/versions.h"

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

static bool has_no_key(const store *s, const char *root, err *e)
{
    bool has_key = false;
    walk_options options = {
        .root = root, .plain = store_is_folder(s), .visit = on_any_key, .ctx = &has_key};
    err cancelled = ERR_INIT;
    if (!walk_keys(&options, &cancelled) && !has_key) {
        *e = cancelled;
        return false;
    }
    return !has_key || s3_refuse(e, REFUSE_BUCKET_NOT_EMPTY);
}

static bool remove_empty_bucket(store *s, const char *bucket, err *e)
{
    AUTO_FREE char *path = store_bucket_path(s, bucket);
    AUTO_FREE char *uploads = store_uploads_path(s, bucket);
    AUTO_FREE char *metadata = xasprintf("%s/meta/%s", s->state, bucket);
    AUTO_FREE char *versions = versions_root(s, bucket);
    AUTO_FREE char *state_file = xasprintf("%s/versioning/%s", s->state, bucket);
    if (!has_no_key(s, path, e) || (!store_is_folder(s) && !has_no_key(s, versions, e)))
        return false;
    /* Files that are not objects are not removed. */
    return folder_remove_empty(path, e) && fs_remove_tree(uploads, e) &&
           fs_remove_tree(store_is_folder(s) ? metadata : versions, e) &&
           (store_is_folder(s) || fs_remove(state_file, e));
}

bool store_bucket_remove(store *s, const char *bucket, err *e)
{
    store_lock(s);
    bool ok = store_bucket_check(s, bucket, e) && remove_empty_bucket(s, bucket, e);
    store_unlock(s);
    return ok;
}
