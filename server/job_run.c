#include "server/job_run.h"

#include "server/leftovers.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/log.h"
#include "compression/codec.h"
#include "server/json_read.h"
#include "server/report.h"
#include "server/unicode.h"

#define REPORT_FLUSH_BYTES 65536

/* A result file under its temporary name. */
typedef struct result_file {
    char *path, *temp; /* temp NULL: not begun */
    int fd;
} result_file;

static void result_file_deinit(result_file *f)
{
    fs_temp_discard(&f->temp);
    util_auto_close(&f->fd);
    free(f->path);
    *f = (result_file){.fd = -1};
}

static bool result_begin(result_file *f, const char *dir, const char *id, const char *suffix,
                         err *e)
{
    f->path = xasprintf("%s/%s%s", dir, id, suffix);
    if (!fs_make_dirs(dir, e))
        return false;
    while ((f->fd = fs_temp_create(f->path, &f->temp, e)) >= 0 && !leftovers_claim(f->fd)) {
        fs_temp_discard(&f->temp);
        util_auto_close(&f->fd);
    }
    return f->fd >= 0;
}

/* One pass over one file. */
typedef struct pass {
    job_runner *r;
    const char *job_id;
    job_outcome *out;
    report_place place;
    bool line_matched;
    result_file report, cleaned;
    stage *cleaned_writer, *cleaned_encoder;
} pass;

static void pass_deinit(pass *p)
{
    stage_free(p->cleaned_encoder);
    stage_free(p->cleaned_writer);
    result_file_deinit(&p->report);
    result_file_deinit(&p->cleaned);
}
DEFINE_AUTO(pass, pass_deinit)

void job_outcome_deinit(job_outcome *o)
{
    free(o->report_path);
    free(o->cleaned_path);
    *o = (job_outcome){0};
}

void job_runner_init(job_runner *r, const job_settings *settings, const ngram_index *x)
{
    *r = (job_runner){.settings = settings};
    matcher_init(&r->matcher, x);
    buf_init(&r->text, UINT32_MAX - 1);
    buf_init(&r->excerpt, UINT32_MAX - 1);
    buf_init(&r->report, UINT32_MAX - 1);
}

void job_runner_deinit(job_runner *r)
{
    matcher_deinit(&r->matcher);
    buf_deinit(&r->text);
    buf_deinit(&r->excerpt);
    buf_deinit(&r->report);
}

static bool flush_report(pass *p, err *e)
{
    buf *lines = &p->r->report;
    if (lines->overflow)
        return err_set(e, ERR_LIMIT, "the report of one line is longer than 4 GB");
    if (lines->len == 0)
        return true;
    if (!p->report.temp &&
        !result_begin(&p->report, p->r->settings->report_dir, p->job_id, JOB_REPORT_SUFFIX, e))
        return false;
    if (!fs_write_all(p->report.fd, lines->data, lines->len, e))
        return err_context(e, "report %s", p->report.path);
    buf_clear(lines);
    return true;
}

static bool on_match(void *ctx, const match *m, err *e)
{
    pass *p = ctx;
    p->line_matched = true;
    p->out->matches++;
    report_line(m, &p->place, &p->r->excerpt, &p->r->report);
    return p->r->report.len < REPORT_FLUSH_BYTES || flush_report(p, e);
}

/* The text of a line that is to be looked at; false where there is none (the line is kept). */
static bool find_text(pass *p, slice line, slice *text)
{
    json_value value;
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    if (!json_read_path(line, p->r->settings->content_key, &value, NULL))
        return false;
    return value.type == JSON_STRING && json_string(&value, &p->r->text, text);
}

static bool check_utf8(pass *p, slice line, bool *valid, err *e)
{
    size_t good = utf8_check(line);
    *valid = good == line.len;
    if (*valid)
        return true;
    p->out->invalid_lines++;
    if (p->r->settings->skip_invalid_utf8)
        return true;
    return err_set(e, ERR_UTF8,
                   "byte %zu of the line is not valid UTF-8 (mend the file, or start the server "
                   "with --invalid-utf8 skip to leave such lines unscanned)",
                   good);
}

static bool scan_line(pass *p, slice line, err *e)
{
    bool valid, scanned = false;
    slice text;
    p->line_matched = false;
    if (!check_utf8(p, line, &valid, e))
        return false;
    if (!valid || !find_text(p, line, &text))
        return true;
    if (!match_document(&p->r->matcher, text, on_match, p, &scanned, e))
        return false;
    p->out->scanned += scanned;
    p->out->contaminated_lines += p->line_matched;
    return true;
}

static void count_line(pass *p, slice text, bool has_newline)
{
    job_meter *meter = p->r->settings->meter;
    uint64_t bytes = text.len + has_newline;
    p->out->lines++;
    p->out->text_bytes += bytes;
    if (!meter)
        return;
    atomic_fetch_add_explicit(&meter->text_bytes, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&meter->lines, 1, memory_order_relaxed);
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    pass *p = ctx;
    p->place.training_line = number;
    count_line(p, text, has_newline);
    if (!scan_line(p, text, e))
        return err_context(e, "line %" PRIu64, number + 1);
    if (!p->cleaned_encoder || p->line_matched)
        return true;
    if (!stage_feed(p->cleaned_encoder, text, e) ||
        (has_newline && !stage_feed(p->cleaned_encoder, SLICE_LIT("\n"), e)))
        return err_context(e, "cleaned file %s", p->cleaned.path);
    return true;
}

static bool check_file(const char *path, err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "%s is not a regular file; submit a file", path);
    codec_format format = codec_by_suffix(path);
    if (st.st_size == 0 && format != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END, "%s ends early: an empty file is no %s stream", path,
                       codec_get(format)->name);
    return true;
}

static bool begin_cleaned(pass *p, err *e)
{
    const job_settings *s = p->r->settings;
    const char *suffix = s->cleaned_suffix ? s->cleaned_suffix : JOB_CLEANED_SUFFIX;
    if (!s->cleaned_dir)
        return true;
    if (!result_begin(&p->cleaned, s->cleaned_dir, p->job_id, suffix, e))
        return false;
    p->cleaned_writer = stage_fd_writer_new(p->cleaned.fd);
    p->cleaned_encoder = codec_encoder_new(CODEC_GZIP, 0, p->cleaned_writer, e);
    return p->cleaned_encoder != NULL;
}

/* A report whose cleaned file got no name tells of a job that failed. */
static void take_back_report(job_outcome *out)
{
    if (out->report_path && !fs_remove(out->report_path, NULL))
        log_warn("%s belongs to a job that failed and cannot be removed; remove it by hand",
                 out->report_path);
    free(out->report_path);
    out->report_path = NULL;
}

/* Both files are whole before the first gets its name. */
static bool commit(pass *p, err *e)
{
    if (!flush_report(p, e))
        return false;
    if (p->cleaned_encoder && !stage_finish(p->cleaned_encoder, e))
        return err_context(e, "cleaned file %s", p->cleaned.path);
    if (p->report.temp) {
        if (!fs_temp_commit(&p->report.temp, p->report.path, e))
            return false;
        p->out->report_path = move(p->report.path);
    }
    if (p->cleaned.temp) {
        if (!fs_temp_commit(&p->cleaned.temp, p->cleaned.path, e)) {
            take_back_report(p->out);
            return false;
        }
        p->out->cleaned_path = move(p->cleaned.path);
    }
    return true;
}

bool job_run(job_runner *r, const char *job_id, const char *path, job_outcome *out, err *e)
{
    AUTO(pass)
    p = {.r = r, .job_id = job_id, .out = out, .report = {.fd = -1}, .cleaned = {.fd = -1}};
    p.place.training_file = report_training_name(path);
    buf_clear(&r->report);
    *out = (job_outcome){0};
    if (!check_file(path, e) || !begin_cleaned(&p, e))
        return false;
    AUTO_PTR(stage) lines = stage_lines_new(r->settings->max_line_bytes, on_line, &p);
    if (!codec_decode_file(path, lines, e) || !commit(&p, e))
        return false;
    if (out->invalid_lines > 0)
        log_warn("%s: %" PRIu64 " lines are not valid UTF-8: kept, but not looked at", path,
                 out->invalid_lines);
    return true;
}
