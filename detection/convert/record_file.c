#include "base/util.h"
#include "detection/convert/record_file.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/json/json_read.h"
#include "detection/convert/rows.h"
#include "detection/index/eval_files.h"

#define GZIP_LEVEL     6
#define LINE_MAX_BYTES ((size_t)1 << 30)

static const char *const keys[] = {"doc_id"};

static bool note_id(void *ctx, slice object, uint64_t line, err *e)
{
    record_files *f = ctx;
    json_value value;
    uint64_t doc_id;
    UNUSED(e);
    if (json_read_members(object, keys, &value, 1, NULL, NULL) && json_unsigned(&value, &doc_id))
        (void)doc_ids_add(&f->ids, doc_id, 0, line);
    return true;
}

/* None for an empty or missing folder. */
static bool note_ids(record_files *f, err *e)
{
    err none = ERR_INIT;
    AUTO(eval_files) list = {0};
    if (!eval_files_find(f->dir, &list, &none))
        return true;
    for (size_t i = 0; i < list.count; i++)
        if (rows_can_read(list.paths[i]) && !rows_each(list.paths[i], note_id, f, e))
            return false;
    return true;
}

bool record_files_open(record_files *f, const char *dir, err *e)
{
    *f = (record_files){.dir = dir, .fd = -1};
    return fs_make_dirs(dir, e) && note_ids(f, e);
}

static void close_file(record_files *f)
{
    stage_free(move(f->encoder));
    stage_free(move(f->sink));
    if (f->temp_path)
        fs_temp_discard(&f->temp_path);
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    free(move(f->path));
}

void record_files_deinit(record_files *f)
{
    if (!f->dir)
        return;
    close_file(f);
    doc_ids_deinit(&f->ids);
    *f = (record_files){.fd = -1};
}

static bool make_folder(const char *path, err *e)
{
    AUTO_FREE char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return fs_make_dirs(folder, e);
}

bool record_files_begin(record_files *f, const char *name, err *e)
{
    f->path = xasprintf("%s/%s.gz", f->dir, name);
    f->written = 0;
    if (fs_exists(f->path))
        return err_set(e, ERR_CONFIG, "%s exists; remove it or choose another --output-dir",
                       f->path);
    if (!make_folder(f->path, e) || (f->fd = fs_temp_create(f->path, &f->temp_path, e)) < 0)
        return false;
    f->sink = stage_fd_writer_new(f->fd);
    f->encoder = codec_encoder_new(CODEC_GZIP, GZIP_LEVEL, f->sink, e);
    return f->encoder != NULL;
}

uint64_t record_files_new_id(record_files *f)
{
    uint64_t doc_id = f->ids.highest + 1;
    (void)doc_ids_add(&f->ids, doc_id, 0, 1);
    return doc_id;
}

bool record_files_put(record_files *f, slice object, err *e)
{
    f->written++;
    return stage_feed(f->encoder, object, e) && stage_feed(f->encoder, SLICE_LIT("\n"), e);
}

bool record_files_copy(record_files *f, slice object, err *e)
{
    json_value value;
    uint64_t doc_id;
    if (!json_read_members(object, keys, &value, 1, NULL, e))
        return false;
    if (!json_unsigned(&value, &doc_id))
        return err_set(e, ERR_PARSE, "no doc_id that is a non-negative integer");
    if (!doc_ids_add(&f->ids, doc_id, 0, 1))
        return record_files_put(f, object, e);
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    size_t before = (size_t)(value.raw.data - object.data), after = before + value.raw.len;
    buf_append(&line, object.data, before);
    buf_printf(&line, "%" PRIu64, record_files_new_id(f));
    buf_append(&line, object.data + after, object.len - after);
    f->renumbered++;
    return record_files_put(f, buf_slice(&line), e);
}

bool record_files_end(record_files *f, err *e)
{
    bool ok = true;
    if (f->written > 0)
        ok = stage_finish(f->encoder, e) && fchmod(f->fd, 0644) == 0 &&
             fs_temp_commit(&f->temp_path, f->path, e);
    close_file(f);
    return ok;
}
