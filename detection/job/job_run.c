#include "detection/job/job_run.h"

#include <inttypes.h>

#include "compression/text_check.h"
#include "decon/base/log.h"
#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/text/unicode.h"
#include "detection/output/job_results.h"
#include "detection/job/job_input.h"
#include "detection/job/scan_pool.h"

/* One pass over one file. Lines are collected in batches, which the scan pool or this thread scans;
 * results are written in line order. */
typedef struct pass {
    stage stage; /* receives the decoded file */
    stage *lines;
    job_runner *r;
    slice training_file;
    job_outcome *out;
    uint64_t next_line;
    size_t oldest, under_way; /* batches in the runner's ring, followed by the one being filled */
    bool batch_failed;
    codec_format format;
    text_check check; /* of the lines; skipped invalid lines are replaced by blanks */
    text_check raw;   /* of the bytes, if `check` does not receive them unchanged */
    job_results results;
    const job_request *job;
    uint64_t text_bytes, text_reported; /* decoded; last value given to on_text */
} pass;

static job_batch *batch_at(const pass *p, size_t i)
{
    return &p->r->ring[(p->oldest + i) % p->r->ring_size];
}

static void pass_deinit(pass *p)
{
    for (size_t i = 0; i < p->under_way; i++) /* some may still be scanned */
        scan_pool_wait(p->r->pool, batch_at(p, i), p->r->own);
    stage_free(p->lines);
    text_check_deinit(&p->check);
    text_check_deinit(&p->raw);
    job_results_deinit(&p->results);
}
DEFINE_AUTO(pass, pass_deinit)

void job_outcome_deinit(job_outcome *o)
{
    free(o->report_path);
    free(o->near_path);
    free(o->cleaned_path);
    *o = (job_outcome){0};
}

void job_runner_init(job_runner *r, const job_settings *settings, const ngram_index *x)
{
    unsigned most = MIN(MAX(settings->threads, 1u) - 1, (unsigned)SCAN_TEAM_MOST);
    *r = (job_runner){.settings = settings, .ring_size = 2 * (size_t)most + 2};
    r->own = xcalloc(1, sizeof *r->own);
    r->ring = xcalloc(r->ring_size, sizeof *r->ring);
    r->pool = scan_pool_new(settings, x);
    job_scanner_init(r->own, settings, x);
    for (size_t i = 0; i < r->ring_size; i++)
        job_batch_init(&r->ring[i]);
}

void job_runner_deinit(job_runner *r)
{
    scan_pool_free(r->pool);
    job_scanner_deinit(r->own);
    for (size_t i = 0; i < r->ring_size; i++)
        job_batch_deinit(&r->ring[i]);
    free(r->own);
    free(r->ring);
    *r = (job_runner){0};
}

/* --- results --- */

static void count_batch(const pass *p, const job_outcome *counts)
{
    job_meter *meter = p->r->settings->meter;
    p->out->text_bytes += counts->text_bytes;
    p->out->lines += counts->lines;
    p->out->scanned += counts->scanned;
    p->out->matches += counts->matches;
    p->out->near_misses += counts->near_misses;
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
    const report_part report = report_lines_part(&b->report), near = report_lines_part(&b->near);
    return job_results_add_report(&p->results, &report, e) &&
           job_results_add_near(&p->results, &near, e) &&
           job_results_remove_lines(&p->results, buf_slice(&b->removed), text_from, e) &&
           job_results_add_cleaned(&p->results, buf_slice(&b->cleaned), &b->cleaned_block, e);
}

/* --- batches --- */

/* How many threads may help with this file now: an equal share of the processors. */
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
    scan_pool_wait(p->r->pool, b, p->r->own);
    p->oldest = (p->oldest + 1) % p->r->ring_size;
    p->under_way--;
    return write_results(p, b, e);
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
    b->place = &p->results.place;
    b->lists_removed = p->results.splices;
    return b;
}

/* One line, or the same number of blanks, so that positions in later messages are correct. */
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

/* If invalid lines are skipped, the other lines are verified here. */
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

/* Scans the filled batch, here or in the pool, and writes batches that are done. */
static bool hand_on(pass *p, err *e)
{
    job_batch *b = batch_at(p, p->under_way);
    if (b->gathered.len == 0)
        return true;
    if (!check_lines(p, buf_slice(&b->gathered), e))
        return false;
    b->lines = buf_slice(&b->gathered);
    unsigned helpers = helpers_allowed(p->r->settings);
    if (helpers == 0 || !scan_pool_offer(p->r->pool, b, helpers)) {
        job_batch_scan(b, p->r->own);
        b->is_done = true;
    }
    p->under_way++;
    while (p->under_way > 0 &&
           (p->under_way == p->r->ring_size - 1 || scan_pool_is_done(p->r->pool, batch_at(p, 0))))
        if (!finish_oldest(p, e))
            return false;
    begin_batch(p);
    return true;
}

/* Scans a long line as a batch by itself, alone and without copying it. */
static bool take_large_line(pass *p, slice line, err *e)
{
    if (!hand_on(p, e) || !check_lines(p, line, e) || !finish_all(p, e))
        return false;
    job_batch *b = begin_batch(p);
    b->lines = line;
    job_batch_scan(b, p->r->own);
    b->is_done = true;
    p->under_way++;
    p->next_line++;
    bool ok = finish_all(p, e);
    job_batch_trim(b);
    job_scanner_trim(p->r->own);
    begin_batch(p);
    return ok;
}

/* If has_newline, the newline is the byte after the text. */
static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    pass *p = ctx;
    if (text.len > LARGE_LINE)
        return take_large_line(p, (slice){.data = text.data, .len = text.len + has_newline}, e);
    buf *gathered = &batch_at(p, p->under_way)->gathered;
    p->next_line = number + 1;
    buf_append_slice(gathered, text);
    if (has_newline)
        buf_append_char(gathered, '\n');
    return gathered->len < BATCH_BYTES || hand_on(p, e);
}

/* The check that receives the unchanged bytes. */
static text_check *byte_check(pass *p)
{
    return p->check.checker && !p->r->settings->skip_invalid_utf8 ? &p->check : &p->raw;
}

static void report_text(pass *p, size_t len)
{
    p->text_bytes += len;
    if (!p->job->on_text || p->text_bytes - p->text_reported < JOB_TEXT_STEP)
        return;
    p->text_reported = p->text_bytes;
    p->job->on_text(p->job->ctx, p->text_bytes);
}

static bool pass_feed(stage *s, slice data, err *e)
{
    pass *p = (pass *)s;
    report_text(p, data.len);
    return text_check_feed(byte_check(p), data, p->format, e) && stage_feed(p->lines, data, e);
}

/* A file without a readable line is not clean. */
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

/* After a decoding error: an earlier line may be invalid too, and is then reported instead. */
static void look_before(pass *p, const char *path, err *e)
{
    err first = ERR_INIT;
    if (p->batch_failed || (hand_on(p, &first) && finish_all(p, &first)) || !p->batch_failed)
        return;
    err_context(&first, "%s", path);
    *e = first;
}

/* Whether lines with a text were read before the invalid one. */
static bool read_some(const pass *p)
{
    if (!p->check.checker)
        return p->out->text_lines > 0;
    jsonl_counts n = jsonl_counts_get(p->check.checker);
    return n.lines > n.blank_lines + n.unscannable_lines + n.skipped_lines;
}

/* Reports the first error of the file, with advice. Skipping invalid lines is not advised for a file
 * of which nothing was read. */
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
        err_append(e, "; raise codec_memory");
    if (e->code != ERR_UTF8 || p->r->settings->skip_invalid_utf8 || !read_some(p))
        return;
    err_append(e, "; fix the file, or give --invalid-utf8 skip to leave such lines unscanned");
}

static void pass_begin(pass *p, const job_request *job)
{
    const job_settings *s = p->r->settings;
    /* The line stage has its own limit and message. */
    jsonl_options options = {.content_key = s->content_key, .max_line_bytes = UINT64_MAX / 2};
    bool lenient = s->lenient || job->lenient;
    text_check_init(&p->check, lenient ? NULL : &options);
    begin_batch(p);
    p->lines = stage_lines_new(s->max_line_bytes, "raise max_line_size, or split it", on_line, p);
}

static result_place place_of(const job_settings *s, const job_request *job, mode_t input_mode)
{
    return (result_place){.job_id = job->id,
                          .report_dir = s->report_dir,
                          .cleaned_dir = s->cleaned_dir,
                          .own_report_dir = s->own_report_dir,
                          .own_cleaned_dir = s->own_cleaned_dir,
                          .cleaned_suffix = s->cleaned_suffix,
                          .access = s->access,
                          .input_mode = input_mode};
}

bool job_run(job_runner *r, const job_request *job, job_outcome *out, err *e)
{
    err fault = ERR_INIT;
    AUTO(pass)
    p = {.stage.ops = &pass_ops,
         .r = r,
         .job = job,
         .out = out,
         .training_file = report_training_name(job->path)};
    mode_t input_mode = 0;
    *out = (job_outcome){0};
    bool is_file = job_input_check(job->path, &input_mode, e);
    result_place place = place_of(r->settings, job, input_mode);
    job_results_init(&p.results, &place);
    if (!is_file)
        return false;
    p.format = job_input_format(job->path);
    if (!job_results_begin(&p.results, job->path, p.format, job->cleaned_as_input, e))
        return false;
    pass_begin(&p, job);
    codec_options codec = {.memory_bytes = r->settings->codec_memory_bytes,
                           .on_block = p.results.splices ? splice_blocks_add : NULL,
                           .on_block_ctx = &p.results.blocks};
    if (!codec_decode_file_with(job->path, &codec, &p.stage, &fault)) {
        explain(&p, job->path, &fault);
        if (e)
            *e = fault;
        return false;
    }
    job_paths paths;
    if (!job_results_commit(&p.results, job->path, &paths, e))
        return false;
    out->report_path = paths.report;
    out->near_path = paths.near;
    out->cleaned_path = paths.cleaned;
    job_input_warn(r->settings, job->path, out);
    return true;
}
