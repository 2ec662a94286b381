/* Removal of local files on a worker: an item's directory, the server's files of a job.
 *
 * What:    removes what is named; what is absent already is fine. A result goes only while it is
 *          still the file that was checked.
 * Owner:   an operation (base/op.h), which a cancel does not stop. Strings are copied.
 * Threads: loop; the removal on a worker.
 * Fails:   by the first error, given to on_done; the rest is removed all the same.
 */
#ifndef ORCHESTRATOR_LOCAL_CLEANUP_H
#define ORCHESTRATOR_LOCAL_CLEANUP_H

#include "decon/base/pool.h"
#include "base/op.h"
#include "base/util.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/local/workdir.h"

#define CLEANUP_RESULTS 2

typedef struct cleanup_options {
    const workdir *workdir;
    const result_dirs *dirs;
    const char *key;                             /* its directory goes; NULL: it stays */
    const result_file *results[CLEANUP_RESULTS]; /* NULL and {0} entries are skipped */
    const char *job_id; /* NULL, or: this job's report goes too, which the server did not name */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} cleanup_options;

op *cleanup_start(pool *p, const cleanup_options *options) MUST_USE;

#endif
