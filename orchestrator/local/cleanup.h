/* Removal of local files on a worker: an item's directory, the server's files of a job.
 *
 * What:    removes what is named; what is absent already is fine.
 * Owner:   strings are copied; the task frees itself after on_done, or, cancelled, when its worker
 *          has come back.
 * Threads: loop; the removal on a worker.
 * Fails:   by the first error, given to on_done; the rest is removed all the same.
 */
#ifndef ORCHESTRATOR_LOCAL_CLEANUP_H
#define ORCHESTRATOR_LOCAL_CLEANUP_H

#include "decon/base/pool.h"
#include "base/util.h"
#include "orchestrator/local/workdir.h"

typedef struct cleanup cleanup;

#define CLEANUP_PATHS 3

typedef struct cleanup_options {
    const workdir *workdir;
    const char *key;                  /* its directory goes; NULL: it stays */
    const char *paths[CLEANUP_PATHS]; /* files; NULL entries are skipped */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} cleanup_options;

cleanup *cleanup_start(pool *p, const cleanup_options *options) MUST_USE;
void cleanup_cancel(cleanup *c); /* NULL is fine */

#endif
