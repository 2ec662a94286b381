#include "base/util.h"
#include "detection/review/report_files.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/compression/codec.h"

#define REPORT_SUFFIX ".report.jsonl"

/* "<any>.report.jsonl", or "<any>-simple-<threshold>.jsonl" of the reference program's batches;
 * compressed or not. Yields the length of <any>, 0 for other names. */
static size_t report_stem(const char *name)
{
    size_t len = strlen(name) - strlen(codec_name_suffix(name));
    slice plain = {.data = name, .len = len};
    if (slice_ends_with(plain, REPORT_SUFFIX))
        return len - strlen(REPORT_SUFFIX);
    if (!slice_ends_with(plain, ".jsonl"))
        return 0;
    const char *mark = strstr(name, "-simple-");
    return mark && mark < name + len ? (size_t)(mark - name) : 0;
}

typedef struct walk {
    void (*each)(void *ctx, const char *path, const char *label);
    void *ctx;
    uint64_t *count;
    const char *dir;
    size_t root_len;
} walk;

static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    AUTO_FREE char *path = xasprintf("%s%s%s", w->dir, str_ends_with(w->dir, "/") ? "" : "/", name);
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk below = *w;
        below.dir = path;
        return fs_each_name(path, walk_name, &below, e);
    }
    size_t stem = report_stem(name);
    if (stem == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    AUTO_FREE char *label =
        xstrndup(path + w->root_len, strlen(path) - w->root_len - strlen(name) + stem);
    ++*w->count;
    w->each(w->ctx, path, label);
    return true;
}

bool report_files_each(const char *path,
                       void (*each)(void *ctx, const char *path, const char *label), void *ctx,
                       uint64_t *count, err *e)
{
    struct stat st;
    walk top = {.each = each,
                .ctx = ctx,
                .count = count,
                .dir = path,
                .root_len = strlen(path) + !str_ends_with(path, "/")};
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_USAGE, errno, "%s cannot be read", path);
    if (S_ISDIR(st.st_mode))
        return fs_each_name(path, walk_name, &top, e);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    AUTO_FREE char *label = xstrndup(name, report_stem(name));
    ++*count;
    each(ctx, path, label);
    return true;
}
