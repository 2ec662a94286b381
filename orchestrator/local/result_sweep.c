/* Results of earlier runs that no item needs. */
#include "base/util.h"
#include "orchestrator/local/result_dirs_private.h"

#include <errno.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"

#define RECORD_NAME      "result-folders"
#define RECORD_MAX_BYTES ((size_t)1 << 20)

typedef struct sweep {
    const result_dirs *dirs;
    size_t folder;
    result_jobs *owned;
    result_sweep *out;
} sweep;

/* "<job id>.report.jsonl" or ".near.jsonl", or ".jsonl" with any suffix: of a compression, or the temporary suffix
 * of a server that died while it wrote the file. */
static bool is_result_of(const char *name, result_jobs *owned)
{
    slice id = {.data = name, .len = strcspn(name, ".")};
    const char *suffix = name + id.len;
    return (str_starts_with(suffix, ".report.jsonl") || str_starts_with(suffix, ".near.jsonl") ||
            str_starts_with(suffix, ".jsonl")) &&
           result_jobs_cover(owned, id);
}

static bool sweep_name(void *ctx, const char *name, err *e)
{
    sweep *s = ctx;
    AUTO(result_file) f = {0};
    err why = ERR_INIT;
    UNUSED(e);
    if (!is_result_of(name, s->owned) || !result_open_below(s->dirs, s->folder, name, &f, &why))
        return true;
    bool removed = result_file_remove(s->dirs, &f, &why);
    if (!removed)
        log_warn("%s", why.message);
    s->out->removed += removed;
    s->out->failed += !removed;
    return true;
}

void result_dirs_sweep(const result_dirs *d, result_jobs *owned, result_sweep *out)
{
    sweep s = {.dirs = d, .owned = owned, .out = out};
    for (; s.folder < d->count; s.folder++) {
        uid_t owner;
        err unread = ERR_INIT;
        AUTO_FD fd = result_open_folder(d, d->folders[s.folder], &owner, &unread);
        if (fd >= 0 && !fs_each_name_at(fd, ".", sweep_name, &s, &unread))
            log_debug("%s: %s", d->folders[s.folder], unread.message);
    }
}

static void write_folders(const result_dirs *d, buf *out)
{
    for (size_t i = 0; i < d->count; i++)
        if (!strchr(d->folders[i], '\n'))
            buf_printf(out, "%s\n", d->folders[i]);
}

static bool write_record(int share_fd, const buf *text, err *e)
{
    char *temp = NULL;
    AUTO_FD fd = fs_below_temp(share_fd, RECORD_NAME, 0600, &temp, e);
    bool ok = fd >= 0 && fs_write_all(fd, buf_str(text), text->len, e);
    if (ok && fdatasync(fd) != 0)
        ok = err_set_errno(e, ERR_IO, errno, RECORD_NAME ": cannot sync");
    ok = ok && fs_below_temp_commit(share_fd, &temp, RECORD_NAME, e) &&
         fs_sync_dir(share_fd, RECORD_NAME, e);
    fs_below_temp_discard(share_fd, &temp);
    return ok;
}

void result_dirs_remember(const result_dirs *d, const result_dirs *old, int share_fd)
{
    err e = ERR_INIT;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    AUTO(buf) before = BUF(RECORD_MAX_BYTES);
    write_folders(old, &text);
    write_folders(d, &text);
    if (fs_below_read_own(share_fd, RECORD_NAME, RECORD_MAX_BYTES, &before, &e) &&
        slice_equal(buf_slice(&before), buf_slice(&text)))
        return;
    e = (err)ERR_INIT;
    if (!write_record(share_fd, &text, &e))
        log_debug("%s", e.message); /* then only results of a killed run remain */
}

void result_dirs_recall(result_dirs *d, int share_fd)
{
    err absent = ERR_INIT;
    AUTO(buf) text = BUF(RECORD_MAX_BYTES);
    if (!fs_below_read_own(share_fd, RECORD_NAME, RECORD_MAX_BYTES, &text, &absent))
        return;
    for (const char *line = buf_str(&text), *end; (end = strchr(line, '\n')); line = end + 1) {
        if (line[0] == '/')
            result_add_folder(d, xstrndup(line, (size_t)(end - line)));
    }
}

void result_dirs_forget(int share_fd)
{
    UNUSED(!fs_below_remove(share_fd, RECORD_NAME, NULL));
}
