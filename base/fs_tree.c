/* Directory trees: recursive removal, and names in order. */
#include "base/util.h"
#include "base/fsutil.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void close_dir(DIR *dir)
{
    closedir(dir);
}
DEFINE_AUTO_PTR(DIR, close_dir)

static bool remove_entry(int dir_fd, const char *name, const char *shown, err *e);

/* Takes ownership of the descriptor. */
static bool remove_content(int fd, const char *shown, err *e)
{
    AUTO_PTR(DIR) dir = fdopendir(fd);
    if (!dir) {
        int number = errno;
        close(fd);
        return err_set_errno(e, ERR_IO, number, "%s: cannot read the directory", shown);
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry && errno != 0)
            return err_set_errno(e, ERR_IO, errno, "%s: cannot read the directory", shown);
        if (!entry)
            return true;
        if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
            continue;
        if (!remove_entry(dirfd(dir), entry->d_name, shown, e))
            return false;
    }
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
    if (!remove_content(fd, shown, e))
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

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int no_dots(const struct dirent *entry)
{
    return !str_equal(entry->d_name, ".") && !str_equal(entry->d_name, "..");
}

bool fs_each_name(const char *dir, bool (*each)(void *ctx, const char *name, err *e), void *ctx,
                  err *e)
{
    return fs_each_name_at(AT_FDCWD, dir, each, ctx, e);
}

bool fs_each_name_at(int dir_fd, const char *dir, bool (*each)(void *ctx, const char *name, err *e),
                     void *ctx, err *e)
{
    struct dirent **names = NULL;
    int count = scandirat(dir_fd, dir, &names, no_dots, by_bytes);
    if (count < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read the directory", dir);
    bool good = true;
    for (int i = 0; i < count; i++) {
        good = good && each(ctx, names[i]->d_name, e);
        free(names[i]);
    }
    free(names);
    return good;
}
