/* Lines of a training file that are scanned in one go, on any thread.
 *
 * What:    a batch holds lines in a row; scanning it yields report lines, what is kept of the text
 *          (compressed, as a piece of the cleaned file), and counts. The result depends on nothing
 *          but the lines, so that batches laid in a row are the same whoever scanned them.
 * Owner:   _init / _deinit; a batch's buffers are kept from use to use. A scanner is one thread's
 *          memory.
 * Threads: a batch and a scanner belong to one thread at a time.
 * Fails:   the first line that fails leaves its error, with the line's number, in the batch.
 */
#ifndef DETECTION_JOB_JOB_BATCH_H
#define DETECTION_JOB_JOB_BATCH_H

#include "compression/gzip/gzip_blocks.h"
#include "compression/splice/splice.h"
#include "detection/job/job_run.h"
#include "detection/match/report.h"
#include "detection/output/report_spill.h"

#define BATCH_BYTES ((size_t)512 << 10)
/* A line that is longer is a batch of its own, scanned where it is, and what it took is given back. */
#define LARGE_LINE  ((size_t)4 << 20)
#define SPILL_BYTES ((size_t)1 << 20) /* of report lines */

typedef struct job_scanner {
    const job_settings *settings;
    matcher matcher;
    buf text; /* a document's text, escapes resolved */
    buf excerpt;
    buf kept;
    gzip_deflater *deflater; /* where there are cleaned files */
} job_scanner;

void job_scanner_init(job_scanner *s, const job_settings *settings, const ngram_index *x);
void job_scanner_deinit(job_scanner *s);

typedef struct job_batch {
    /* the task */
    buf gathered;
    slice lines;    /* in `gathered`, or lent; each with its newline where it has one */
    size_t count;   /* of lines */
    uint64_t first; /* number of the first */
    slice training_file;
    const result_place *place; /* of the job's results; borrowed */
    bool lists_removed;        /* instead of compressing what is kept */
    /* the result */
    bool ok;
    err error;
    job_outcome counts; /* without paths */
    report_spill spill; /* the report's beginning, where it is long */
    buf report;
    buf cleaned; /* compressed */
    gzip_block cleaned_block;
    buf removed; /* splice_range: of lines, from the first byte of `lines` */
    /* the team's */
    bool is_done;
    struct job_batch *next;
} job_batch;

void job_batch_init(job_batch *b);
void job_batch_deinit(job_batch *b);
void job_batch_clear(job_batch *b, uint64_t first);
/* Gives back memory that only long lines need. */
void job_scanner_trim(job_scanner *s);
void job_batch_trim(job_batch *b);

void job_batch_scan(job_batch *b, job_scanner *s);

#endif
