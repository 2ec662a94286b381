/* A library for LD_PRELOAD that logs a program's changes below the directory POWER_ROOT, and ends
 * the program (SIGKILL) directly before change number POWER_CUT; 0: never.
 * tests/torture/power_cut.c derives from the log POWER_LOG the state of the disk after a power cut
 * at this point.
 *
 * A lock keeps the log in the order of the changes. Files without a name (O_TMPFILE, unlinked) are
 * not logged.
 */
#undef _FILE_OFFSET_BITS /* functions with 32-bit and 64-bit offsets have different names */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/preload/next.h"
#include "tests/torture/power_event.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_len; /* 0: inactive */
static int log_fd = -1;
static uint64_t change_count, cut_at;

int __open64_2(const char *path, int flags);

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("POWER_LOG"), *top = getenv("POWER_ROOT"), *cut = getenv("POWER_CUT");
    inside++;
    if (path && top && realpath(top, root)) {
        log_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        root_len = log_fd >= 0 ? strlen(root) : 0;
    }
    cut_at = cut ? strtoull(cut, NULL, 10) : 0;
    inside--;
}

/* --- the log --- */

static void put(const void *data, size_t len)
{
    const char *p = data;
    for (ssize_t n; len > 0; p += n, len -= (size_t)n)
        if ((n = NEXT(write)(log_fd, p, len)) < 0)
            abort(); /* a log with a gap is worthless */
}

static void record(power_type type, uint64_t a, uint64_t b, const void *data, size_t len)
{
    power_event event = {.type = type, .a = a, .b = b, .size = len};
    put(&event, sizeof event);
    put(data, len);
}

/* Before a change: takes the lock, or ends the program. */
static void change_begin(void)
{
    inside++;
    pthread_mutex_lock(&lock);
    if (++change_count == cut_at)
        kill(getpid(), SIGKILL);
    record(POWER_CALL, change_count, 0, NULL, 0);
}

static void change_end(void)
{
    int error = errno;
    pthread_mutex_unlock(&lock);
    inside--;
    errno = error;
}

/* --- what is below the root --- */

static bool is_below(const char *path)
{
    return strncmp(path, root, root_len) == 0 && (path[root_len] == '/' || !path[root_len]);
}

static bool is_watched(int fd)
{
    char name[64], path[PATH_MAX];
    struct stat st;
    if (!root_len || inside || fd < 0)
        return false;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, path, sizeof path - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    return is_below(path) && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static uint64_t inode_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

/* A name in a directory. */
typedef struct {
    int dir_fd; /* -1: not watched */
    uint64_t dir;
    char name[NAME_MAX + 1];
} place;

static place find_place(int dir_fd, const char *path)
{
    place p = {.dir_fd = -1};
    char parent[PATH_MAX];
    int error = errno;
    if (!root_len || inside || strlen(path) >= sizeof parent)
        return p;
    memcpy(parent, path, strlen(path) + 1);
    for (size_t len = strlen(parent); len > 1 && parent[len - 1] == '/'; len--)
        parent[len - 1] = '\0';
    char *slash = strrchr(parent, '/');
    const char *name = slash ? slash + 1 : parent;
    size_t len = strnlen(name, NAME_MAX);
    memcpy(p.name, name, len);
    if (slash)
        *(slash == parent ? slash + 1 : slash) = '\0';
    p.dir_fd = NEXT(openat64)(dir_fd, slash ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (p.dir_fd >= 0 && !is_watched(p.dir_fd)) {
        close(p.dir_fd);
        p.dir_fd = -1;
    }
    p.dir = p.dir_fd >= 0 ? inode_of(p.dir_fd) : 0;
    errno = error;
    return p;
}

static void leave_place(const place *p)
{
    int error = errno;
    if (p->dir_fd >= 0)
        close(p->dir_fd);
    errno = error;
}

static bool entry_stat(const place *p, struct stat *st)
{
    return fstatat(p->dir_fd, p->name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void record_new(const place *p)
{
    struct stat st;
    if (!entry_stat(p, &st))
        return;
    record(POWER_NEW, (uint64_t)st.st_ino, st.st_mode, NULL, 0);
    record(POWER_LINK, p->dir, (uint64_t)st.st_ino, p->name, strlen(p->name) + 1);
}

/* --- opening and making --- */

static bool makes(int flags)
{
    return (flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE;
}

typedef struct {
    place at;
    bool was_there;
} opening;

static opening open_begin(int dir_fd, const char *path, int flags)
{
    struct stat st;
    opening o = {.at = {.dir_fd = -1}};
    if (!makes(flags))
        return o;
    o.at = find_place(dir_fd, path);
    if (o.at.dir_fd >= 0) {
        change_begin();
        o.was_there = entry_stat(&o.at, &st);
    }
    return o;
}

static int open_end(opening *o, int flags, int fd)
{
    if (o->at.dir_fd < 0)
        return fd;
    if (fd >= 0 && !o->was_there)
        record_new(&o->at);
    else if (fd >= 0 && (flags & O_TRUNC))
        record(POWER_RESIZE, inode_of(fd), 0, NULL, 0);
    change_end();
    leave_place(&o->at);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
    va_end(more);
    opening o = open_begin(AT_FDCWD, path, flags);
    return open_end(&o, flags, NEXT(open64)(path, flags, mode));
}

int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

int openat64(int dir_fd, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
    va_end(more);
    opening o = open_begin(dir_fd, path, flags);
    return open_end(&o, flags, NEXT(openat64)(dir_fd, path, flags, mode));
}

long syscall(long number, ...)
{
    long a[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long);
    va_end(more);
    if (number != SYS_openat2)
        return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    const struct open_how *how = (const struct open_how *)a[2];
    opening o = open_begin((int)a[0], (const char *)a[1], (int)how->flags);
    return open_end(&o, (int)how->flags, (int)NEXT(syscall)(number, a[0], a[1], a[2], a[3]));
}

int mkdirat(int dir_fd, const char *path, mode_t mode)
{
    place p = find_place(dir_fd, path);
    if (p.dir_fd < 0)
        return NEXT(mkdirat)(dir_fd, path, mode);
    change_begin();
    int result = NEXT(mkdirat)(dir_fd, path, mode);
    if (result == 0)
        record_new(&p);
    change_end();
    leave_place(&p);
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

/* The log has no attributes: what programs would have in them they keep in files. */
int fsetxattr(int fd, const char *name, const void *value, size_t len, int flags)
{
    (void)fd, (void)name, (void)value, (void)len, (void)flags;
    errno = ENOTSUP;
    return -1;
}

/* --- names --- */

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    char names[2 * (NAME_MAX + 1)];
    place source = find_place(from_fd, from), target = find_place(to_fd, to);
    if (source.dir_fd < 0 || target.dir_fd < 0) {
        leave_place(&source);
        leave_place(&target);
        return NEXT(renameat)(from_fd, from, to_fd, to);
    }
    size_t first = strlen(source.name) + 1, second = strlen(target.name) + 1;
    memcpy(names, source.name, first);
    memcpy(names + first, target.name, second);
    change_begin();
    int result = NEXT(renameat)(from_fd, from, to_fd, to);
    if (result == 0)
        record(POWER_RENAME, source.dir, target.dir, names, first + second);
    change_end();
    leave_place(&source);
    leave_place(&target);
    return result;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int dir_fd, const char *path, int flags)
{
    place p = find_place(dir_fd, path);
    if (p.dir_fd < 0)
        return NEXT(unlinkat)(dir_fd, path, flags);
    change_begin();
    int result = NEXT(unlinkat)(dir_fd, path, flags);
    if (result == 0)
        record(POWER_UNLINK, p.dir, 0, p.name, strlen(p.name) + 1);
    change_end();
    leave_place(&p);
    return result;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

/* --- contents --- */

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
    if (!is_watched(fd))
        return NEXT(pwrite64)(fd, data, len, at);
    change_begin();
    ssize_t n = NEXT(pwrite64)(fd, data, len, at);
    if (n > 0)
        record(POWER_WRITE, inode_of(fd), (uint64_t)at, data, (size_t)n);
    change_end();
    return n;
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (!is_watched(fd))
        return NEXT(write)(fd, data, len);
    change_begin();
    ssize_t n = NEXT(write)(fd, data, len);
    off64_t end = lseek64(fd, 0, SEEK_CUR); /* also right with O_APPEND */
    if (n > 0)
        record(POWER_WRITE, inode_of(fd), (uint64_t)(end - n), data, (size_t)n);
    change_end();
    return n;
}

static void record_size(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0)
        record(POWER_RESIZE, (uint64_t)st.st_ino, (uint64_t)st.st_size, NULL, 0);
}

int ftruncate64(int fd, off64_t size)
{
    if (!is_watched(fd))
        return NEXT(ftruncate64)(fd, size);
    change_begin();
    int result = NEXT(ftruncate64)(fd, size);
    if (result == 0)
        record_size(fd);
    change_end();
    return result;
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
    if (!is_watched(fd) || mode)
        return NEXT(fallocate64)(fd, mode, at, len);
    change_begin();
    int result = NEXT(fallocate64)(fd, mode, at, len);
    if (result == 0)
        record_size(fd);
    change_end();
    return result;
}

/* The caller then copies by read and write, as between file systems. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len,
                        unsigned flags)
{
    if (!is_watched(to))
        return NEXT(copy_file_range)(from, from_at, to, to_at, len, flags);
    errno = EXDEV;
    return -1;
}

static int sync_file(int fd, int (*sync)(int))
{
    if (!is_watched(fd))
        return sync(fd);
    change_begin();
    int result = sync(fd);
    if (result == 0)
        record(POWER_SYNC, inode_of(fd), 0, NULL, 0);
    change_end();
    return result;
}

int fsync(int fd)
{
    return sync_file(fd, NEXT(fsync));
}

int fdatasync(int fd)
{
    return sync_file(fd, NEXT(fdatasync));
}
