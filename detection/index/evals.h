/* Evaluation files: finds and reads them, and fills the index.
 *
 * What:    all files below a directory with a known suffix, in path order, in any compression.
 * Owner:   the index stays the caller's; it is not frozen here.
 * Threads: one.
 * Fails:   no directory, no file, a file that cannot be decoded, a bad line: ERR_CONFIG with file,
 *          line and cause.
 */
#ifndef DETECTION_INDEX_EVALS_H
#define DETECTION_INDEX_EVALS_H

#include "base/util.h"
#include "detection/index/index.h"

typedef struct evals_progress {
    size_t files_done, files_total;
    uint64_t records; /* read so far, kept or not */
} evals_progress;

typedef struct evals_options {
    const char *dir;
    bool bad_line_ends_file;     /* the rest of the file is ignored, with a warning */
    bool leave_out_bzip2_and_xz; /* as the reference server, which cannot decode them */
    /* NULL, or whether the records of a set are read as if they were not in the files. */
    bool (*leaves_out)(void *ctx, slice set);
    void *leaves_out_ctx;
    uint64_t max_line_bytes;
    unsigned threads; /* that prepare records, besides the caller's */
    /* NULL, or called after each file and every few thousand records. */
    void (*on_progress)(void *ctx, const evals_progress *now);
    void *progress_ctx;
} evals_options;

bool evals_load(const evals_options *options, ngram_index *x, err *e) MUST_USE;

/* One line of an evaluation file; `name` is the file's. False for a line that is not a record. */
bool evals_add_line(ngram_index *x, const char *name, slice line, uint64_t number, err *e) MUST_USE;

#endif
