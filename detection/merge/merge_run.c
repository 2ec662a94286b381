#include "base/util.h"
#include "detection/merge/merge_run.h"

#include <inttypes.h>

#include "base/array.h"
#include "decon/base/log.h"
#include "detection/merge/merge_lines.h"
#include "detection/rejudge/file_lines.h"
#include "detection/rejudge/line_store.h"
#include "detection/rejudge/rejudge_write.h"
#include "detection/reports/report_files.h"
#include "detection/table/name_table.h"

typedef struct merging {
    const merge_scans *scans;
    merge_result *out;
    name_table labels;
    file_lines *files; /* by number of the label */
    size_t file_count;
    line_store text;
    uint64_t added_from; /* where the lines of the second folder begin in `text` */
    /* of the file that is being read: */
    size_t folder; /* 0 or 1 */
    bool reads_near;
    size_t current;
    err error; /* the first error: no further line is accepted */
} merging;

static void merging_deinit(merging *m)
{
    for (size_t i = 0; i < m->file_count; i++)
        file_lines_deinit(&m->files[i]);
    free(m->files);
    name_table_deinit(&m->labels);
    line_store_deinit(&m->text);
}
DEFINE_AUTO(merging, merging_deinit)

void merge_result_deinit(merge_result *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->changes[i].name);
    free(r->changes);
    *r = (merge_result){.count = 0};
}

/* --- reading --- */

static size_t file_of(merging *m, const char *label)
{
    size_t number = name_table_number(&m->labels, label);
    if (number == m->file_count)
        *ARRAY_ADD(m->files, m->file_count) = (file_lines){.label = xstrdup(label)};
    return number;
}

static bool check_set(const merging *m, const review_line *line, err *e)
{
    bool added = merge_scans_adds(m->scans, line->eval);
    if (added == (m->folder == 1))
        return true;
    return err_set(
        e, ERR_USAGE,
        added ? "%s: has matches of the set %s, which %s adds; each set can be merged only once"
              : "%s: has matches of the set %s, which its scan does not report (%s)",
        m->scans->folders[m->folder], line->eval, added ? m->scans->folders[1] : "report_sets");
}

static bool take_line(merging *m, slice text, err *e)
{
    uint64_t offset = 0;
    AUTO(review_line) line = {.eval = NULL};
    AUTO(buf) named = BUF(2 * REPORT_LINE_MAX_BYTES);
    file_lines *f = &m->files[m->current];
    if (!review_line_read(&line, text, f->label, e) || !check_set(m, &line, e) ||
        !merge_put_line(text, m->scans->fingerprints[m->folder], &named, e) ||
        !line_store_add(&m->text, buf_slice(&named), &offset, e))
        return false;
    file_lines_add(f, &line, buf_slice(&named), offset, m->reads_near, !m->reads_near);
    return true;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    merging *m = ctx;
    UNUSED(has_newline);
    if (slice_trim(text).len == 0 || take_line(m, text, e))
        return true;
    return err_context(e, "%s: line %" PRIu64, m->files[m->current].label, number + 1);
}

static stage *begin(void *ctx, const char *path, const char *label)
{
    merging *m = ctx;
    UNUSED(path);
    m->current = file_of(m, label);
    return stage_lines_new(REPORT_LINE_MAX_BYTES, NULL, on_line, m);
}

static void end(void *ctx, const err *error)
{
    merging *m = ctx;
    if (error && !err_is_set(&m->error))
        m->error = *error;
}

static bool read_folder(merging *m, size_t folder, const report_store *store, err *e)
{
    m->folder = folder;
    uint64_t found = 0;
    for (int near = 0; near < 2; near++) {
        const report_reader reader = {
            .begin = begin, .end = end, .ctx = m, .suffix = near ? NEAR_SUFFIX : NULL};
        m->reads_near = near;
        if (!report_files_read(store, m->scans->folders[folder], &reader, &found, e))
            return false;
        if (err_is_set(&m->error)) {
            *e = m->error;
            return false;
        }
    }
    if (found == 0)
        log_info("%s: no reports: the scan found nothing", m->scans->folders[folder]);
    return true;
}

/* --- one file --- */

/* Lines are in the order of a report: those of one document are adjacent. */
static uint64_t count_added(const merging *m, const file_lines *f, merge_result *out)
{
    uint64_t added_lines = 0;
    for (size_t i = 0, next; i < f->count; i = next) {
        bool before = false, now = false;
        for (next = i; next < f->count && f->lines[next].training_line == f->lines[i].training_line;
             next++) {
            const judged_line *l = &f->lines[next];
            bool added = l->offset >= m->added_from;
            before = before || (l->counts && !added);
            now = now || l->counts;
            out->matches += l->counts;
            out->matches_added += l->counts && added;
        }
        out->lines += now;
        added_lines += now && !before;
    }
    return added_lines;
}

static bool finish_file(merging *m, file_lines *f, const char *output, err *e)
{
    merge_result *out = m->out;
    uint64_t lines_before = out->lines;
    file_change ignored = file_lines_judge(f);
    UNUSED(ignored);
    uint64_t added = count_added(m, f, out);
    out->files++;
    out->contaminated += out->lines > lines_before;
    out->lines_added += added;
    if (added)
        *ARRAY_PUSH(out->changes, out->count, out->capacity) =
            (merge_change){.name = xstrdup(f->label), .lines_added = added};
    return rejudge_write(f, output, &m->text, &m->text, e);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const merge_change *)a)->name, ((const merge_change *)b)->name);
}

bool merge_run(const merge_scans *scans, const report_store *store, const char *output,
               merge_result *out, err *e)
{
    AUTO(merging) m = {.scans = scans, .out = out};
    AUTO_FREE char *spool = xasprintf("%s/merge", output);
    line_store_init(&m.text, spool);
    if (!read_folder(&m, 0, store, e))
        return false;
    m.added_from = m.text.len + m.text.pending.len;
    if (!read_folder(&m, 1, store, e))
        return false;
    for (size_t i = 0; i < m.file_count; i++)
        if (!finish_file(&m, &m.files[i], output, e))
            return false;
    if (out->count > 1)
        qsort(out->changes, out->count, sizeof *out->changes, by_name);
    return true;
}
