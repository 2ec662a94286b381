#include "base/util.h"
#include "detection/job/job_batch.h"

#include <inttypes.h>

#include "base/json/json_read.h"
#include "detection/text/unicode.h"

#define GZIP_LEVEL 6

/* --- report lines --- */

static void report_lines_init(report_lines *l)
{
    report_spill_init(&l->spill);
    buf_init(&l->text, UINT32_MAX - 1);
}

static void report_lines_deinit(report_lines *l)
{
    report_spill_deinit(&l->spill);
    buf_deinit(&l->text);
}

static void report_lines_clear(report_lines *l)
{
    report_spill_deinit(&l->spill);
    buf_clear(&l->text);
}

report_part report_lines_part(const report_lines *l)
{
    return (report_part){.fd = l->spill.fd, .len = l->spill.len, .lines = buf_slice(&l->text)};
}

/* State of the scan of one line. */
typedef struct line_scan {
    job_batch *batch;
    job_scanner *scanner;
    report_place place;
    bool matched;
} line_scan;

static bool put_match(const line_scan *l, const match *m, report_lines *lines, err *e)
{
    report_line(m, &l->place, &l->scanner->excerpt, &lines->text);
    if (lines->text.overflow || l->scanner->excerpt.overflow)
        return err_set(e, ERR_LIMIT, "the report of a match exceeds 4 GB");
    if (lines->text.len <= SPILL_BYTES)
        return true;
    bool ok = report_spill_add(&lines->spill, l->batch->place, buf_slice(&lines->text), e);
    buf_clear(&lines->text);
    return ok;
}

static bool on_match(void *ctx, const match *m, err *e)
{
    line_scan *l = ctx;
    l->matched = true;
    l->batch->counts.matches++;
    return put_match(l, m, &l->batch->report, e);
}

static bool on_near(void *ctx, const match *m, err *e)
{
    const line_scan *l = ctx;
    l->batch->counts.near_misses++;
    return put_match(l, m, &l->batch->near, e);
}

/* --- scanner and batch --- */

void job_scanner_init(job_scanner *s, const job_settings *settings, const ngram_index *x)
{
    *s = (job_scanner){.settings = settings};
    matcher_init(&s->matcher, x);
    s->matcher.on_near = settings->keeps_near ? on_near : NULL;
    buf_init(&s->text, UINT32_MAX - 1);
    buf_init(&s->excerpt, UINT32_MAX - 1);
    buf_init(&s->kept, UINT32_MAX - 1);
}

void job_scanner_deinit(job_scanner *s)
{
    matcher_deinit(&s->matcher);
    buf_deinit(&s->text);
    buf_deinit(&s->excerpt);
    buf_deinit(&s->kept);
    gzip_deflater_free(s->deflater);
}

void job_batch_init(job_batch *b)
{
    *b = (job_batch){0};
    report_lines_init(&b->report);
    report_lines_init(&b->near);
    buf_init(&b->gathered, UINT32_MAX - 1);
    buf_init(&b->cleaned, UINT32_MAX - 1);
    buf_init(&b->removed, UINT32_MAX - 1);
}

void job_batch_deinit(job_batch *b)
{
    buf_deinit(&b->gathered);
    report_lines_deinit(&b->report);
    report_lines_deinit(&b->near);
    buf_deinit(&b->cleaned);
    buf_deinit(&b->removed);
}

static void trim(buf *b)
{
    if (b->capacity > LARGE_LINE)
        buf_deinit(b);
}

void job_scanner_trim(job_scanner *s)
{
    matcher_trim(&s->matcher);
    trim(&s->text);
    trim(&s->excerpt);
    trim(&s->kept);
}

void job_batch_trim(job_batch *b)
{
    trim(&b->gathered);
    trim(&b->report.text);
    trim(&b->near.text);
    trim(&b->cleaned);
}

void job_batch_clear(job_batch *b, uint64_t first)
{
    buf_clear(&b->gathered);
    report_lines_clear(&b->report);
    report_lines_clear(&b->near);
    buf_clear(&b->cleaned);
    buf_clear(&b->removed);
    b->lists_removed = false;
    b->lines = (slice){0};
    b->count = 0;
    b->first = first;
    b->counts = (job_outcome){0};
    b->ok = true;
    b->error = (err)ERR_INIT;
    b->is_done = false;
}

/* The text of a line to be scanned; false if it has none (the line is kept). */
static bool find_text(line_scan *l, slice line, slice *text)
{
    json_value value;
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    if (!json_read_path(line, l->scanner->settings->content_key, &value, NULL))
        return false;
    return value.type == JSON_STRING && json_text(&value, &l->scanner->text, text);
}

static bool check_utf8(line_scan *l, slice line, bool *valid, err *e)
{
    size_t good = utf8_check(line);
    *valid = good == line.len;
    if (*valid)
        return true;
    l->batch->counts.invalid_lines++;
    if (l->scanner->settings->skip_invalid_utf8)
        return true;
    return err_set(e, ERR_UTF8, "byte %zu of the line is not valid UTF-8", good);
}

static bool scan_line(line_scan *l, slice line, err *e)
{
    bool valid, scanned = false;
    slice text;
    l->matched = false;
    if (!check_utf8(l, line, &valid, e))
        return false;
    if (!valid || !find_text(l, line, &text)) {
        l->batch->counts.unread_lines += slice_trim(line).len > 0;
        return true;
    }
    l->batch->counts.text_lines++;
    if (!match_document(&l->scanner->matcher, text, on_match, l, &scanned, e))
        return false;
    l->batch->counts.scanned += scanned;
    l->batch->counts.contaminated_lines += l->matched;
    return true;
}

/* Compresses the kept lines as a piece of the cleaned file. If all are kept, they are not
 * copied. */
static void clean(job_batch *b, job_scanner *s)
{
    if (!s->deflater)
        s->deflater = gzip_deflater_new(GZIP_LEVEL);
    slice kept = b->counts.contaminated_lines > 0 ? buf_slice(&s->kept) : b->lines;
    b->cleaned_block = (gzip_block){0};
    if (kept.len > 0)
        b->cleaned_block = gzip_deflate_block(s->deflater, kept, &b->cleaned);
}

static bool copies_kept(const job_batch *b, const job_scanner *s)
{
    return s->settings->cleaned_dir && !b->lists_removed;
}

static void list_removed(job_batch *b, uint64_t from, uint64_t len)
{
    splice_range range = {.from = from, .to = from + len};
    if (b->lists_removed)
        buf_append(&b->removed, &range, sizeof range);
}

static bool scan_lines(job_batch *b, job_scanner *s, err *e)
{
    line_scan l = {.batch = b, .scanner = s, .place.training_file = b->training_file};
    slice rest = b->lines;
    const char *kept_from = rest.data; /* kept text not yet copied, after the last removed line */
    buf_clear(&s->kept);
    for (uint64_t number = b->first; rest.len > 0; number++) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        slice line = {rest.data, newline ? (size_t)(newline - rest.data) : rest.len};
        size_t used = line.len + (newline != NULL);
        l.place.training_line = number;
        if (!scan_line(&l, line, e))
            return err_context(e, "line %" PRIu64, number + 1);
        rest = (slice){rest.data + used, rest.len - used};
        b->counts.lines++;
        b->counts.text_bytes += used;
        if (l.matched)
            list_removed(b, b->counts.text_bytes - used, used);
        if (!l.matched || !copies_kept(b, s))
            continue;
        buf_append(&s->kept, kept_from, (size_t)(line.data - kept_from));
        kept_from = rest.data;
    }
    if (copies_kept(b, s) && b->counts.contaminated_lines > 0)
        buf_append(&s->kept, kept_from, (size_t)(rest.data - kept_from));
    return (!s->kept.overflow && !b->removed.overflow) ||
           err_set(e, ERR_LIMIT, "a line exceeds 4 GB");
}

void job_batch_scan(job_batch *b, job_scanner *s)
{
    b->ok = scan_lines(b, s, &b->error);
    if (b->ok && copies_kept(b, s))
        clean(b, s);
    if (b->cleaned.overflow)
        b->ok = err_set(&b->error, ERR_LIMIT, "the cleaned file of one line exceeds 4 GB");
}
