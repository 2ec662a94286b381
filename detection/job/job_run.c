#include "detection/job/job_run.h"

#include "detection/job/stale_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compression/detect.h"
#include "compression/text_check.h"
#include "base/fsutil.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/text/unicode.h"
#include "detection/job/removed_lines.h"
#include "detection/job/scan_pool.h"

/* A batch of more is scanned while no other one is under way, and its memory given back. */
#define LARGE_BATCH ((size_t)4 << 20)

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

/* Where a result goes, and who may read it. */
typedef struct result_place {
    const result_access *access;
    const char *dir;
    bool only_own;
    mode_t input_mode;
} result_place;

static bool result_begin(result_file *f, const result_place *place, const char *id,
                         const char *suffix, err *e)
{
    f->path = xasprintf("%s/%s%s", place->dir, id, suffix);
    if (!result_folder_make(place->access, place->dir, place->only_own, e))
        return false;
    while ((f->fd = result_file_create(place->access, f->path, place->input_mode, &f->temp, e)) >=
               0 &&
           !leftovers_claim(f->fd)) {
        fs_temp_discard(&f->temp);
        util_auto_close(&f->fd);
    }
    return f->fd >= 0;
}

/* One pass over one file. Lines are gathered in batches; these go to the team, or are scanned here,
 * and their results are written in the order of the lines. */
typedef struct pass {
    stage stage; /* what the decoded file is fed to */
    stage *lines;
    job_runner *r;
    const char *job_id;
    slice training_file;
    job_outcome *out;
    uint64_t next_line;
    size_t oldest, under_way; /* batches in the runner's ring; behind them the one that is filled */
    bool batch_failed;
    codec_format format;
    text_check check; /* of the lines; where invalid ones are skipped, those are blank in it */
    text_check raw;   /* of the bytes, where `check` does not get them as they are */
    result_file report, cleaned;
    gzip_member member;
    buf frame; /* the member's head and tail */
    /* A cleaned copy that is spliced. */
    bool splices;
    int input;
    mode_t input_mode;
    splice_pin pin; /* of the input before it was read */
    removed_lines removed;
} pass;

static job_batch *batch_at(const pass *p, size_t i)
{
    return &p->r->ring[(p->oldest + i) % p->r->ring_size];
}

static void pass_deinit(pass *p)
{
    for (size_t i = 0; i < p->under_way; i++) /* some may still be worked on */
        scan_team_wait(p->r->team, batch_at(p, i), p->r->own);
    stage_free(p->lines);
    text_check_deinit(&p->check);
    text_check_deinit(&p->raw);
    result_file_deinit(&p->report);
    result_file_deinit(&p->cleaned);
    buf_deinit(&p->frame);
    removed_lines_deinit(&p->removed);
    util_auto_close(&p->input);
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
    unsigned most = MIN(MAX(settings->threads, 1u) - 1, (unsigned)SCAN_TEAM_MOST);
    *r = (job_runner){.settings = settings, .ring_size = 2 * (size_t)most + 2};
    r->own = xcalloc(1, sizeof *r->own);
    r->ring = xcalloc(r->ring_size, sizeof *r->ring);
    r->team = scan_team_new(settings, x);
    job_scanner_init(r->own, settings, x);
    for (size_t i = 0; i < r->ring_size; i++)
        job_batch_init(&r->ring[i]);
}

void job_runner_deinit(job_runner *r)
{
    scan_team_free(r->team);
    job_scanner_deinit(r->own);
    for (size_t i = 0; i < r->ring_size; i++)
        job_batch_deinit(&r->ring[i]);
    free(r->own);
    free(r->ring);
    *r = (job_runner){0};
}

/* --- results --- */

static bool write_report(pass *p, const buf *report, err *e)
{
    if (report->len == 0)
        return true;
    const job_settings *s = p->r->settings;
    result_place place = {.access = &s->access,
                          .dir = s->report_dir,
                          .only_own = s->own_report_dir,
                          .input_mode = p->input_mode};
    if (!p->report.temp && !result_begin(&p->report, &place, p->job_id, JOB_REPORT_SUFFIX, e))
        return false;
    return fs_write_all(p->report.fd, report->data, report->len, e) ||
           err_context(e, "report %s", p->report.path);
}

static bool write_cleaned(const pass *p, const buf *bytes, err *e)
{
    return bytes->len == 0 || fs_write_all(p->cleaned.fd, bytes->data, bytes->len, e) ||
           err_context(e, "cleaned file %s", p->cleaned.path);
}

static bool note_removed(pass *p, const job_batch *b, uint64_t text_from, err *e)
{
    for (size_t at = 0; at < b->removed.len; at += sizeof(splice_range)) {
        splice_range r;
        memcpy(&r, b->removed.data + at, sizeof r);
        r = (splice_range){.from = text_from + r.from, .to = text_from + r.to};
        if (!removed_lines_add(&p->removed, r, e))
            return err_context(e, "cleaned file %s", p->cleaned.path);
    }
    return true;
}

static void count_batch(const pass *p, const job_outcome *counts)
{
    job_meter *meter = p->r->settings->meter;
    p->out->text_bytes += counts->text_bytes;
    p->out->lines += counts->lines;
    p->out->scanned += counts->scanned;
    p->out->matches += counts->matches;
    p->out->contaminated_lines += counts->contaminated_lines;
    p->out->text_lines += counts->text_lines;
    p->out->unread_lines += counts->unread_lines;
    p->out->invalid_lines += counts->invalid_lines;
    if (!meter)
        return;
    atomic_fetch_add_explicit(&meter->text_bytes, counts->text_bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&meter->lines, counts->lines, memory_order_relaxed);
}

static bool write_results(pass *p, const job_batch *b, err *e)
{
    if (!b->ok) {
        p->batch_failed = true;
        p->out->text_lines += b->counts.text_lines;
        if (e)
            *e = b->error;
        return false;
    }
    uint64_t text_from = p->out->text_bytes;
    count_batch(p, &b->counts);
    if (!write_report(p, &b->report, e) || !note_removed(p, b, text_from, e))
        return false;
    if (!p->cleaned.temp || p->splices)
        return true;
    gzip_member_add(&p->member, &b->cleaned_block);
    return write_cleaned(p, &b->cleaned, e);
}

/* --- batches --- */

/* How many threads may help with this file now: the processors are shared out evenly. */
static unsigned helpers_allowed(const job_settings *s)
{
    unsigned jobs =
        s->meter ? atomic_load_explicit(&s->meter->running_jobs, memory_order_relaxed) : 1;
    unsigned share = s->threads / MAX(jobs, 1u);
    return share > 1 ? share - 1 : 0;
}

static bool finish_oldest(pass *p, err *e)
{
    job_batch *b = batch_at(p, 0);
    scan_team_wait(p->r->team, b, p->r->own);
    p->oldest = (p->oldest + 1) % p->r->ring_size;
    p->under_way--;
    bool ok = write_results(p, b, e);
    if (b->gathered.capacity > LARGE_BATCH) {
        job_batch_deinit(b);
        job_batch_init(b);
    }
    return ok;
}

static bool finish_all(pass *p, err *e)
{
    while (p->under_way > 0)
        if (!finish_oldest(p, e))
            return false;
    return true;
}

static job_batch *begin_batch(const pass *p)
{
    job_batch *b = batch_at(p, p->under_way);
    job_batch_clear(b, p->next_line);
    b->training_file = p->training_file;
    b->lists_removed = p->splices;
    return b;
}

/* One line, or as many spaces, so that places in later messages stay right. */
static bool check_line(pass *p, slice line, err *e)
{
    if (utf8_check(line) == line.len)
        return text_check_feed(&p->check, line, p->format, e);
    AUTO_FREE char *blank = xcalloc(1, line.len + 1);
    memset(blank, ' ', line.len);
    if (line.data[line.len - 1] == '\n')
        blank[line.len - 1] = '\n';
    return text_check_feed(&p->check, (slice){.data = blank, .len = line.len}, p->format, e);
}

/* Where invalid lines are skipped, the others are judged here. */
static bool check_lines(pass *p, slice lines, err *e)
{
    if (!p->check.checker || !p->r->settings->skip_invalid_utf8)
        return true;
    if (utf8_check(lines) == lines.len)
        return text_check_feed(&p->check, lines, p->format, e);
    while (lines.len > 0) {
        const char *newline = memchr(lines.data, '\n', lines.len);
        size_t len = newline ? (size_t)(newline - lines.data) + 1 : lines.len;
        if (!check_line(p, (slice){.data = lines.data, .len = len}, e))
            return false;
        lines = (slice){.data = lines.data + len, .len = lines.len - len};
    }
    return true;
}

/* The batch that was filled is scanned, here or by the team; what is done is written. */
static bool hand_on(pass *p, err *e)
{
    job_batch *b = batch_at(p, p->under_way);
    if (b->gathered.len == 0)
        return true;
    if (!check_lines(p, buf_slice(&b->gathered), e))
        return false;
    bool large = b->gathered.len > LARGE_BATCH;
    if (large && !finish_all(p, e))
        return false;
    b->lines = buf_slice(&b->gathered);
    unsigned helpers = large ? 0 : helpers_allowed(p->r->settings);
    if (helpers == 0 || !scan_team_offer(p->r->team, b, helpers)) {
        job_batch_scan(b, p->r->own);
        b->is_done = true;
    }
    p->under_way++;
    while (p->under_way > 0 && (large || p->under_way == p->r->ring_size - 1 ||
                                scan_team_is_done(p->r->team, batch_at(p, 0))))
        if (!finish_oldest(p, e))
            return false;
    begin_batch(p);
    return true;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    pass *p = ctx;
    buf *gathered = &batch_at(p, p->under_way)->gathered;
    p->next_line = number + 1;
    buf_append_slice(gathered, text);
    if (has_newline)
        buf_append_char(gathered, '\n');
    return gathered->len < BATCH_BYTES || hand_on(p, e);
}

/* What the bytes go to as they are. */
static text_check *byte_check(pass *p)
{
    return p->check.checker && !p->r->settings->skip_invalid_utf8 ? &p->check : &p->raw;
}

static bool pass_feed(stage *s, slice data, err *e)
{
    pass *p = (pass *)s;
    return text_check_feed(byte_check(p), data, p->format, e) && stage_feed(p->lines, data, e);
}

/* A file of which nothing was read is not clean. */
static bool check_any_read(const pass *p, err *e)
{
    const job_outcome *o = p->out;
    return o->invalid_lines == 0 || o->text_lines > 0 ||
           err_set(e, ERR_UTF8,
                   "no line could be read: %" PRIu64 " of %" PRIu64 " lines are not valid UTF-8, "
                   "the others have no text under '%s'",
                   o->invalid_lines, o->lines, p->r->settings->content_key);
}

static bool pass_finish(stage *s, err *e)
{
    pass *p = (pass *)s;
    return text_check_finish(&p->raw, p->format, e) && stage_finish(p->lines, e) && hand_on(p, e) &&
           finish_all(p, e) && (!p->check.checker || text_check_finish(&p->check, p->format, e)) &&
           check_any_read(p, e);
}

static const stage_ops pass_ops = {.feed = pass_feed, .finish = pass_finish};

/* Where the file cannot be decoded further: a line before that place may be at fault too, and is
 * then what is told. */
static void look_before(pass *p, const char *path, err *e)
{
    err first = ERR_INIT;
    if (p->batch_failed || (hand_on(p, &first) && finish_all(p, &first)) || !p->batch_failed)
        return;
    err_context(&first, "%s", path);
    *e = first;
}

static bool check_file(const char *path, mode_t *mode, err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "%s is not a regular file; submit a file", path);
    *mode = st.st_mode;
    codec_format format = codec_by_suffix(path);
    if (st.st_size == 0 && format != CODEC_PLAIN)
        return err_set(e, ERR_CODEC_EARLY_END, "%s ends early: an empty file is no %s stream", path,
                       codec_get(format)->name);
    return true;
}

/* The descriptor keeps the file; the pin shows whether it is the one that is read by its path. */
static bool begin_splice(pass *p, const job_request *job, err *e)
{
    struct stat st;
    p->splices = job->cleaned_as_input && splice_offers(p->format);
    if (!p->splices)
        return true;
    p->input = open(job->path, O_RDONLY | O_CLOEXEC);
    if (p->input < 0 || fstat(p->input, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", job->path);
    p->pin = splice_pin_of(&st);
    removed_lines_init(&p->removed, p->cleaned.path);
    return true;
}

static bool splice_cleaned(pass *p, const char *path, err *e)
{
    struct stat st;
    splice_request r = {.in = p->input, .out = p->cleaned.fd, .format = p->format, .pin = p->pin};
    if (stat(path, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be read again for its cleaned copy",
                             path);
    splice_pin now = splice_pin_of(&st);
    if (memcmp(&now, &p->pin, sizeof now) != 0)
        return err_set(e, ERR_IO, "%s: changed while it was read; submit it again", path);
    return (removed_lines_end(&p->removed, &r.removed, e) && splice_file(&r, e)) ||
           err_context(e, "%s: cleaned copy", path);
}

static bool begin_cleaned(pass *p, const job_request *job, err *e)
{
    const job_settings *s = p->r->settings;
    const char *suffix = s->cleaned_suffix ? s->cleaned_suffix : JOB_CLEANED_SUFFIX;
    result_place place = {.access = &s->access,
                          .dir = s->cleaned_dir,
                          .only_own = s->own_cleaned_dir,
                          .input_mode = p->input_mode};
    if (!s->cleaned_dir)
        return true;
    if (!result_begin(&p->cleaned, &place, p->job_id, suffix, e) || !begin_splice(p, job, e))
        return false;
    if (p->splices)
        return true;
    gzip_member_begin(&p->member, &p->frame);
    return write_cleaned(p, &p->frame, e);
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

static bool end_cleaned(pass *p, const char *path, err *e)
{
    if (!p->cleaned.temp)
        return true;
    if (p->splices && !splice_cleaned(p, path, e))
        return false;
    if (p->splices && p->format == CODEC_PLAIN) { /* its temporary name is as for gzip */
        free(p->cleaned.path);
        p->cleaned.path =
            xasprintf("%s/%s" JOB_PLAIN_SUFFIX, p->r->settings->cleaned_dir, p->job_id);
    }
    if (p->splices)
        return true;
    buf_clear(&p->frame);
    gzip_member_end(&p->member, &p->frame);
    return write_cleaned(p, &p->frame, e);
}

/* Both files are whole before the first gets its name. */
static bool commit(pass *p, const char *path, err *e)
{
    if (!end_cleaned(p, path, e))
        return false;
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

/* Whether lines with a text were read before the one that is at fault. */
static bool read_some(const pass *p)
{
    if (!p->check.checker)
        return p->out->text_lines > 0;
    jsonl_counts n = jsonl_counts_get(p->check.checker);
    return n.lines > n.blank_lines + n.unscannable_lines + n.skipped_lines;
}

static void append(err *e, const char *advice)
{
    size_t used = strlen(e->message);
    snprintf(e->message + used, sizeof e->message - used, "%s", advice);
}

/* The first fault of the file, and what can be done about it. Skipping invalid lines is no advice for
 * a file of which nothing was read. */
static void explain(pass *p, const char *path, err *e)
{
    err held = ERR_INIT;
    if (text_check_held(&p->check, p->format, &held) ||
        text_check_held(&p->raw, p->format, &held)) {
        err_context(&held, "%s", path);
        *e = held;
    } else {
        look_before(p, path, e);
    }
    if (e->code == ERR_CODEC_MEMORY)
        append(e, "; raise codec_memory of the detection server");
    if (e->code != ERR_UTF8 || p->r->settings->skip_invalid_utf8 || !read_some(p))
        return;
    append(e, " (fix the file, or give --invalid-utf8 skip to leave such lines unscanned)");
}

/* The format that codec_decode_file takes; what goes wrong here it will report. */
static codec_format format_of(const char *path)
{
    char head[CODEC_MAGIC_BYTES];
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof head);
    return codec_detect((slice){.data = head, .len = got > 0 ? (size_t)got : 0}, path);
}

static void warn_of_unread(const job_settings *s, const char *path, const job_outcome *out)
{
    if (out->invalid_lines > 0)
        log_warn("%s: %" PRIu64 " lines are not valid UTF-8: kept, but not looked at", path,
                 out->invalid_lines);
    if (out->unread_lines > out->invalid_lines)
        log_warn("%s: %" PRIu64 " of %" PRIu64
                 " lines have no text under '%s': kept, but not looked at",
                 path, out->unread_lines - out->invalid_lines, out->lines, s->content_key);
}

static void pass_begin(pass *p, const job_request *job)
{
    const job_settings *s = p->r->settings;
    /* The stage of lines has its own limit, with its own message. */
    jsonl_options options = {.content_key = s->content_key, .max_line_bytes = UINT64_MAX / 2};
    bool lenient = s->lenient || job->lenient;
    text_check_init(&p->check, lenient ? NULL : &options);
    begin_batch(p);
    p->lines = stage_lines_new(s->max_line_bytes, "raise max_line_size, or split it", on_line, p);
}

bool job_run(job_runner *r, const job_request *job, job_outcome *out, err *e)
{
    err fault = ERR_INIT;
    AUTO(pass)
    p = {.stage.ops = &pass_ops,
         .r = r,
         .job_id = job->id,
         .out = out,
         .training_file = report_training_name(job->path),
         .report = {.fd = -1},
         .cleaned = {.fd = -1},
         .input = -1};
    buf_init(&p.frame, 64);
    removed_lines_init(&p.removed, NULL);
    *out = (job_outcome){0};
    if (!check_file(job->path, &p.input_mode, e))
        return false;
    p.format = format_of(job->path);
    if (!begin_cleaned(&p, job, e))
        return false;
    pass_begin(&p, job);
    codec_options codec = {.memory_bytes = r->settings->codec_memory_bytes};
    if (!codec_decode_file_with(job->path, &codec, &p.stage, &fault)) {
        explain(&p, job->path, &fault);
        if (e)
            *e = fault;
        return false;
    }
    if (!commit(&p, job->path, e))
        return false;
    warn_of_unread(r->settings, job->path, out);
    return true;
}
