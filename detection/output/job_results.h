/* The result files of one job: its report and its cleaned copy.
 *
 * What:    both are written under temporary names and renamed at the end, the report first: a
 *          failed job leaves neither. The report's file is created with its first line. A cleaned
 *          copy in the file's own format is spliced at the end (compression/splice).
 * Owner:   an embedded value; job_results_init / _deinit. The strings of `place` are borrowed.
 * Threads: one at a time.
 * Fails:   the message names the file.
 */
#ifndef DETECTION_OUTPUT_JOB_RESULTS_H
#define DETECTION_OUTPUT_JOB_RESULTS_H

#include "base/util.h"
#include "compression/gzip/gzip_blocks.h"
#include "compression/splice/splice.h"
#include "detection/output/removed_lines.h"
#include "detection/output/result_access.h"

#define JOB_ID_BYTES 37 /* a UUID and its NUL */

/* Results are named by the job's id and these suffixes. */
#define JOB_REPORT_SUFFIX  ".report.jsonl"
#define JOB_NEAR_SUFFIX    ".near.jsonl" /* scores below the threshold, with report_threshold */
#define JOB_CLEANED_SUFFIX ".jsonl.gz"
#define JOB_PLAIN_SUFFIX   ".jsonl" /* of an uncompressed cleaned copy */

typedef struct result_place {
    const char *job_id;
    const char *report_dir;
    const char *cleaned_dir; /* NULL: no cleaned file is written */
    /* In a folder shared by all users: a folder of another user is refused. */
    bool own_report_dir, own_cleaned_dir;
    const char *cleaned_suffix; /* NULL: JOB_CLEANED_SUFFIX */
    result_access access;
    mode_t input_mode;
} result_place;

/* A result file under its temporary name. */
typedef struct result_file {
    char *path, *temp; /* temp NULL: not started */
    int fd;
} result_file;

/* Lines of one batch. */
typedef struct report_part {
    int fd; /* -1: no file */
    uint64_t len;
    slice lines;
} report_part;

typedef struct job_results {
    result_place place;
    result_file report, near, cleaned;
    gzip_member member;
    buf frame; /* the gzip member's header and trailer */
    /* For a spliced cleaned copy. */
    bool splices;
    codec_format format;
    int input;
    splice_pin pin; /* of the input before it is read */
    removed_lines removed;
    splice_blocks blocks; /* of a bzip2 file: codec_options.on_block of its decoder */
} job_results;

void job_results_init(job_results *r, const result_place *place);
void job_results_deinit(job_results *r);
DEFINE_AUTO(job_results, job_results_deinit)

/* Starts the cleaned copy, if one is requested. `as_input`: in the input's format if splice_file
 * supports it; otherwise gzip. */
bool job_results_begin(job_results *r, const char *input, codec_format format, bool as_input,
                       err *e) MUST_USE;

/* Report lines: those in the first `len` bytes of a file, then `lines`. */
bool job_results_add_report(job_results *r, const report_part *part, err *e) MUST_USE;
bool job_results_add_near(job_results *r, const report_part *part, err *e) MUST_USE;
/* A compressed piece of the cleaned copy; ignored for a spliced copy. */
bool job_results_add_cleaned(job_results *r, slice bytes, const gzip_block *block, err *e) MUST_USE;
/* Ranges of text (consecutive splice_range, offset by `text_from`) to omit from the spliced
 * copy. */
bool job_results_remove_lines(job_results *r, slice ranges, uint64_t text_from, err *e) MUST_USE;

typedef struct job_paths {
    char *report, *near, *cleaned; /* NULL: no such file */
} job_paths;

/* Renames the files. The paths are the caller's. */
bool job_results_commit(job_results *r, const char *input, job_paths *out, err *e) MUST_USE;

#endif
