/* Directories: their entries, their names in order, recursive removal. */
#include "base/array.h"
#include "base/util.h"
#include "base/fsutil.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_dir(DIR *dir)
{
    closedir(dir);
}
DEFINE_AUTO_PTR(DIR, close_dir)

bool fs_each_entry(int take_dir_fd, const char *shown,
                   bool (*each)(void *ctx, const fs_entry *entry, err *e), void *ctx, err *e)
{
    AUTO_PTR(DIR) dir = fdopendir(take_dir_fd);
    if (!dir) {
        int number = errno;
        close(take_dir_fd);
        return err_set_errno(e, ERR_IO, number, "%s: cannot read the directory", shown);
    }
    for (;;) {
        errno = 0;
        const struct dirent *d = readdir(dir);
        if (!d)
            return errno == 0 ||
                   err_set_errno(e, ERR_IO, errno, "%s: cannot read the directory", shown);
        fs_entry entry = {dirfd(dir), d->d_name, d->d_type};
        if (!str_equal(d->d_name, ".") && !str_equal(d->d_name, "..") && !each(ctx, &entry, e))
            return false;
    }
}

bool fs_entry_is_dir(const fs_entry *entry)
{
    struct stat st;
    if (entry->type != DT_UNKNOWN)
        return entry->type == DT_DIR;
    return fstatat(entry->dir_fd, entry->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

/* --- removal --- */

static bool remove_entry(int dir_fd, const char *name, const char *shown, err *e);

static bool remove_each(void *ctx, const fs_entry *entry, err *e)
{
    return remove_entry(entry->dir_fd, entry->name, ctx, e);
}

static bool remove_failed(const char *shown, const char *name, err *e)
{
    if (errno == ENOENT)
        return true;
    return err_set_errno(e, ERR_IO, errno, "%s/%s: cannot remove", shown, name);
}

/* Tries unlink first, so that a link is never followed. */
static bool remove_entry(int dir_fd, const char *name, const char *shown, err *e)
{
    if (unlinkat(dir_fd, name, 0) == 0)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return remove_failed(shown, name, e);
    int number = errno;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        errno = errno == ENOTDIR ? number : errno;
        return remove_failed(shown, name, e);
    }
    if (!fs_each_entry(fd, shown, remove_each, (char *)shown, e))
        return false;
    return unlinkat(dir_fd, name, AT_REMOVEDIR) == 0 || remove_failed(shown, name, e);
}

bool fs_remove_tree(const char *path, err *e)
{
    return remove_entry(AT_FDCWD, path, path, e);
}

bool fs_remove_tree_at(int dir_fd, const char *name, err *e)
{
    return remove_entry(dir_fd, name, name, e);
}

/* --- names in order --- */

typedef struct name_list {
    char **names;
    size_t count;
} name_list;

static void name_list_deinit(name_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    free(l->names);
}
DEFINE_AUTO(name_list, name_list_deinit)

static bool add_name(void *ctx, const fs_entry *entry, err *e)
{
    name_list *l = ctx;
    UNUSED(e);
    *ARRAY_ADD(l->names, l->count) = xstrdup(entry->name);
    return true;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool fs_each_name(const char *dir, bool (*each)(void *ctx, const char *name, err *e), void *ctx,
                  err *e)
{
    return fs_each_name_at(AT_FDCWD, dir, each, ctx, e);
}

bool fs_each_name_at(int dir_fd, const char *dir, bool (*each)(void *ctx, const char *name, err *e),
                     void *ctx, err *e)
{
    AUTO(name_list) l = {0};
    int fd = openat(dir_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read the directory", dir);
    if (!fs_each_entry(fd, dir, add_name, &l, e))
        return false;
    if (l.count > 1)
        qsort(l.names, l.count, sizeof *l.names, by_bytes);
    bool good = true;
    for (size_t i = 0; good && i < l.count; i++)
        good = each(ctx, l.names[i], e);
    return good;
}
