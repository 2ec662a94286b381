#include "base/util.h"
#include "detection/rejudge/rejudge_run.h"

#include <inttypes.h>

#include "base/array.h"
#include "decon/base/log.h"
#include "detection/rejudge/rejudge_write.h"
#include "detection/reports/report_files.h"
#include "detection/table/name_table.h"

typedef struct run {
    const rejudge_options *o;
    rejudge_result *out;
    name_table labels;
    file_lines *files; /* by number of the label */
    size_t file_count;
    file_lines *current;
    bool reads_near;
    line_store reports, near; /* reports: of the current file */
    err failed;               /* writing; the rest is only read */
} run;

void rejudge_result_deinit(rejudge_result *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->changes[i].name);
    free(r->changes);
    *r = (rejudge_result){0};
}

static void run_deinit(run *r)
{
    for (size_t i = 0; i < r->file_count; i++)
        file_lines_deinit(&r->files[i]);
    free(r->files);
    name_table_deinit(&r->labels);
    line_store_deinit(&r->reports);
    line_store_deinit(&r->near);
}
DEFINE_AUTO(run, run_deinit)

static bool writes(const run *r)
{
    return r->o->target != REJUDGE_SHOW && !err_is_set(&r->failed);
}

/* --- reading --- */

static file_lines *file_of(run *r, const char *label)
{
    size_t number = name_table_number(&r->labels, label);
    if (number == r->file_count)
        *ARRAY_ADD(r->files, r->file_count) = (file_lines){.label = xstrdup(label)};
    return &r->files[number];
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    UNUSED(has_newline);
    run *r = ctx;
    err why = ERR_INIT;
    uint64_t offset = 0;
    AUTO(review_line) line = {0};
    if (slice_trim(text).len == 0)
        return true;
    if (!review_line_read(&line, text, r->current->label, &why)) {
        if (r->out->bad_lines++ == 0)
            log_warn("%s: line %" PRIu64 " is not a line of a report: %s", r->current->label,
                     number + 1, why.message);
        r->current->is_bad = true;
        return true;
    }
    if (writes(r) && !line_store_add(r->reads_near ? &r->near : &r->reports, text, &offset, e))
        return false;
    file_lines_add(r->current, &line, text, offset, r->reads_near,
                   rejudge_rules_count(r->o->rules, &line));
    return true;
}

static stage *begin(void *ctx, const char *path, const char *label)
{
    run *r = ctx;
    r->current = file_of(r, label);
    char **known = r->reads_near ? &r->current->near_path : &r->current->report_path;
    if (*known) {
        log_warn("%s and %s are of one training file; it is left unchanged", *known, path);
        r->current->is_bad = true;
    }
    free(*known);
    *known = xstrdup(path);
    return stage_lines_new(REPORT_LINE_MAX_BYTES, NULL, on_line, r);
}

static void on_version(void *ctx, const char *etag)
{
    run *r = ctx;
    char **known = r->reads_near ? &r->current->near_etag : &r->current->report_etag;
    free(*known);
    *known = xstrdup(etag);
}

/* --- one file --- */

/* With --in-place a file keeps its name, so it must be a name that detect writes. */
static bool has_written_name(const run *r, const char *path, const char *suffix)
{
    return !path || r->o->target != REJUDGE_IN_PLACE || str_ends_with(path, suffix);
}

static bool is_left_alone(run *r, const file_lines *f)
{
    bool named = has_written_name(r, f->report_path, REPORT_SUFFIX) &&
                 has_written_name(r, f->near_path, NEAR_SUFFIX);
    if (!named)
        log_warn("%s: is compressed, or a report of the reference program: it is left unchanged; "
                 "use --output",
                 f->report_path ? f->report_path : f->near_path);
    return f->is_bad || !named;
}

static void note_change(rejudge_result *out, const file_lines *f, const file_change *c)
{
    *ARRAY_PUSH(out->changes, out->count, out->capacity) =
        (rejudge_change){.name = xstrdup(f->label), .change = *c};
}

static void add_up(rejudge_result *out, const file_change *c)
{
    out->files++;
    out->contaminated += c->lines > 0;
    out->contaminated_before += c->lines_before > 0;
    out->total.lines += c->lines;
    out->total.lines_before += c->lines_before;
    out->total.lines_added += c->lines_added;
    out->total.lines_removed += c->lines_removed;
    out->total.matches += c->matches;
    out->total.matches_before += c->matches_before;
}

/* An object that was replaced in the meantime: the others continue. */
static void write_remote(run *r, const file_lines *f, const file_change *c)
{
    err e = ERR_INIT;
    if (rejudge_remote_write(r->o->remote, f, c, &r->reports, &r->near, &e))
        return;
    if (e.code != ERR_S3_CHANGED) {
        r->failed = e;
        return;
    }
    log_warn("%s", e.message);
    r->out->bad_files++;
}

static void write_file(run *r, const file_lines *f, const file_change *c)
{
    if (r->o->remote)
        write_remote(r, f, c);
    else
        (void)!rejudge_write(f, r->o->output, &r->reports, &r->near, &r->failed);
}

static void finish_file(run *r, file_lines *f)
{
    if (is_left_alone(r, f)) {
        r->out->bad_files++;
        return;
    }
    size_t before = f->count;
    file_change c = file_lines_judge(f);
    add_up(r->out, &c);
    if (c.moves)
        note_change(r->out, f, &c);
    bool changes = c.moves || f->count < before || r->o->target == REJUDGE_FOLDER;
    if (writes(r) && changes)
        write_file(r, f, &c);
}

static void end_near(void *ctx, const err *error)
{
    run *r = ctx;
    if (!error)
        return;
    log_warn("%s: it is left unchanged", error->message);
    r->current->is_bad = true;
}

static void end_report(void *ctx, const err *error)
{
    run *r = ctx;
    end_near(ctx, error);
    finish_file(r, r->current);
    free(move(r->current->lines));
    r->current->count = r->current->capacity = 0;
    if (!err_is_set(&r->failed))
        (void)!line_store_empty(&r->reports, &r->failed);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const rejudge_change *)a)->name, ((const rejudge_change *)b)->name);
}

static bool read_files(run *r, bool near, uint64_t *count, err *e)
{
    const report_reader reader = {.begin = begin,
                                  .end = near ? end_near : end_report,
                                  .version = on_version,
                                  .ctx = r,
                                  .suffix = near ? NEAR_SUFFIX : NULL};
    r->reads_near = near;
    return report_files_read(r->o->store, r->o->folder, &reader, count, e);
}

bool rejudge_run(const rejudge_options *options, rejudge_result *out, err *e)
{
    uint64_t found = 0;
    AUTO(run) r = {.o = options, .out = out};
    AUTO_FREE char *spool =
        options->spool
            ? xstrdup(options->spool)
            : xasprintf("%s/rejudge", options->output ? options->output : options->folder);
    line_store_init(&r.reports, spool);
    line_store_init(&r.near, spool);
    if (!read_files(&r, true, &found, e) || !read_files(&r, false, &found, e))
        return false;
    for (size_t i = 0; i < r.file_count; i++)
        if (!r.files[i].report_path)
            finish_file(&r, &r.files[i]);
    if (found == 0)
        log_warn("%s contains no reports (*.report.jsonl, *-simple-*.jsonl)", options->folder);
    if (out->count > 1)
        qsort(out->changes, out->count, sizeof *out->changes, by_name);
    if (err_is_set(&r.failed))
        *e = r.failed;
    return !err_is_set(&r.failed);
}
