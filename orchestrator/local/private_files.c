#include "orchestrator/local/private_files.h"
#include "base/util.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/security/accounts.h"
#include "base/security/fs_below.h"

#define MODE_BITS ((mode_t)07777)

static bool find_group(const char *name, gid_t *group, err *e)
{
    return account_group(name, group) ||
           err_set(e, ERR_CONFIG,
                   "share_group: the group %s does not exist on this host; give the name or number "
                   "of a group that this user and the detection server's belong to",
                   name);
}

bool privacy_make(const char *share_group, privacy *out, err *e)
{
    bool shared = share_group && share_group[0];
    *out = (privacy){
        .dir_mode = shared ? 02770 : 0700, .file_mode = shared ? 0640 : 0600, .shared = shared};
    return !shared || find_group(share_group, &out->group, e);
}

/* Sets the group first, since changing it may clear bits of the mode. */
static bool set_mode(const privacy *p, int fd, const struct stat *st, mode_t mode,
                     const char *shown, err *e)
{
    if (p->shared && st->st_gid != p->group && fchown(fd, (uid_t)-1, p->group) != 0)
        return err_set_errno(e, ERR_IO, errno,
                             "%s: cannot set the group %u (share_group); this user must belong "
                             "to it",
                             shown, (unsigned)p->group);
    if ((st->st_mode & MODE_BITS) == mode && (!p->shared || st->st_gid == p->group))
        return true;
    return fchmod(fd, mode) == 0 ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot set the mode", shown);
}

static bool fit_dir(privacy *p, int fd, bool is_new, const char *shown, err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", shown);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_IO,
                       "%s: belongs to another user (number %u); choose another local_work_dir",
                       shown, (unsigned)st.st_uid);
    p->tightened = p->tightened || (!is_new && (st.st_mode & 0777 & ~p->dir_mode));
    return set_mode(p, fd, &st, p->dir_mode, shown, e);
}

static int open_dir(privacy *p, int parent_fd, const char *name, bool is_new, const char *shown,
                    err *e)
{
    int fd = fs_below_open(parent_fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR)) {
        err_set(e, ERR_IO,
                "%s: is a link or not a directory; remove it, or choose another local_work_dir",
                shown);
        return -1;
    }
    if (fd < 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot open", shown);
        return -1;
    }
    if (!fit_dir(p, fd, is_new, shown, e))
        util_auto_close(&fd);
    else
        return fd;
    return -1;
}

int private_dir_open(privacy *p, int parent_fd, const char *name, const char *shown, err *e)
{
    bool is_new = mkdirat(parent_fd, name, 0700) == 0;
    if (!is_new && errno != EEXIST) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot create", shown);
        return -1;
    }
    return open_dir(p, parent_fd, name, is_new, shown, e);
}

int private_dir_reopen(privacy *p, int parent_fd, const char *name, const char *shown, err *e)
{
    return open_dir(p, parent_fd, name, false, shown, e);
}

bool private_file_fit(const privacy *p, int fd, const char *name, err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", name);
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid())
        return err_set(e, ERR_IO,
                       "%s: not a regular file of this user with one link; "
                       "remove it",
                       name);
    return set_mode(p, fd, &st, p->file_mode, name, e);
}

int private_file_open(const privacy *p, int dir_fd, const char *name, err *e)
{
    int fd = fs_below_open(dir_fd, name, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0) {
        if (errno == ELOOP || errno == EISDIR)
            err_set(e, ERR_IO, "%s: is a link or a directory; remove it", name);
        else
            err_set_errno(e, ERR_IO, errno, "%s: cannot open", name);
        return -1;
    }
    if (private_file_fit(p, fd, name, e))
        return fd;
    util_auto_close(&fd);
    return -1;
}
