/* Which folders may contain results. A folder that cannot be examined is refused. */
#include "base/util.h"
#include "orchestrator/local/result_dirs_private.h"

#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs_guard.h"
#include "base/fsutil.h"

#define NAMES_SIZE 16384

/* A temporary failure, unlike ENOENT: the folder is not used until it can be examined. */
static bool is_unanswered(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == EIO ||
           number == EINTR || number == EAGAIN || number == ESTALE || number == ETIMEDOUT ||
           number == ERANGE;
}

/* Whether a folder is a home directory, or one above it. */
typedef struct home_check {
    int folder_fd;
    bool is;
    err *e;
} home_check;

static bool unanswered(home_check *c, int number, const char *what)
{
    return !is_unanswered(number) ||
           err_set_errno(c->e, ERR_IO, number, "%s: cannot examine", what);
}

static bool check_at_or_above(home_check *c, const char *path)
{
    if (c->is || !path || path[0] != '/')
        return true;
    AUTO_FD fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fs_is_at_or_above(c->folder_fd, fd, &c->is, c->e) : unanswered(c, errno, path);
}

static bool check_same(home_check *c, const char *path)
{
    struct stat a, b;
    if (c->is || !path || path[0] != '/')
        return true;
    if (fstat(c->folder_fd, &a) != 0 || stat(path, &b) != 0)
        return unanswered(c, errno, path);
    c->is = a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return true;
}

static bool check_home_of(home_check *c, uid_t user, bool or_above)
{
    char names[NAMES_SIZE];
    struct passwd pw, *found = NULL;
    int number = getpwuid_r(user, &pw, names, sizeof names, &found);
    if (number != 0)
        return unanswered(c, number, "the users' home directories");
    if (!found)
        return true;
    return or_above ? check_at_or_above(c, found->pw_dir) : check_same(c, found->pw_dir);
}

static bool check_homes(const result_dirs *d, home_check *c, uid_t owner)
{
    return check_at_or_above(c, getenv("HOME")) && check_home_of(c, geteuid(), true) &&
           check_home_of(c, owner, false) &&
           (d->server_user < 0 || check_home_of(c, (uid_t)d->server_user, false));
}

bool result_is_trusted(const result_dirs *d, uid_t owner)
{
    return owner == geteuid() || (int64_t)owner == d->server_user;
}

/* Volumes mounted by container orchestrators belong to root. */
static bool is_volume(int folder_fd, uid_t owner)
{
    return owner == 0 && fs_is_mount_point(folder_fd);
}

static bool refuse_folder(const char *fault, err *e)
{
    return err_set(e, ERR_RESULT_PATH, "refused: it is %s; give the server a separate folder",
                   fault);
}

static bool check_folder(const result_dirs *d, int folder_fd, uid_t owner, err *e)
{
    home_check home = {.folder_fd = folder_fd, .e = e};
    bool above_root, above_work;
    AUTO_FD root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open the root directory");
    if (!fs_is_at_or_above(folder_fd, root, &above_root, e) ||
        !fs_is_at_or_above(folder_fd, d->work_fd, &above_work, e) || !check_homes(d, &home, owner))
        return false;
    if (above_root)
        return refuse_folder("the root directory", e);
    if (above_work)
        return refuse_folder("the work directory or one above it", e);
    if (home.is)
        return refuse_folder("a home directory or one above it", e);
    return result_is_trusted(d, owner) || is_volume(folder_fd, owner) ||
           refuse_folder(
               "a folder of a user other than this one and the server's (see server_user)", e);
}

/* Opened for each use: a server may remove and create its folders. */
int result_open_folder(const result_dirs *d, const char *folder, uid_t *owner, err *e)
{
    struct stat st;
    AUTO_FD fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set_errno(e, ERR_IO, errno, "result folder %s: cannot open", folder);
        return -1;
    }
    if (!check_folder(d, fd, st.st_uid, e)) {
        err_context(e, "result folder %s", folder);
        return -1;
    }
    *owner = st.st_uid;
    int opened = fd;
    fd = -1;
    return opened;
}
