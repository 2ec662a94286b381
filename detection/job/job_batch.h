/* Consecutive lines of a training file that one thread scans as a unit.
 *
 * What:    scanning a batch produces report lines, the kept text (compressed, as a piece of the
 *          cleaned file), and counts. The result depends only on the lines, not on the thread, so
 *          the pieces of consecutive batches can be joined.
 * Owner:   _init / _deinit; buffers of a batch are reused. A scanner is the working memory of one
 *          thread.
 * Threads: a batch and a scanner belong to one thread at a time.
 * Fails:   the first line that fails leaves its error, with the line's number, in the batch.
 */
#ifndef DETECTION_JOB_JOB_BATCH_H
#define DETECTION_JOB_JOB_BATCH_H

#include "compression/gzip/gzip_blocks.h"
#include "base/list.h"
#include "compression/splice/splice.h"
#include "detection/job/job_run.h"
#include "detection/match/report.h"
#include "detection/output/report_spill.h"

#define BATCH_BYTES ((size_t)512 << 10)
/* A longer line is a batch by itself, scanned in place; its memory is released afterwards. */
#define LARGE_LINE  ((size_t)4 << 20)
#define SPILL_BYTES ((size_t)1 << 20) /* of report lines */

/* The beginning of a long report is in a file. */
typedef struct report_lines {
    report_spill spill;
    buf text;
} report_lines;

typedef struct job_scanner {
    const job_settings *settings;
    matcher matcher;
    buf text; /* a document's text, escapes resolved */
    buf excerpt;
    buf kept;
    gzip_deflater *deflater; /* if cleaned files are written */
} job_scanner;

void job_scanner_init(job_scanner *s, const job_settings *settings, const ngram_index *x);
void job_scanner_deinit(job_scanner *s);

typedef struct job_batch {
    /* the task */
    buf gathered;
    slice lines;    /* in `gathered`, or borrowed; each with its newline if it has one */
    size_t count;   /* of lines */
    uint64_t first; /* number of the first */
    slice training_file;
    const result_place *place; /* of the job's results; borrowed */
    bool lists_removed;        /* instead of compressing kept lines */
    /* the result */
    bool ok;
    err error;
    job_outcome counts; /* without paths */
    report_lines report, near;
    buf cleaned; /* compressed */
    gzip_block cleaned_block;
    buf removed; /* splice_range: removed lines, relative to the first byte of `lines` */
    /* the pool's */
    bool is_done;
    list_link link;
} job_batch;

report_part report_lines_part(const report_lines *l); /* borrowed */

void job_batch_init(job_batch *b);
void job_batch_deinit(job_batch *b);
void job_batch_clear(job_batch *b, uint64_t first);
/* Releases memory that only long lines need. */
void job_scanner_trim(job_scanner *s);
void job_batch_trim(job_batch *b);

void job_batch_scan(job_batch *b, job_scanner *s);

#endif
