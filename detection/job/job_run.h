/* One job: reads a training file, writes its report and its cleaned copy.
 *
 * What:    one pass: each line is decoded, scanned, and copied into the cleaned file unless it
 *          matched. Lines are scanned in batches, by as many threads as are free for the file;
 *          results do not depend on their number (detection/output writes them). A file is verified
 *          as with `jsonl` (compression/text_check.h), unless the setting or the job is lenient.
 *          Even then it fails if it is another compression or container, or if lines were skipped
 *          as invalid UTF-8 and no other line could be read.
 * Owner:   job_runner is one worker's memory; _init / _deinit. Paths in job_outcome are the
 *          caller's (job_outcome_deinit).
 * Threads: a runner belongs to one thread at a time and has its own threads; the index is shared.
 * Fails:   the message names file, line and cause.
 */
#ifndef DETECTION_JOB_JOB_RUN_H
#define DETECTION_JOB_JOB_RUN_H

#include <stdatomic.h>

#include "base/util.h"
#include "detection/match/match.h"
#include "detection/output/result_access.h"
#include "detection/output/job_results.h"

/* Bytes of text between calls of job_request.on_text. */
#define JOB_TEXT_STEP ((uint64_t)1 << 20)

/* Progress of all jobs that share it; read while they run. */
typedef struct job_meter {
    _Atomic uint64_t text_bytes, lines; /* decoded */
    _Atomic unsigned running_jobs;      /* they share the processors */
} job_meter;

typedef struct job_settings { /* constant after start */
    const char *content_key;
    const char *report_dir;
    const char *cleaned_dir; /* NULL: no cleaned files are written */
    /* In a folder shared by all users: a folder of another user is refused. */
    bool own_report_dir, own_cleaned_dir;
    result_access access;       /* of the results */
    const char *cleaned_suffix; /* NULL: JOB_CLEANED_SUFFIX */
    uint64_t max_line_bytes;
    uint64_t codec_memory_bytes; /* of the file's decoder; 0: CODEC_MEMORY_BYTES */
    uint64_t memory_bytes;  /* of a job's process, besides the index and the decoder; 0: no limit */
    uint64_t time_limit_ms; /* of a job, see job_limits.h; 0: no limit */
    bool keeps_near;        /* scores below the threshold are written to a separate file */
    bool lenient; /* accept files that are not JSON Lines; lines without a text are kept */
    bool skip_invalid_utf8; /* keep such lines unscanned, with a warning, instead of failing */
    job_meter *meter;       /* or NULL */
    unsigned threads;       /* shared by all running jobs; each gets at least one */
} job_settings;

typedef struct job_outcome {
    char *report_path;   /* NULL: no match */
    char *near_path;     /* NULL: no near miss (report_threshold) */
    char *cleaned_path;  /* NULL: not requested */
    uint64_t text_bytes; /* decoded */
    uint64_t lines, scanned, matches, contaminated_lines;
    uint64_t near_misses;
    uint64_t text_lines;    /* with a text that was read */
    uint64_t unread_lines;  /* not blank and without a text: kept unscanned */
    uint64_t invalid_lines; /* of those: not valid UTF-8 */
    bool process_ended;     /* the job failed because its process crashed */
} job_outcome;

void job_outcome_deinit(job_outcome *o);
DEFINE_AUTO(job_outcome, job_outcome_deinit)

/* Borrowed during the call. */
typedef struct job_request {
    const char *id, *path;
    bool lenient; /* like the setting, for this file */
    /* The cleaned copy has the file's format if splice_file supports it; otherwise gzip. */
    bool cleaned_as_input;
    /* Bytes of text decoded so far, at most once per JOB_TEXT_STEP; or NULL. */
    void (*on_text)(void *ctx, uint64_t text_bytes);
    void *ctx;
} job_request;

typedef struct job_runner {
    const job_settings *settings;
    struct job_scanner *own;
    struct scan_pool *pool;
    struct job_batch *ring;
    size_t ring_size;
} job_runner;

void job_runner_init(job_runner *r, const job_settings *settings, const ngram_index *x);
void job_runner_deinit(job_runner *r);
DEFINE_AUTO(job_runner, job_runner_deinit)

bool job_run(job_runner *r, const job_request *job, job_outcome *out, err *e) MUST_USE;

#endif
