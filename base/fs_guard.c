#include "base/fs_guard.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "decon/base/buf.h"

#define TMPFS_TYPE 0x01021994
#define RAMFS_TYPE 0x858458f6
#define NAMES_SIZE 16384

static int open_parent(int dir_fd)
{
    return openat(dir_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A bind mount within one file system has the same device as the directory above it. */
static bool is_mount_root(int dir_fd)
{
#ifdef STATX_ATTR_MOUNT_ROOT
    struct statx s;
    return statx(dir_fd, "", AT_EMPTY_PATH, 0, &s) == 0 &&
           (s.stx_attributes & s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
#else
    UNUSED(dir_fd);
    return false;
#endif
}

bool fs_is_mount_point(int dir_fd)
{
    struct stat here, above;
    AUTO_FD parent = open_parent(dir_fd);
    if (is_mount_root(dir_fd))
        return true;
    return parent >= 0 && fstat(dir_fd, &here) == 0 && fstat(parent, &above) == 0 &&
           (here.st_dev != above.st_dev || here.st_ino == above.st_ino);
}

bool fs_is_in_memory(int fd)
{
    struct statfs s;
    return fstatfs(fd, &s) == 0 &&
           ((unsigned long)s.f_type == TMPFS_TYPE || (unsigned long)s.f_type == RAMFS_TYPE);
}

static bool not_examined(err *e)
{
    return err_set_errno(e, ERR_IO, errno, "cannot examine the directories above");
}

bool fs_is_at_or_above(int dir_fd, int below_fd, bool *is, err *e)
{
    struct stat wanted, here, above;
    AUTO_FD at = fcntl(below_fd, F_DUPFD_CLOEXEC, 0);
    *is = false;
    if (at < 0 || fstat(dir_fd, &wanted) != 0 || fstat(at, &here) != 0)
        return not_examined(e);
    while (!same(&wanted, &here)) {
        AUTO_FD parent = open_parent(at);
        if (parent < 0 && errno == EACCES)
            return true;
        if (parent < 0 || fstat(parent, &above) != 0)
            return not_examined(e);
        if (same(&above, &here))
            return true;
        here = above;
        util_auto_close(&at);
        at = parent;
        parent = -1;
    }
    *is = true;
    return true;
}

/* --- whether others may write there --- */

/* The group that distributions create for each user, with the user's name. */
static bool is_private_group(uid_t user, gid_t group)
{
    char user_names[NAMES_SIZE], group_names[NAMES_SIZE];
    struct passwd pw, *pw_found = NULL;
    struct group gr, *gr_found = NULL;
    return getpwuid_r(user, &pw, user_names, sizeof user_names, &pw_found) == 0 && pw_found &&
           getgrgid_r(group, &gr, group_names, sizeof group_names, &gr_found) == 0 && gr_found &&
           str_equal(pw.pw_name, gr.gr_name) && !gr.gr_mem[0];
}

static const char *fault_of(const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return "belongs to another user";
    if (st->st_mode & S_ISVTX)
        return NULL;
    if (st->st_mode & S_IWOTH)
        return "is writable by all users, without the sticky bit";
    if ((st->st_mode & S_IWGRP) && !is_private_group(st->st_uid, st->st_gid))
        return "is writable by its group, without the sticky bit";
    return NULL;
}

static bool refuse(const char *shown, unsigned level, const char *fault, err *e)
{
    return err_set(e, ERR_CONFIG,
                   "%s: %s %s, so other users could replace the files in it; choose a directory "
                   "that only you can write to, or set its sticky bit (chmod +t)",
                   shown, level == 0 ? "the directory" : "a directory above it", fault);
}

bool fs_guard_check(int dir_fd, const char *shown, err *e)
{
    struct stat here, above;
    AUTO_FD at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (at < 0 || fstat(at, &here) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", shown);
    for (unsigned level = 0; !fs_is_mount_point(at); level++) {
        const char *fault = fault_of(&here);
        if (fault)
            return refuse(shown, level, fault, e);
        AUTO_FD parent = open_parent(at);
        if (parent < 0 || fstat(parent, &above) != 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot examine the directory above it",
                                 shown);
        if (same(&above, &here))
            return true;
        here = above;
        util_auto_close(&at);
        at = parent;
        parent = -1;
    }
    return true;
}
