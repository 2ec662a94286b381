#include "detection/output/stale_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/output/job_results.h"

#define HEX "0123456789abcdef"

typedef struct sweep {
    const char *dir, *suffix;
    unsigned removed;
} sweep;

bool leftovers_claim(int fd)
{
    struct stat st;
    /* The lock is held by leftovers_remove. Other failures: a file system without locks, on which
     * leftovers_remove removes nothing. */
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        return errno != EWOULDBLOCK;
    return fstat(fd, &st) != 0 || st.st_nlink > 0;
}

/* ".tmp-<8 hex digits>" */
static bool is_mark(const char *text)
{
    static const char mark[] = ".tmp-";
    if (!str_starts_with(text, mark))
        return false;
    text += strlen(mark);
    return strlen(text) == 8 && strspn(text, HEX) == 8;
}

/* "<job id><suffix>.tmp-<8 hex digits>" */
static bool is_ours(const char *name, const char *suffix)
{
    size_t id_len = JOB_ID_BYTES - 1;
    if (strspn(name, HEX "-") < id_len)
        return false;
    const char *rest = name + id_len;
    return str_starts_with(rest, suffix) && is_mark(rest + strlen(suffix));
}

static bool remove_unheld(sweep *s, const char *name, err *e)
{
    AUTO_FREE char *path = xasprintf("%s/%s", s->dir, name);
    AUTO_FD fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    /* Removed already, or being written; without the lock nothing is removed. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return true;
    s->removed++;
    return fs_remove(path, e);
}

static bool remove_name(void *ctx, const char *name, err *e)
{
    sweep *s = ctx;
    return !is_ours(name, s->suffix) || remove_unheld(s, name, e);
}

bool leftovers_remove(const char *dir, const char *suffix, err *e)
{
    sweep s = {.dir = dir, .suffix = suffix};
    if (!fs_each_name(dir, remove_name, &s, e))
        return err_context(e, "leftovers of an earlier run in %s", dir);
    if (s.removed > 0)
        log_info("%s: %u unfinished results of an earlier run removed", dir, s.removed);
    return true;
}

/* `suffix` is the complete name of the result here. */
static bool remove_of_result(void *ctx, const char *name, err *e)
{
    sweep *s = ctx;
    if (!str_starts_with(name, s->suffix) || !is_mark(name + strlen(s->suffix)))
        return true;
    return remove_unheld(s, name, e);
}

void leftovers_remove_result(const char *dir, const char *id, const char *suffix)
{
    err e = ERR_INIT;
    AUTO_FREE char *path = xasprintf("%s/%s%s", dir, id, suffix);
    char *slash = strrchr(path, '/'); /* an id may contain folders */
    *slash = '\0';
    sweep s = {.dir = path, .suffix = slash + 1};
    if (fs_exists(path) && !fs_each_name(path, remove_of_result, &s, &e))
        log_warn("%s: an unfinished result remains: %s", path, e.message);
}
