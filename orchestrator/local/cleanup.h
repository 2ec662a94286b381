/* Removal of local files on a worker: an item's directory, the server's files of a job.
 *
 * What:    removes the named files; absent ones are ignored. A result is removed only if it is
 *          still the file that was checked.
 * Owner:   an operation (base/op.h), which a cancel does not stop. Strings are copied.
 * Threads: loop; the removal on a worker.
 * Fails:   by the first error, given to on_done; the rest is removed nevertheless.
 */
#ifndef ORCHESTRATOR_LOCAL_CLEANUP_H
#define ORCHESTRATOR_LOCAL_CLEANUP_H

#include "decon/base/pool.h"
#include "base/op.h"
#include "base/util.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/local/workdir.h"

#define CLEANUP_RESULTS 3

typedef struct cleanup_options {
    const workdir *workdir;
    const result_dirs *dirs;
    const char *key;                             /* its directory is removed; NULL: none */
    const result_file *results[CLEANUP_RESULTS]; /* NULL and {0} entries are skipped */
    const char *job_id; /* NULL, or: also remove this job's unnamed report and near misses */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} cleanup_options;

op *cleanup_start(pool *p, const cleanup_options *options) MUST_USE;

#endif
