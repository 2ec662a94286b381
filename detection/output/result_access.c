#include "detection/output/result_access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/security/accounts.h"
#include "base/security/fs_below.h"
#include "base/fsutil.h"
#include "base/util.h"
#include "decon/base/log.h"

#define PERMISSIONS    ((mode_t)07777)
#define WRITE_OF_OTHER ((mode_t)(S_IWGRP | S_IWOTH))
#define RESULT_ID_LEN  36 /* a UUID: results are named by their job's id */

bool result_access_of_server(const char *share_group, result_access *out, err *e)
{
    *out = (result_access){.is_private = true, .has_group = share_group && *share_group};
    return !out->has_group || account_group(share_group, &out->group) ||
           err_set(e, ERR_CONFIG,
                   "share_group: the group %s does not exist on this host; give the name or number "
                   "of a "
                   "group that this user and the orchestrator's belong to",
                   share_group);
}

static mode_t folder_mode(const result_access *a)
{
    return a->has_group ? 02750 : 0700;
}

/* Sets the group first, since changing it may clear bits of the mode. */
static bool fit(const result_access *a, int fd, mode_t mode, const char *shown, err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", shown);
    if (a->has_group && st.st_gid != a->group && fchown(fd, (uid_t)-1, a->group) != 0)
        return err_set_errno(e, ERR_IO, errno,
                             "%s: cannot set the group %u (share_group); this user must belong "
                             "to it",
                             shown, (unsigned)a->group);
    return (st.st_mode & PERMISSIONS) == mode || fchmod(fd, mode) == 0 ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot set the mode", shown);
}

/* `flags`: O_NOFOLLOW for a folder created here; a configured folder may be a link. */
static bool fit_folder(const result_access *a, const char *dir, int flags, err *e)
{
    AUTO_FD fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", dir);
    return fit(a, fd, folder_mode(a), dir, e);
}

/* *made: the folder did not exist before. */
static bool make_folder(const result_access *a, const char *dir, bool *made, err *e)
{
    *made = false;
    if (!a->is_private)
        return fs_make_dirs(dir, e);
    AUTO_FREE char *parent = xstrdup(dir);
    char *slash = strrchr(parent, '/');
    if (slash && slash != parent) {
        *slash = '\0';
        if (!fs_make_dirs(parent, e))
            return false;
    }
    *made = mkdir(dir, 0700) == 0;
    if (*made)
        return fit_folder(a, dir, O_NOFOLLOW, e);
    return errno == EEXIST ||
           err_set_errno(e, ERR_IO, errno, "%s: cannot create the directory", dir);
}

/* --- at the start --- */

static bool is_result(void *ctx, const char *name, err *e)
{
    bool *only_results = ctx;
    UNUSED(e);
    *only_results =
        strspn(name, "0123456789abcdef-") == RESULT_ID_LEN && name[RESULT_ID_LEN] == '.';
    return *only_results; /* ends the search at the first other name */
}

static bool holds_only_results(const char *dir)
{
    bool only_results = true;
    return fs_each_name(dir, is_result, &only_results, NULL) && only_results;
}

static mode_t wider_bits(const result_access *a, const struct stat *st)
{
    return st->st_mode & 0777 & ~folder_mode(a);
}

/* A folder that its owner opened for share_group keeps its mode: members may remove results. */
static bool fits(const result_access *a, const struct stat *st)
{
    if (a->has_group)
        return st->st_gid == a->group && (st->st_mode & 0757) == 0750;
    return wider_bits(a, st) == 0;
}

static bool fit_existing(const result_access *a, const char *dir, err *e)
{
    struct stat st;
    if (stat(dir, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, "%s: not a directory; remove it, or name another one", dir);
    if (fits(a, &st))
        return true;
    if (st.st_uid == geteuid() && !(st.st_mode & S_ISVTX) && holds_only_results(dir)) {
        log_info("%s: mode changed from %04o to %04o, since it contains only results", dir,
                 (unsigned)st.st_mode & PERMISSIONS, (unsigned)folder_mode(a));
        return fit_folder(a, dir, 0, e);
    }
    if (wider_bits(a, &st) & WRITE_OF_OTHER && !(st.st_mode & S_ISVTX))
        log_warn("%s: other users can replace and remove results (mode %04o); give the server a "
                 "separate folder",
                 dir, (unsigned)st.st_mode & PERMISSIONS);
    return true;
}

bool result_folder_prepare(const result_access *a, const char *dir, err *e)
{
    bool made = false;
    return make_folder(a, dir, &made, e) && (made || !a->is_private || fit_existing(a, dir, e));
}

/* --- results --- */

bool result_folder_make(const result_access *a, const char *dir, bool only_own, err *e)
{
    struct stat st;
    bool made = false;
    if (!make_folder(a, dir, &made, e))
        return false;
    if (made || !only_own)
        return true;
    if (lstat(dir, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot examine", dir);
    return (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & WRITE_OF_OTHER)) ||
           err_set(e, ERR_IO,
                   "%s: other users can write to this folder; restart the server with private "
                   "folders for its results",
                   dir);
}

static mode_t file_mode(const result_access *a, mode_t input_mode)
{
    if (!a->is_private)
        return (input_mode & 0666) | 0600;
    return a->has_group ? 0640 : 0600;
}

int result_file_create(const result_access *a, const char *path, mode_t input_mode,
                       char **temp_path, err *e)
{
    mode_t mode = file_mode(a, input_mode);
    int fd = fs_below_temp(AT_FDCWD, path, mode, temp_path, e);
    if (fd < 0 || !a->has_group || fit(a, fd, mode, path, e))
        return fd;
    fs_temp_discard(temp_path);
    close(fd);
    return -1;
}
