#include "base/util.h"
#include "detection/rejudge/rejudge_write.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "detection/reports/report_files.h"

#define PENDING_BYTES ((size_t)1 << 20)

typedef struct writing {
    const file_lines *f;
    line_store *reports, *near;
} writing;

static bool is_wanted(const judged_line *l, rejudge_lines wanted)
{
    if (wanted == WANT_COUNTING)
        return l->counts;
    return !l->counts || (wanted == WANT_NEAR_OR_OTHERS && l->is_near);
}

static size_t count_of(const writing *w, rejudge_lines wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < w->f->count; i++)
        count += is_wanted(&w->f->lines[i], wanted);
    return count;
}

static bool put_lines(const writing *w, rejudge_lines wanted, int fd, err *e)
{
    AUTO(buf) pending = BUF(SIZE_MAX);
    AUTO(buf) one = BUF(SIZE_MAX);
    for (size_t i = 0; i < w->f->count; i++) {
        const judged_line *l = &w->f->lines[i];
        if (!is_wanted(l, wanted))
            continue;
        if (!line_store_get(l->is_near ? w->near : w->reports, l->offset, l->len, &one, e))
            return false;
        buf_append_slice(&pending, buf_slice(&one));
        buf_append_char(&pending, '\n');
        if (pending.len < PENDING_BYTES)
            continue;
        if (!fs_write_all(fd, pending.data, pending.len, e))
            return false;
        buf_clear(&pending);
    }
    return fs_write_all(fd, pending.data, pending.len, e);
}

static bool sync_file(int fd, const char *path, err *e)
{
    return fsync(fd) == 0 || err_set_errno(e, ERR_IO, errno, "%s: cannot be synced", path);
}

static bool write_file(const writing *w, const char *path, rejudge_lines wanted, err *e)
{
    char *temp = NULL;
    if (count_of(w, wanted) == 0)
        return fs_remove(path, e);
    AUTO_FD fd = fs_temp_create(path, &temp, e);
    if (fd < 0)
        return false;
    if (put_lines(w, wanted, fd, e) && sync_file(fd, path, e))
        return fs_temp_commit(&temp, path, e) && fs_sync_parent(path, e);
    fs_temp_discard(&temp);
    return err_context(e, "%s", path);
}

bool rejudge_spool(const file_lines *f, rejudge_lines wanted, line_store *reports, line_store *near,
                   int *fd, uint64_t *size_bytes, err *e)
{
    writing w = {.f = f, .reports = reports, .near = near};
    AUTO_FREE char *temp = NULL;
    *fd = fs_temp_create(near->near, &temp, e);
    if (*fd < 0)
        return false;
    fs_temp_discard(&temp);
    if (!put_lines(&w, wanted, *fd, e))
        return false;
    off_t end = lseek(*fd, 0, SEEK_CUR);
    *size_bytes = end > 0 ? (uint64_t)end : 0;
    return end >= 0 || err_set_errno(e, ERR_IO, errno, "the temporary file has no length");
}

static bool make_parent(const char *path, err *e)
{
    AUTO_FREE char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return fs_make_dirs(folder, e);
}

bool rejudge_write(const file_lines *f, const char *folder, line_store *reports, line_store *near,
                   err *e)
{
    writing w = {.f = f, .reports = reports, .near = near};
    AUTO_FREE char *report = xasprintf("%s/%s" REPORT_SUFFIX, folder, f->label);
    AUTO_FREE char *others = xasprintf("%s/%s" NEAR_SUFFIX, folder, f->label);
    bool same = count_of(&w, WANT_NEAR_OR_OTHERS) == count_of(&w, WANT_OTHERS);
    return make_parent(report, e) && write_file(&w, others, WANT_NEAR_OR_OTHERS, e) &&
           write_file(&w, report, WANT_COUNTING, e) &&
           (same || write_file(&w, others, WANT_OTHERS, e));
}
