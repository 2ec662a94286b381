#include "base/util.h"
#include "detection/reports/report_files.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fsutil.h"
#include "decon/compression/codec.h"
#include "detection/reports/remote_reports.h"
#include "detection/reports/report_name.h"

typedef struct walk {
    const report_reader *reader;
    uint64_t *count;
    const char *dir;
    size_t root_len;
} walk;

static void read_report(const report_reader *r, const char *path, const char *label)
{
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = r->begin(r->ctx, path, label);
    bool whole = codec_decode_file(path, sink, &e);
    r->end(r->ctx, whole ? NULL : &e);
}

static bool walk_name(void *ctx, const char *name, err *e)
{
    const walk *w = ctx;
    struct stat st;
    AUTO_FREE char *path = report_store_path(w->dir, name);
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        walk below = *w;
        below.dir = path;
        return fs_each_name(path, walk_name, &below, e);
    }
    size_t stem = report_name_stem(name, w->reader->suffix);
    if (stem == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    AUTO_FREE char *label =
        xstrndup(path + w->root_len, strlen(path) - w->root_len - strlen(name) + stem);
    ++*w->count;
    read_report(w->reader, path, label);
    return true;
}

static bool read_local(const char *path, const report_reader *reader, uint64_t *count, err *e)
{
    struct stat st;
    walk top = {.reader = reader,
                .count = count,
                .dir = path,
                .root_len = strlen(path) + !str_ends_with(path, "/")};
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_USAGE, errno, "%s cannot be read", path);
    if (S_ISDIR(st.st_mode))
        return fs_each_name(path, walk_name, &top, e);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    AUTO_FREE char *label = xstrndup(name, report_name_stem(name, reader->suffix));
    ++*count;
    read_report(reader, path, label);
    return true;
}

static bool check_store(const report_store *store, const char *path, err *e)
{
    return store || err_set(e, ERR_USAGE, "%s: this program reads local folders only", path);
}

bool report_files_read(const report_store *store, const char *path, const report_reader *reader,
                       uint64_t *count, err *e)
{
    if (!report_store_has(path))
        return read_local(path, reader, count, e);
    return check_store(store, path, e) && remote_reports_read(store, path, reader, count, e);
}

bool report_file_text(const report_store *store, const char *folder, const char *name,
                      size_t max_bytes, buf *out, bool *found, err *e)
{
    *found = false;
    if (report_store_has(folder))
        return check_store(store, folder, e) &&
               remote_report_text(store, folder, name, max_bytes, out, found, e);
    AUTO_FREE char *path = report_store_path(folder, name);
    if (!fs_exists(path))
        return true;
    *found = fs_read_file(path, max_bytes, out, e);
    return *found;
}

bool report_file_names(const report_store *store, const char *folder, const char *name,
                       bool (*each)(void *ctx, const char *name, err *e), void *ctx, err *e)
{
    AUTO_FREE char *path = report_store_path(folder, name);
    if (report_store_has(folder))
        return check_store(store, folder, e) && remote_report_names(store, path, each, ctx, e);
    return !fs_exists(path) || fs_each_name(path, each, ctx, e);
}
