#include "base/util.h"
#include "s3/serve/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "base/fsutil.h"

/* --- kinds of roots --- */

typedef struct root_names {
    bool lock, buckets, uploads, tmp, other;
} root_names;

static bool on_root_name(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    root_names *n = ctx;
    if (str_equal(name, "lock"))
        n->lock = true;
    else if (str_equal(name, "buckets"))
        n->buckets = true;
    else if (str_equal(name, "uploads"))
        n->uploads = true;
    else if (str_equal(name, "tmp"))
        n->tmp = true;
    else
        n->other = true;
    return true;
}

bool folder_root_kind(const char *root, root_kind *out, err *e)
{
    root_names n = {0};
    *out = ROOT_STORE;
    if (!fs_exists(root))
        return true;
    if (!fs_each_name(root, on_root_name, &n, e))
        return false;
    bool nothing = !n.lock && !n.buckets && !n.uploads && !n.tmp && !n.other;
    bool ours = n.buckets && (!n.other || (n.lock && n.uploads && n.tmp));
    *out = nothing || ours ? ROOT_STORE : ROOT_FOLDER;
    return true;
}

/* --- paths --- */

typedef struct piece {
    char name[NAME_MAX + 1];
} piece;

static bool is_path(slice key)
{
    while (key.len > 0 || key.data) {
        const char *slash = key.len ? memchr(key.data, '/', key.len) : NULL;
        size_t len = slash ? (size_t)(slash - key.data) : key.len;
        slice name = {key.data, len};
        if (len == 0 || len > NAME_MAX || slice_equal_str(name, ".") || slice_equal_str(name, ".."))
            return false;
        if (!slash)
            return true;
        key = (slice){slash + 1, key.len - len - 1};
    }
    return false;
}

/* The next component; false after the last one, which remains in *key. */
static bool next_dir(slice *key, piece *out)
{
    const char *slash = memchr(key->data, '/', key->len);
    if (!slash)
        return false;
    size_t len = (size_t)(slash - key->data);
    memcpy(out->name, key->data, len);
    out->name[len] = '\0';
    *key = (slice){slash + 1, key->len - len - 1};
    return true;
}

static void last_name(slice key, piece *out)
{
    piece skipped;
    while (next_dir(&key, &skipped))
        continue;
    memcpy(out->name, key.data, key.len);
    out->name[key.len] = '\0';
}

static int open_below(int dir, const char *name, bool make)
{
    if (make && mkdirat(dir, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens the folder of the key's file; -1 with errno. */
static int open_parent(const char *bucket_path, slice key, bool make)
{
    piece name;
    int dir = open(bucket_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    while (dir >= 0 && next_dir(&key, &name)) {
        int below = open_below(dir, name.name, make);
        int reason = errno;
        close(dir);
        dir = below;
        errno = reason;
    }
    return dir;
}

int folder_open(const char *bucket_path, slice key, err *e)
{
    piece name;
    struct stat st;
    AUTO_FD dir = is_path(key) ? open_parent(bucket_path, key, false) : -1;
    if (dir < 0) {
        s3_refuse(e, REFUSE_NO_SUCH_KEY);
        return -1;
    }
    last_name(key, &name);
    /* O_NONBLOCK: a FIFO must not block the thread. */
    AUTO_FD fd = openat(dir, name.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool absent = fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO);
    if (absent || (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)))) {
        s3_refuse(e, REFUSE_NO_SUCH_KEY);
        return -1;
    }
    if (fd < 0) {
        s3_refuse_because(e, REFUSE_ACCESS_DENIED, "The file cannot be read by the server.");
        return -1;
    }
    int taken = fd;
    fd = -1;
    return taken;
}

int64_t folder_changed_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

void folder_describe(const struct stat *st, object_meta *meta)
{
    uint8_t digest[MD5_BYTES];
    char hex[2 * MD5_BYTES + 1];
    *meta = (object_meta){.size_bytes = (uint64_t)st->st_size, .modified_s = st->st_mtim.tv_sec};
    AUTO_FREE char *text = xasprintf("%" PRIu64 " %" PRId64 " %" PRIu64, (uint64_t)st->st_ino,
                                     folder_changed_ns(st), (uint64_t)st->st_size);
    md5(slice_from(text), digest);
    hex_encode(digest, sizeof digest, hex);
    /* "-1", as for a multipart upload: clients then do not treat it as an MD5 */
    snprintf(meta->etag, sizeof meta->etag, "\"%s-1\"", hex);
    (void)!part_sizes_add(meta->parts, meta->size_bytes);
    snprintf(meta->headers, sizeof meta->headers, "content-type: binary/octet-stream\n");
}

static bool refuse_name(err *e)
{
    return s3_refuse_because(e, REFUSE_INVALID_ARGUMENT,
                             "The key cannot be the path of a file in this folder: it has an empty "
                             "or too long name, `.` or `..`, or conflicts with a file or folder.");
}

bool folder_prepare(const char *bucket_path, slice key, int *dir_fd, err *e)
{
    piece name;
    struct stat st;
    *dir_fd = -1;
    if (!is_path(key))
        return refuse_name(e);
    AUTO_FD dir = open_parent(bucket_path, key, true);
    if (dir < 0 && (errno == ENOTDIR || errno == ELOOP))
        return refuse_name(e);
    if (dir < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot create folders", bucket_path);
    last_name(key, &name);
    if (fstatat(dir, name.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
        return refuse_name(e);
    *dir_fd = dir;
    dir = -1;
    return true;
}

bool folder_place(int dir_fd, slice key, const char *temp_path, err *e)
{
    piece name;
    last_name(key, &name);
    return renameat(AT_FDCWD, temp_path, dir_fd, name.name) == 0 ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot move the file into its folder", name.name);
}

bool folder_remove(const char *bucket_path, slice key, err *e)
{
    piece name;
    struct stat st;
    AUTO_FD dir = is_path(key) ? open_parent(bucket_path, key, false) : -1;
    if (dir < 0)
        return true;
    last_name(key, &name);
    if (fstatat(dir, name.name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return true; /* there is no such object */
    return unlinkat(dir, name.name, 0) == 0 || errno == ENOENT ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot remove", name.name);
}

static bool remove_dir(void *ctx, const fs_entry *entry, err *e)
{
    int below = open_below(entry->dir_fd, entry->name, false);
    return below >= 0 && fs_each_entry(below, entry->name, remove_dir, ctx, e) &&
           unlinkat(entry->dir_fd, entry->name, AT_REMOVEDIR) == 0;
}

/* Closes `take_dir`. */
static bool remove_dirs_below(int take_dir, const char *shown, err *e)
{
    err unread = ERR_INIT;
    return fs_each_entry(take_dir, shown, remove_dir, NULL, &unread) ||
           s3_refuse(e, REFUSE_BUCKET_NOT_EMPTY);
}

bool folder_remove_empty(const char *path, err *e)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
    return remove_dirs_below(dir, path, e) &&
           (rmdir(path) == 0 || err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path));
}
