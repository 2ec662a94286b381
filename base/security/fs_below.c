#include "base/security/fs_below.h"
#include "base/util.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

#include "base/fsutil.h"

#define ALWAYS (O_CLOEXEC | O_NOFOLLOW)

static bool is_below(const char *path)
{
    for (const char *p = path;;) {
        size_t len = strcspn(p, "/");
        slice segment = {.data = p, .len = len};
        if (len == 0 || slice_equal_str(segment, ".") || slice_equal_str(segment, ".."))
            return false;
        if (!p[len])
            return true;
        p += len + 1;
    }
}

/* --- open --- */

static int step(int dir_fd, const char *name, size_t len)
{
    AUTO_FREE char *segment = xstrndup(name, len);
    return openat(dir_fd, segment, O_PATH | O_DIRECTORY | ALWAYS);
}

int fs_below_open_by_steps(int root_fd, const char *path, int flags, mode_t mode)
{
    if (!is_below(path)) {
        errno = EXDEV;
        return -1;
    }
    AUTO_FD held = -1;
    int dir_fd = root_fd;
    for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
        int next = step(dir_fd, path, (size_t)(slash - path));
        if (next < 0)
            return -1;
        util_auto_close(&held);
        dir_fd = held = next;
    }
    return openat(dir_fd, path, flags | ALWAYS, mode);
}

#if defined(SYS_openat2) && defined(RESOLVE_BENEATH)
static int open_at_once(int root_fd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(flags | ALWAYS),
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
}
#else
static int open_at_once(int root_fd, const char *path, int flags, mode_t mode)
{
    UNUSED(root_fd);
    UNUSED(path);
    UNUSED(flags);
    UNUSED(mode);
    errno = ENOSYS;
    return -1;
}
#endif

int fs_below_open(int root_fd, const char *path, int flags, mode_t mode)
{
    if (root_fd == AT_FDCWD)
        return open(path, flags | ALWAYS, mode);
    if (!is_below(path)) {
        errno = EXDEV;
        return -1;
    }
    int fd = open_at_once(root_fd, path, flags, mode);
    /* EPERM: a container's filter that does not know the call. EAGAIN: a concurrent rename. */
    bool again = fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN ||
                            errno == EINVAL || errno == E2BIG);
    return again ? fs_below_open_by_steps(root_fd, path, flags, mode) : fd;
}

/* The directory of `path`, opened, and its last name. */
static int open_parent(int root_fd, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (root_fd != AT_FDCWD && !is_below(path)) {
        errno = EXDEV;
        return -1;
    }
    AUTO_FREE char *dir = slash ? xstrndup(path, (size_t)MAX(slash - path, (ptrdiff_t)1)) : NULL;
    if (!dir)
        return openat(root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root_fd == AT_FDCWD)
        return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fs_below_open(root_fd, dir, O_PATH | O_DIRECTORY, 0);
}

/* --- one file --- */

static void identify(const struct stat *st, fs_identity *out)
{
    *out = (fs_identity){.device = st->st_dev,
                         .inode = st->st_ino,
                         .size_bytes = (uint64_t)st->st_size,
                         .modified_s = st->st_mtim.tv_sec,
                         .modified_ns = st->st_mtim.tv_nsec,
                         .owner = st->st_uid};
}

bool fs_identity_of(int fd, fs_identity *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    identify(&st, out);
    return true;
}

bool fs_identity_equal(const fs_identity *a, const fs_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->modified_s == b->modified_s && a->modified_ns == b->modified_ns &&
           a->owner == b->owner;
}

static bool is_single_file(const struct stat *st, const char *path, err *e)
{
    if (!S_ISREG(st->st_mode))
        return err_set(e, ERR_IO, "%s: not a regular file", path);
    return st->st_nlink == 1 || err_set(e, ERR_IO, "%s: the file has %llu links, not 1", path,
                                        (unsigned long long)st->st_nlink);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int fs_below_open_file(int root_fd, const char *path, fs_identity *out, err *e)
{
    const char *name;
    struct stat before, st;
    AUTO_FD parent = open_parent(root_fd, path, &name);
    if (parent < 0 || fstatat(parent, name, &before, AT_SYMLINK_NOFOLLOW) != 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot open", path);
        return -1;
    }
    if (!is_single_file(&before, path, e))
        return -1;
    int fd = openat(parent, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | ALWAYS);
    if (fd < 0 || fstat(fd, &st) != 0 || !same_file(&before, &st)) {
        err_set_errno(e, ERR_IO, fd < 0 ? errno : ESTALE, "%s: cannot open", path);
        util_auto_close(&fd);
        return -1;
    }
    if (!is_single_file(&st, path, e)) {
        util_auto_close(&fd);
        return -1;
    }
    identify(&st, out);
    return fd;
}

bool fs_below_remove_same(int root_fd, const char *path, const fs_identity *same, err *e)
{
    const char *name;
    struct stat st;
    fs_identity now;
    AUTO_FD parent = open_parent(root_fd, path, &name);
    if (parent < 0 || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
    identify(&st, &now);
    if (!is_single_file(&st, path, e))
        return false;
    if (!fs_identity_equal(&now, same))
        return err_set(e, ERR_IO, "%s: kept: the file was replaced or changed after it was read",
                       path);
    return unlinkat(parent, name, 0) == 0 || errno == ENOENT ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
}

static bool read_to_end(int fd, const char *path, size_t max_bytes, buf *out, err *e)
{
    char piece[4096];
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read", path);
        if (got > 0 && (size_t)got > max_bytes - out->len)
            return err_set(e, ERR_LIMIT, "%s: larger than %zu bytes", path, max_bytes);
        if (got > 0)
            buf_append(out, piece, (size_t)got);
    }
}

bool fs_below_read_own(int root_fd, const char *path, size_t max_bytes, buf *out, err *e)
{
    fs_identity id;
    AUTO_FD fd = fs_below_open_file(root_fd, path, &id, e);
    if (fd < 0)
        return false;
    if (id.owner != geteuid())
        return err_set(e, ERR_IO, "%s: the file belongs to another user", path);
    buf_clear(out);
    out->max_bytes = MAX(out->max_bytes, max_bytes);
    return read_to_end(fd, path, max_bytes, out, e);
}

/* --- names --- */

bool fs_below_remove(int root_fd, const char *path, err *e)
{
    const char *name;
    AUTO_FD parent = open_parent(root_fd, path, &name);
    if (parent >= 0 && unlinkat(parent, name, 0) == 0)
        return true;
    return errno == ENOENT || err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
}

bool fs_below_remove_tree(int root_fd, const char *path, err *e)
{
    const char *name;
    AUTO_FD parent = open_parent(root_fd, path, &name);
    if (parent >= 0)
        return fs_remove_tree_at(parent, name, e);
    return errno == ENOENT || err_set_errno(e, ERR_IO, errno, "%s: cannot remove", path);
}

bool fs_below_rename(int root_fd, const char *from, const char *to, err *e)
{
    const char *from_name, *to_name;
    AUTO_FD from_dir = open_parent(root_fd, from, &from_name);
    AUTO_FD to_dir = open_parent(root_fd, to, &to_name);
    if (from_dir >= 0 && to_dir >= 0 && renameat(from_dir, from_name, to_dir, to_name) == 0)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s: cannot rename to %s", from, to);
}

int fs_below_temp(int root_fd, const char *path, mode_t mode, char **temp_path, err *e)
{
    *temp_path = NULL;
    for (;;) {
        AUTO_FREE char *name = fs_temp_name(path);
        int fd = fs_below_open(root_fd, name, O_RDWR | O_CREAT | O_EXCL, mode);
        if (fd >= 0) {
            *temp_path = move(name);
            return fd;
        }
        if (errno != EEXIST) {
            err_set_errno(e, ERR_IO, errno, "%s: cannot create", name);
            return -1;
        }
    }
}

bool fs_below_temp_commit(int root_fd, char **temp_path, const char *path, err *e)
{
    AUTO_FREE char *temp = move(*temp_path);
    if (fs_below_rename(root_fd, temp, path, e))
        return true;
    UNUSED(!fs_below_remove(root_fd, temp, NULL));
    return false;
}

void fs_below_temp_discard(int root_fd, char **temp_path)
{
    AUTO_FREE char *temp = move(*temp_path);
    if (temp)
        UNUSED(!fs_below_remove(root_fd, temp, NULL));
}
