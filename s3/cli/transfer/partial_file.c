#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decon/base/digest.h"
#include "base/util.h"
#include "base/fsutil.h"
#include "s3/cli/source/source.h"
#include "s3/cli/transfer/transfer.h"

#define LONGEST_SUFFIX (sizeof RANGES_SUFFIX - 1)
#define DIGEST_BYTES   8

static bool make_parent(const char *path, err *e)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    AUTO_FREE char *parent = xstrndup(path, (size_t)(slash - path));
    return fs_make_dirs(parent, e);
}

/* In a shared folder another user may have created a file, a hard link or a FIFO with this name. */
static bool is_own_file(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid();
}

static int open_and_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    if (fd >= 0 && (!is_own_file(fd) || flock(fd, LOCK_EX | LOCK_NB) != 0)) {
        close(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    return fd;
}

/* A unique name that no later run resumes: the usual one is in use by another run,
 * invalid or too long. */
static bool open_aside(partial *p, const char *target, err *e)
{
    free(move(p->path));
    free(move(p->ranges_path));
    p->fd = fs_temp_create(target, &p->path, e);
    return p->fd >= 0;
}

/* `target` with a suffix. A name that is too long is replaced by its beginning and a digest of it,
 * the same in each run, so that it can be resumed. */
static char *name_beside(const char *target, const char *suffix)
{
    const char *slash = strrchr(target, '/');
    const char *name = slash ? slash + 1 : target;
    size_t dir_len = (size_t)(name - target), limit = fs_name_max(target);
    if (strlen(name) + LONGEST_SUFFIX <= limit)
        return xasprintf("%s%s", target, suffix);
    char hex[2 * SHA256_BYTES + 1];
    uint8_t digest[SHA256_BYTES];
    sha256(slice_from(name), digest);
    hex_encode(digest, DIGEST_BYTES, hex);
    size_t taken = LONGEST_SUFFIX + 1 + 2 * DIGEST_BYTES;
    size_t keep = limit > taken ? limit - taken : 0;
    /* not inside a UTF-8 character */
    while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
        keep--;
    return xasprintf("%.*s%.*s~%s%s", (int)dir_len, target, (int)keep, name, hex, suffix);
}

bool partial_open(partial *p, const char *target, err *e)
{
    p->path = name_beside(target, PARTIAL_SUFFIX);
    p->ranges_path = name_beside(target, RANGES_SUFFIX);
    p->fd = open_and_lock(p->path);
    if (p->fd < 0 && errno == ENOENT) {
        if (!make_parent(target, e))
            return false;
        p->fd = open_and_lock(p->path);
    }
    return p->fd >= 0 || open_aside(p, target, e);
}

static void release(partial *p)
{
    if (p->fd >= 0)
        close(p->fd);
    free(p->path);
    free(p->ranges_path);
    *p = (partial)PARTIAL_INIT;
}

/* The folders above may also be new, created by this run or another one. */
static bool sync_names(const char *target, char **synced_dir, err *e)
{
    const char *slash = strrchr(target, '/');
    AUTO_FREE char *dir =
        slash ? xstrndup(target, (size_t)MAX(slash - target, (ptrdiff_t)1)) : xstrdup(".");
    if (!fs_sync_parent(target, e))
        return false;
    if (str_equal(*synced_dir, dir))
        return true;
    if (!fs_sync_above(dir, e))
        return false;
    free(*synced_dir);
    *synced_dir = move(dir);
    return true;
}

bool partial_commit(partial *p, const char *target, char **synced_dir, err *e)
{
    if (synced_dir && fdatasync(p->fd) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot sync", p->path);
    bool ok = rename(p->path, target) == 0 ||
              err_set_errno(e, ERR_IO, errno, "%s: cannot rename to %s", p->path, target);
    ok = ok && (!synced_dir || sync_names(target, synced_dir, e));
    if (ok && p->ranges_path)
        unlink(p->ranges_path);
    if (ok)
        release(p);
    return ok;
}

bool partial_abandon(partial *p)
{
    bool stays = p->ranges_path && fs_exists(p->ranges_path);
    if (p->path && p->fd >= 0 && !stays)
        unlink(p->path);
    release(p);
    return stays;
}
