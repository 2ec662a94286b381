/* Threads that help to scan one file.
 *
 * What:    scans batches; as many threads are started as the file may use at the moment. The
 *          caller keeps the order, and scans while it waits for the oldest batch.
 * Owner:   scan_pool_new / _free; batches stay the caller's and must live until they are done.
 * Threads: one that offers, waits and frees. One lock inside.
 * Fails:   never: without threads every offer is refused.
 */
#ifndef DETECTION_JOB_SCAN_POOL_H
#define DETECTION_JOB_SCAN_POOL_H

#include "base/util.h"
#include "detection/job/job_batch.h"

#define SCAN_TEAM_MOST 64

typedef struct scan_pool scan_pool;

scan_pool *scan_pool_new(const job_settings *settings, const ngram_index *x) MUST_USE;
void scan_pool_free(scan_pool *t); /* no batch may be in progress; NULL is allowed */

/* False if `threads` are busy; the caller then scans the batch. */
bool scan_pool_offer(scan_pool *t, job_batch *b, unsigned threads) MUST_USE;
/* Waits until the batch is done; meanwhile scans others with `own`. */
void scan_pool_wait(scan_pool *t, const job_batch *b, job_scanner *own);
bool scan_pool_is_done(scan_pool *t, const job_batch *b);

#endif
