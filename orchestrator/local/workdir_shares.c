/* Other shares of the same input: those of an earlier host count. */
#include "base/util.h"
#include "orchestrator/local/workdir_private.h"

#include <sys/file.h>
#include <unistd.h>

#include "base/security/fs_below.h"
#include "base/fsutil.h"
#include "decon/base/log.h"

typedef struct search {
    workdir *w;
    unsigned host_count;
    void (*each)(void *ctx, int share_fd, const char *tag);
    void *ctx;
} search;

/* "<index>-of-<count>" with another count. */
static bool is_other_count(const char *name, unsigned host_count)
{
    uint64_t index = 0, count = 0;
    const char *of = strstr(name, "-of-");
    AUTO_FREE char *front = of ? xstrndup(name, (size_t)(of - name)) : NULL;
    return of && num_parse_u64(front, &index) && num_parse_u64(of + 4, &count) && index < count &&
           count != host_count;
}

static bool remove_share(const search *s, int share_fd, const char *name, err *e)
{
    char tag[WORKDIR_TAG_CHARS + 1];
    const char *slash = strrchr(s->w->path, '/');
    AUTO_FREE char *path = xasprintf("%.*s/%s", (int)(slash - s->w->path), s->w->path, name);
    workdir_make_tag(share_fd, path, tag);
    s->each(s->ctx, share_fd, tag);
    if (!fs_remove_tree_at(s->w->input_fd, name, e))
        return err_context(e, "%s", path);
    log_info("%s: removed: a share of an earlier host count", path);
    return true;
}

static bool look_at(void *ctx, const char *name, err *e)
{
    const search *s = ctx;
    err other = ERR_INIT;
    if (!is_other_count(name, s->host_count))
        return true;
    AUTO_FD share_fd = fs_below_open(s->w->input_fd, name, O_RDONLY | O_DIRECTORY, 0);
    AUTO_FD lock_fd =
        share_fd < 0 ? -1 : private_file_open(&s->w->privacy, share_fd, WORKDIR_LOCK, &other);
    /* If it is locked, a process uses it: nothing is removed. */
    if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) != 0)
        return true;
    return remove_share(s, share_fd, name, e);
}

bool workdir_clear_other_counts(workdir *w, unsigned host_count,
                                void (*each)(void *ctx, int share_fd, const char *tag), void *ctx,
                                err *e)
{
    search s = {.w = w, .host_count = host_count, .each = each, .ctx = ctx};
    return fs_each_name_at(w->input_fd, ".", look_at, &s, e);
}
