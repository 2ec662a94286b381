#include "orchestrator/check/check_access.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "orchestrator/detect/server_user.h"
#include "orchestrator/local/result_dirs.h"

#define LIST_MAX_BYTES ((size_t)400)

typedef struct access_check {
    check_lines *lines;
    const config *config;
    const char *work_dir; /* absolute */
    bool known;           /* the server's user */
    uint32_t user;
} access_check;

char *check_existing_folder(const char *path)
{
    char *at = xstrdup(path);
    while (!fs_exists(at)) {
        char *slash = strrchr(at, '/');
        if (!slash)
            break;
        slash[slash == at] = '\0';
        if (slash == at)
            break;
    }
    return at;
}

/* --- allow_dir --- */

/* The path with all links resolved; parts that do not exist yet are kept. */
static char *resolve(const char *path)
{
    AUTO_FREE char *folder = check_existing_folder(path);
    char *real = realpath(folder, NULL);
    const char *rest = path + strlen(folder);
    if (!real || !*rest)
        return real;
    rest += *rest == '/';
    char *whole = xasprintf("%s/%s", str_equal(real, "/") ? "" : real, rest);
    free(real);
    return whole;
}

static bool is_at_or_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return str_equal(folder, "/") ||
           (str_starts_with(path, folder) && (path[len] == '/' || path[len] == '\0'));
}

static bool is_allowed(const char *work_dir, const char *const *dirs)
{
    for (size_t i = 0; dirs[i]; i++) {
        AUTO_FREE char *folder = resolve(dirs[i]);
        if (folder && is_at_or_below(work_dir, folder))
            return true;
    }
    return false;
}

/* "/a, /b" */
static void put_list(const char *const *dirs, buf *out)
{
    for (size_t i = 0; dirs[i]; i++)
        if (!buf_printf(out, "%s%s", i ? ", " : "", dirs[i]))
            return;
}

static void check_allow_dir(const access_check *a, const char *const *dirs)
{
    AUTO(buf) list = BUF(LIST_MAX_BYTES);
    if (!dirs)
        return; /* not reported */
    if (!dirs[0]) {
        check_ok(a->lines, "allow_dir",
                 "not set: the detection server reads any file that its user may read");
        return;
    }
    put_list(dirs, &list);
    AUTO_FREE char *real = resolve(a->work_dir);
    const char *shown = real ? real : a->work_dir;
    if (real && is_allowed(real, dirs))
        check_ok(a->lines, "allow_dir", "the detection server may be given files in %s", shown);
    else
        check_fix(a->lines, "allow_dir",
                  "the detection server takes files in %s%s only, and downloads are in %s; start "
                  "it with --allow-dir %s too, or set local_work_dir to a folder in one of those",
                  buf_str(&list), list.overflow ? ", ..." : "", shown, shown);
}

/* --- users --- */

/* Whether no user besides the owner can enter the folder: an access list gives no more than the bits of the group. */
static bool is_closed(const struct stat *st, uint32_t user)
{
    return st->st_uid != user && !(st->st_mode & (S_IXGRP | S_IXOTH));
}

/* The first folder from the root to `path` that the user cannot enter; or NULL. */
static char *closed_folder(const char *path, uint32_t user, mode_t *mode)
{
    AUTO_FREE char *folder = check_existing_folder(path);
    AUTO_FREE char *real = realpath(folder, NULL);
    struct stat st;
    for (char *end = real; end && *end; end += strcspn(end, "/")) {
        end += *end == '/';
        char *next = end + strcspn(end, "/");
        AUTO_FREE char *at = xstrndup(real, (size_t)(next - real));
        if (stat(at, &st) == 0 && is_closed(&st, user)) {
            *mode = st.st_mode & 07777;
            return move(at);
        }
    }
    return NULL;
}

static void check_way_to(const access_check *a)
{
    mode_t mode = 0;
    AUTO_FREE char *closed = a->user ? closed_folder(a->work_dir, a->user, &mode) : NULL;
    if (closed)
        check_fix(a->lines, "local_work_dir",
                  "%s has mode %04o, so the detection server's user %u cannot reach downloads in "
                  "%s; choose a folder elsewhere, or let others enter that one (chmod o+x)",
                  closed, (unsigned)mode, a->user, a->work_dir);
    else
        check_ok(a->lines, "users", "the detection server's user may read downloads");
}

static void check_users(access_check *a)
{
    err e = ERR_INIT;
    const config *c = a->config;
    if (!server_user_find(c->server_user, c->server_url, &a->known, &a->user, &e))
        check_fix(a->lines, "server_user", "%s", e.message);
    else if (!a->known)
        check_ok(a->lines, "users", "the detection server's user is not known");
    else if (a->user == (uint32_t)geteuid())
        check_ok(a->lines, "users", "the detection server's user may read downloads");
    else if (!c->share_group)
        check_fix(
            a->lines, "share_group",
            "the detection server runs under user %u, this program under %u, so it cannot read "
            "downloads; give share_group a group of both",
            a->user, (unsigned)geteuid());
    else
        check_way_to(a);
}

/* --- folders of results --- */

static void refuse_access(const access_check *a, const char *name, const char *path, int number)
{
    bool absent = number == ENOENT || number == ENOTDIR;
    check_fix(a->lines, name, "%s: %s; %s", path, strerror(number),
              absent
                  ? "where the server runs in a container, mount the folder here at the same path"
                  : "run both programs under one user, or give the server --share-group");
}

/* The server's choice where its configuration names none: it is created with the first result
 * (temporary_dir in detection/config/config.c). */
static bool is_made_later(const char *path, int number)
{
    static const char *const names[] = {"/decon-", "/decon-cleaned-"};
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; number == ENOENT && i < ARRAY_LEN(names); i++)
        if (str_starts_with(slash, names[i]) && strlen(slash) == strlen(names[i]) + 8 &&
            strspn(slash + strlen(names[i]), "0123456789abcdef") == 8)
            return true;
    return false;
}

static void check_folder(const access_check *a, const result_dirs *rules, const char *name,
                         const char *path)
{
    err e = ERR_INIT;
    if (!path || path[0] != '/')
        return;
    bool readable = access(path, R_OK | X_OK) == 0;
    if (!readable && is_made_later(path, errno))
        check_ok(a->lines, name, "%s is created by the detection server with its first result",
                 path);
    else if (!readable)
        refuse_access(a, name, path, errno);
    else if (!result_dirs_examine(rules, path, &e))
        check_fix(a->lines, name, "%s", e.message);
    else
        check_ok(a->lines, name, "%s can be read", path);
}

/* A run opens results in the configured folders only. */
static bool is_configured(char *const *configured, const char *path)
{
    AUTO_FREE char *real = resolve(path);
    for (char *const *dir = configured; dir && *dir; dir++) {
        AUTO_FREE char *absolute = fs_absolute(*dir, NULL);
        AUTO_FREE char *folder = absolute ? resolve(absolute) : NULL;
        if (real && folder && is_at_or_below(real, folder))
            return true;
    }
    return !configured || !configured[0];
}

static void check_results(const access_check *a, const char *name, const char *path)
{
    err e = ERR_INIT;
    char *const *configured = a->config->server_result_dirs;
    AUTO_FREE char *folder = check_existing_folder(a->work_dir);
    AUTO_FD fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    AUTO_PTR(result_dirs) rules = result_dirs_new(configured, fd, &e);
    if (!rules) {
        check_fix(a->lines, name, "%s", e.message);
        return;
    }
    if (a->known)
        result_dirs_trust(rules, a->user);
    if (path && path[0] == '/' && !is_configured(configured, path))
        check_fix(a->lines, name,
                  "%s is in none of the folders of server_result_dirs; add it there, or remove the "
                  "option",
                  path);
    else
        check_folder(a, rules, name, path);
}

void check_access(check_lines *l, const config *c, const server_facts *facts)
{
    err e = ERR_INIT;
    access_check a = {.lines = l, .config = c};
    AUTO_FREE char *work_dir = fs_absolute(c->local_work_dir, &e);
    if (!work_dir) {
        check_fix(l, "local_work_dir", "%s", e.message);
        return;
    }
    a.work_dir = work_dir;
    check_allow_dir(&a, facts->allow_dirs);
    check_users(&a);
    check_results(&a, "server's reports", facts->report_dir);
    check_results(&a, "server's cleaned files", facts->cleaned_dir);
}
