/* Makes names survive a power cut: fsync of a directory stores its entries, but not its own
 * name. */
#include "base/util.h"
#include "base/fsutil.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs_guard.h"

/* The directory of `path`. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? xstrndup(path, (size_t)MAX(slash - path, (ptrdiff_t)1)) : xstrdup(".");
}

static bool sync_open(int fd, const char *shown, err *e)
{
    return (fd >= 0 && fsync(fd) == 0) ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot sync the directory", shown);
}

bool fs_sync_dir(int dir_fd, const char *shown, err *e)
{
    AUTO_FD fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return sync_open(fd, shown, e);
}

bool fs_sync_parent(const char *path, err *e)
{
    AUTO_FREE char *dir = parent_of(path);
    AUTO_FD fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return sync_open(fd, dir, e);
}

bool fs_sync_above(const char *dir, err *e)
{
    AUTO_FREE char *at = fs_absolute(dir, e);
    while (at && strcmp(at, "/") != 0) {
        AUTO_FD here = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (here < 0)
            return sync_open(here, at, e);
        if (fs_is_mount_point(here))
            return true;
        AUTO_FREE char *above = parent_of(at);
        AUTO_FD fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == EACCES) /* not readable: this user created no name in it */
            return true;
        if (!sync_open(fd, above, e))
            return false;
        free(at);
        at = move(above);
    }
    return at != NULL;
}
