#include "base/util.h"
#include "orchestrator/local/result_dirs_private.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"

void result_file_close(result_file *f)
{
    if (f->path && f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

void result_file_deinit(result_file *f)
{
    result_file_close(f);
    free(f->path);
    free(f->name);
    *f = (result_file){0};
}

result_file result_file_take(result_file *f)
{
    result_file taken = *f;
    *f = (result_file){0};
    return taken;
}

void result_add_folder(result_dirs *d, char *folder)
{
    size_t count = atomic_load(&d->count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(d->folders[i], folder)) {
            free(folder);
            return;
        }
    if (count == RESULT_FOLDERS_MAX) {
        log_warn("result folder %s: not used: the server has reported too many others; set "
                 "server_result_dirs",
                 folder);
        free(folder);
        return;
    }
    d->folders[count] = folder;
    atomic_store(&d->count, count + 1);
}

result_dirs *result_dirs_new(char *const *configured, int work_fd, err *e)
{
    AUTO_PTR(result_dirs) d = xcalloc(1, sizeof *d);
    d->work_fd = work_fd;
    d->server_user = -1;
    d->configured = configured && configured[0];
    for (char *const *dir = configured; dir && *dir; dir++) {
        char *folder = fs_absolute(*dir, e);
        if (!folder)
            return NULL;
        result_add_folder(d, folder);
    }
    return move(d);
}

void result_dirs_trust(result_dirs *d, uint32_t server_user)
{
    d->server_user = server_user;
}

bool result_dirs_check(const result_dirs *d, err *e)
{
    for (size_t i = 0; d->configured && i < d->count; i++) {
        uid_t owner;
        err fault = ERR_INIT;
        AUTO_FD fd = result_open_folder(d, d->folders[i], &owner, &fault);
        if (fd < 0 && fault.code == ERR_RESULT_PATH)
            return err_set(e, ERR_CONFIG, "server_result_dirs: %s", fault.message);
    }
    return true;
}

bool result_dirs_examine(const result_dirs *d, const char *folder, err *e)
{
    uid_t owner;
    AUTO_FD fd = result_open_folder(d, folder, &owner, e);
    return fd >= 0;
}

void result_dirs_free(result_dirs *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++)
        free(d->folders[i]);
    free(d);
}

static void learn_folder(result_dirs *d, const char *reported)
{
    uid_t owner;
    err e = ERR_INIT;
    char *folder = reported && reported[0] ? fs_absolute(reported, &e) : NULL;
    if (!folder)
        return;
    AUTO_FD fd = result_open_folder(d, folder, &owner, &e);
    if (fd < 0 && e.code == ERR_RESULT_PATH)
        log_warn("%s; its results are not used", e.message);
    result_add_folder(d, folder);
}

void result_dirs_learn(result_dirs *d, const char *report_dir, const char *cleaned_dir)
{
    if (d->configured)
        return;
    learn_folder(d, report_dir);
    learn_folder(d, cleaned_dir);
}

/* --- results --- */

/* As a whole: "job-12.report.jsonl" does not contain "job-1". */
static bool carries_id(const char *name, const char *id)
{
    size_t len = strlen(id);
    for (const char *at = name; len > 0 && (at = strstr(at, id)); at++)
        if ((at == name || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[len]))
            return true;
    return false;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The part of `path` below `folder`, or NULL. */
static const char *below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return str_starts_with(path, folder) && path[len] == '/' ? path + len + 1 : NULL;
}

/* For a path that reaches the folder through links: the part below it. */
static char *name_below(const char *absolute, const char *folder)
{
    const char *name = below(absolute, folder);
    if (name)
        return xstrdup(name);
    AUTO_FREE char *canonical = realpath(folder, NULL);
    name = canonical ? below(absolute, canonical) : NULL;
    return name ? xstrdup(name) : NULL;
}

static bool check_owner(const result_dirs *d, const result_file *f, uid_t folder_owner, err *e)
{
    uid_t owner = f->identity.owner;
    return d->server_user < 0 || result_is_trusted(d, owner) || owner == folder_owner ||
           err_set(e, ERR_RESULT_PATH,
                   "%s: not used as a result: the file does not belong to the detection "
                   "server's user",
                   f->path);
}

static bool is_absent(const err *e)
{
    return e->code == ERR_IO && (e->sys_errno == ENOENT || e->sys_errno == ENOTDIR);
}

/* A system error, as opposed to a link or a path outside the folder. */
static bool is_failure(const err *e)
{
    return e->code == ERR_IO && e->sys_errno && e->sys_errno != ELOOP && e->sys_errno != EXDEV;
}

bool result_open_below(const result_dirs *d, size_t folder, const char *name, result_file *out,
                       err *e)
{
    uid_t owner = 0;
    err why = ERR_INIT;
    AUTO_FD dir = result_open_folder(d, d->folders[folder], &owner, e);
    if (dir < 0)
        return false;
    *out = (result_file){.folder = folder,
                         .name = xstrdup(name),
                         .path = xasprintf("%s/%s", d->folders[folder], name)};
    out->fd = fs_below_open_file(dir, name, &out->identity, &why);
    if (out->fd >= 0 && check_owner(d, out, owner, &why))
        return true;
    if (is_failure(&why)) {
        err_context(&why, "result folder %s", d->folders[folder]);
        if (e)
            *e = why;
    } else {
        err_set(e, ERR_RESULT_PATH,
                "%s: not used as a result: %s; results are regular files with one link, in the "
                "result folder and not reached through links",
                out->path, why.message);
    }
    result_file_deinit(out);
    return false;
}

static bool refuse(const result_dirs *d, const char *named, err *e)
{
    if (d->count == 0)
        return err_set(e, ERR_RESULT_PATH,
                       "%s: not used as a result: the detection server does not report its "
                       "result folders; set server_result_dirs",
                       named);
    return err_set(e, ERR_RESULT_PATH,
                   "%s: not used as a result: it is in none of the server's result folders "
                   "(%s%s); set server_result_dirs if its folder is correct",
                   named, d->folders[0], d->count > 1 ? ", ..." : "");
}

/* The path below a folder: by its name; for a relative path also by its last name, since the
 * server's working directory is unknown. */
static char *candidate(const result_dirs *d, size_t folder, const char *named, const char *absolute)
{
    char *name = name_below(absolute, d->folders[folder]);
    return !name && named[0] != '/' ? xstrdup(last_name(named)) : name;
}

bool result_dirs_cover(const result_dirs *d, const char *named)
{
    err e = ERR_INIT;
    AUTO_FREE char *absolute = fs_absolute(named, &e);
    for (size_t i = 0, count = d->count; absolute && i < count; i++)
        if (named[0] != '/' || below(absolute, d->folders[i]))
            return true;
    return d->configured;
}

static bool search(const result_dirs *d, const char *named, const char *absolute, result_file *out,
                   err *e)
{
    bool seen = false;
    for (size_t i = 0, count = d->count; i < count; i++) {
        AUTO_FREE char *name = candidate(d, i, named, absolute);
        err why = ERR_INIT;
        if (!name)
            continue;
        seen = true;
        if (result_open_below(d, i, name, out, &why))
            return true;
        if (!is_absent(&why)) {
            if (e)
                *e = why;
            return false;
        }
    }
    if (!seen)
        return refuse(d, named, e);
    return err_set(e, ERR_RESULT, "the detection server names %s, which does not exist%s", named,
                   named[0] == '/' ? ""
                                   : "; start the server with absolute output directories, on "
                                     "this host");
}

bool result_file_open(const result_dirs *d, const char *named, const char *job_id, result_file *out,
                      err *e)
{
    *out = (result_file){0};
    if (!carries_id(last_name(named), job_id))
        return err_set(e, ERR_RESULT_PATH,
                       "%s: not used as a result: its name does not contain the job id %s", named,
                       job_id);
    AUTO_FREE char *absolute = fs_absolute(named, e);
    return absolute && search(d, named, absolute, out, e);
}

bool result_file_unchanged(const result_file *f)
{
    fs_identity now;
    return fs_identity_of(f->fd, &now) && fs_identity_equal(&now, &f->identity);
}

bool result_file_remove(const result_dirs *d, const result_file *f, err *e)
{
    uid_t owner;
    err why = ERR_INIT;
    if (!f->path)
        return true;
    AUTO_FD dir = result_open_folder(d, d->folders[f->folder], &owner, &why);
    if (dir < 0)
        return is_absent(&why) || err_set(e, why.code, "%s", why.message);
    return fs_below_remove_same(dir, f->name, &f->identity, e) || err_context(e, "%s", f->path);
}

void result_dirs_remove_job(const result_dirs *d, const char *job_id, const char *suffix)
{
    AUTO_FREE char *name = xasprintf("%s%s", job_id, suffix);
    for (size_t i = 0, count = d->count; i < count; i++) {
        AUTO(result_file) f = {0};
        err e = ERR_INIT;
        if (result_open_below(d, i, name, &f, &e) && !result_file_remove(d, &f, &e))
            log_debug("%s", e.message);
    }
}
