#include "orchestrator/status/status_lines.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/fleet/ledger_line.h"
#include "orchestrator/fleet/run_name.h"

typedef struct line_files {
    const status_lines *wanted;
    char **keys;
    uint64_t *sizes;
    stage *lines, *decoder; /* of the file that is being read */
    err error;
} line_files;

typedef struct line_file {
    char *key;
    uint64_t size_bytes;
} line_file;

typedef struct file_list {
    line_file *files;
    size_t count;
} file_list;

static bool on_file(void *ctx, const s3_object *object, err *e)
{
    file_list *l = ctx;
    UNUSED(e);
    *ARRAY_ADD(l->files, l->count) = (line_file){xstrdup(object->key), object->size_bytes};
    return true;
}

/* Names of runs begin with their start. */
static int compare_newest(const void *a, const void *b)
{
    return strcmp(((const line_file *)b)->key, ((const line_file *)a)->key);
}

static void close_file(line_files *f)
{
    stage_free(move(f->decoder));
    stage_free(move(f->lines));
    f->error = (err)ERR_INIT;
}

static bool open_file(line_files *f, err *e)
{
    if (f->decoder)
        return true;
    f->lines = stage_lines_new(LEDGER_LINE_MAX_BYTES, NULL, f->wanted->on_line, f->wanted->ctx);
    f->decoder = codec_decoder_new(f->wanted->format, f->lines, e);
    return f->decoder != NULL;
}

static bool feed_piece(line_files *f, slice piece, bool last, err *e)
{
    return open_file(f, e) && stage_feed(f->decoder, piece, e) &&
           (!last || stage_finish(f->decoder, e));
}

static void take_piece(void *ctx, size_t index, slice piece, bool last, const err *error)
{
    line_files *f = ctx;
    if (error)
        f->error = *error;
    else if (!err_is_set(&f->error) && !feed_piece(f, piece, last, &f->error))
        err_context(&f->error, "%s", f->keys[index]);
    if (!last)
        return;
    if (err_is_set(&f->error))
        log_info("a record was read only in part: %s", f->error.message);
    close_file(f);
}

static void fetch_files(line_files *f, const file_list *list)
{
    const status_lines *w = f->wanted;
    f->keys = xcalloc(list->count + 1, sizeof *f->keys);
    f->sizes = xcalloc(list->count + 1, sizeof *f->sizes);
    for (size_t i = 0; i < list->count; i++) {
        f->keys[i] = list->files[i].key;
        f->sizes[i] = list->files[i].size_bytes;
    }
    store_session_fetch(w->session, &(store_fetch){.bucket = w->report->bucket,
                                                   .keys = (const char *const *)f->keys,
                                                   .sizes = f->sizes,
                                                   .count = list->count,
                                                   .take = take_piece,
                                                   .ctx = f});
    free(f->keys);
    free(f->sizes);
}

bool status_lines_read(const status_lines *wanted, err *e)
{
    const place *report = wanted->report;
    line_files f = {.wanted = wanted};
    file_list list = {0};
    AUTO_FREE char *prefix =
        xasprintf("%s" RUN_RECORDS_FOLDER "%s/", report->prefix, wanted->folder);
    bool ok = store_session_list(wanted->session, report->bucket, prefix, on_file, &list, e);
    if (list.count)
        qsort(list.files, list.count, sizeof *list.files, compare_newest);
    if (ok)
        fetch_files(&f, &list);
    for (size_t i = 0; i < list.count; i++)
        free(list.files[i].key);
    free(list.files);
    return ok;
}
