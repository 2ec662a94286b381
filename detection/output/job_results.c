#include "base/util.h"
#include "detection/output/job_results.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "detection/output/stale_files.h"

#define COPY_BYTES 65536

void job_results_init(job_results *r, const result_place *place)
{
    *r = (job_results){.place = *place,
                       .report = {.fd = -1},
                       .near = {.fd = -1},
                       .cleaned = {.fd = -1},
                       .input = -1};
    buf_init(&r->frame, 64);
    removed_lines_init(&r->removed, NULL);
    splice_blocks_init(&r->blocks);
}

static void result_file_deinit(result_file *f)
{
    fs_temp_discard(&f->temp);
    util_auto_close(&f->fd);
    free(f->path);
    *f = (result_file){.fd = -1};
}

void job_results_deinit(job_results *r)
{
    result_file_deinit(&r->report);
    result_file_deinit(&r->near);
    result_file_deinit(&r->cleaned);
    buf_deinit(&r->frame);
    removed_lines_deinit(&r->removed);
    splice_blocks_deinit(&r->blocks);
    util_auto_close(&r->input);
    r->input = -1;
}

static bool result_begin(result_file *f, const result_place *p, const char *dir, bool only_own,
                         const char *suffix, err *e)
{
    f->path = xasprintf("%s/%s%s", dir, p->job_id, suffix);
    if (!result_folder_make(&p->access, dir, only_own, e))
        return false;
    while ((f->fd = result_file_create(&p->access, f->path, p->input_mode, &f->temp, e)) >= 0 &&
           !leftovers_claim(f->fd)) {
        fs_temp_discard(&f->temp);
        util_auto_close(&f->fd);
    }
    return f->fd >= 0;
}

/* --- the report, and the file of near misses --- */

static bool add_lines(const job_results *r, result_file *f, const char *suffix, slice lines, err *e)
{
    const result_place *p = &r->place;
    if (lines.len == 0)
        return true;
    if (!f->temp && !result_begin(f, p, p->report_dir, p->own_report_dir, suffix, e))
        return false;
    return fs_write_all(f->fd, lines.data, lines.len, e) || err_context(e, "report %s", f->path);
}

static bool add_part(const job_results *r, result_file *f, const char *suffix,
                     const report_part *part, err *e)
{
    char bytes[COPY_BYTES];
    for (uint64_t at = 0; at < part->len;) {
        size_t most = (size_t)MIN(part->len - at, (uint64_t)sizeof bytes);
        ssize_t got = pread(part->fd, bytes, most, (off_t)at);
        if (got <= 0)
            return err_set_errno(e, ERR_IO, got < 0 ? errno : EIO,
                                 "cannot read the report lines of job %s", r->place.job_id);
        if (!add_lines(r, f, suffix, (slice){.data = bytes, .len = (size_t)got}, e))
            return false;
        at += (uint64_t)got;
    }
    return add_lines(r, f, suffix, part->lines, e);
}

bool job_results_add_report(job_results *r, const report_part *part, err *e)
{
    return add_part(r, &r->report, JOB_REPORT_SUFFIX, part, e);
}

bool job_results_add_near(job_results *r, const report_part *part, err *e)
{
    return add_part(r, &r->near, JOB_NEAR_SUFFIX, part, e);
}

/* --- the cleaned copy --- */

static bool write_cleaned(const job_results *r, slice bytes, err *e)
{
    return bytes.len == 0 || fs_write_all(r->cleaned.fd, bytes.data, bytes.len, e) ||
           err_context(e, "cleaned file %s", r->cleaned.path);
}

bool job_results_add_cleaned(job_results *r, slice bytes, const gzip_block *block, err *e)
{
    if (!r->cleaned.temp || r->splices)
        return true;
    gzip_member_add(&r->member, block);
    return write_cleaned(r, bytes, e);
}

bool job_results_remove_lines(job_results *r, slice ranges, uint64_t text_from, err *e)
{
    for (size_t at = 0; at < ranges.len; at += sizeof(splice_range)) {
        splice_range range;
        memcpy(&range, ranges.data + at, sizeof range);
        range = (splice_range){.from = text_from + range.from, .to = text_from + range.to};
        if (!removed_lines_add(&r->removed, range, e))
            return err_context(e, "cleaned file %s", r->cleaned.path);
    }
    return true;
}

/* The descriptor keeps the file open; the pin detects whether the path still names it. */
static bool begin_splice(job_results *r, const char *input, err *e)
{
    struct stat st;
    r->input = open(input, O_RDONLY | O_CLOEXEC);
    if (r->input < 0 || fstat(r->input, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open", input);
    r->pin = splice_pin_of(&st);
    removed_lines_init(&r->removed, r->cleaned.path);
    return true;
}

bool job_results_begin(job_results *r, const char *input, codec_format format, bool as_input,
                       err *e)
{
    const result_place *p = &r->place;
    r->format = format;
    if (!p->cleaned_dir)
        return true;
    const char *suffix = p->cleaned_suffix ? p->cleaned_suffix : JOB_CLEANED_SUFFIX;
    if (!result_begin(&r->cleaned, p, p->cleaned_dir, p->own_cleaned_dir, suffix, e))
        return false;
    r->splices = as_input && splice_offers(format);
    if (r->splices)
        return begin_splice(r, input, e);
    gzip_member_begin(&r->member, &r->frame);
    return write_cleaned(r, buf_slice(&r->frame), e);
}

static bool splice_cleaned(job_results *r, const char *input, err *e)
{
    struct stat st;
    splice_request request = {.in = r->input,
                              .out = r->cleaned.fd,
                              .format = r->format,
                              .pin = r->pin,
                              .blocks = &r->blocks};
    if (stat(input, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot read it again for its cleaned copy",
                             input);
    splice_pin now = splice_pin_of(&st);
    if (memcmp(&now, &r->pin, sizeof now) != 0)
        return err_set(e, ERR_IO, "%s: changed while it was read; submit it again", input);
    return (removed_lines_end(&r->removed, &request.removed, e) && splice_file(&request, e)) ||
           err_context(e, "%s: cleaned copy", input);
}

static bool end_cleaned(job_results *r, const char *input, err *e)
{
    if (!r->cleaned.temp)
        return true;
    if (r->splices && !splice_cleaned(r, input, e))
        return false;
    if (r->splices && r->format != CODEC_GZIP) { /* its temporary name has the suffix for gzip */
        const char *const *suffixes = codec_get(r->format)->suffixes;
        free(r->cleaned.path);
        r->cleaned.path = xasprintf("%s/%s" JOB_PLAIN_SUFFIX "%s", r->place.cleaned_dir,
                                    r->place.job_id, suffixes[0] ? suffixes[0] : "");
    }
    if (r->splices)
        return true;
    buf_clear(&r->frame);
    gzip_member_end(&r->member, &r->frame);
    return write_cleaned(r, buf_slice(&r->frame), e);
}

/* --- commit --- */

/* Removes a file of a job whose cleaned file could not be renamed. */
static void take_back(char **path)
{
    if (*path && !fs_remove(*path, NULL))
        log_warn("%s: left by a job that failed: cannot be removed; remove it by hand", *path);
    free(move(*path));
}

static bool commit_file(result_file *f, char **path, err *e)
{
    if (!f->temp)
        return true;
    if (!fs_temp_commit(&f->temp, f->path, e))
        return false;
    *path = move(f->path);
    return true;
}

/* All files are complete before the first is renamed. */
bool job_results_commit(job_results *r, const char *input, job_paths *out, err *e)
{
    *out = (job_paths){0};
    if (end_cleaned(r, input, e) && commit_file(&r->near, &out->near, e) &&
        commit_file(&r->report, &out->report, e) && commit_file(&r->cleaned, &out->cleaned, e))
        return true;
    take_back(&out->report);
    take_back(&out->near);
    return false;
}
