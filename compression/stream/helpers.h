/* Helper threads of one decoder: blocks are decoded in parallel and collected in order.
 *
 * What:    submitted jobs are run by the next free thread; the caller waits for the job that it
 *          needs next. With 0 threads, or if none can be started, a job runs when it is submitted.
 * Owner:   helpers_new / helpers_free; a job belongs to the caller, embedded in its data, and must
 *          live until it is done. Its data belongs to the helper until then.
 * Threads: all calls from one thread, the one that feeds the decoder. Jobs neither submit jobs nor
 *          wait, so that waiting for a job cannot deadlock.
 * Fails:   never.
 */
#ifndef COMPRESSION_STREAM_HELPERS_H
#define COMPRESSION_STREAM_HELPERS_H

#include "base/util.h"

#define HELPERS_MAX 16

typedef struct helper_job {
    void (*run)(struct helper_job *job);
    struct helper_job *next;
    bool done;
} helper_job;

typedef struct helpers helpers;

helpers *helpers_new(unsigned threads) MUST_USE; /* threads start with the first job */
void helpers_free(helpers *h); /* waits for running jobs; queued ones do not run */
void helpers_submit(helpers *h, helper_job *job);
bool helpers_done(helpers *h, const helper_job *job);
void helpers_wait(helpers *h, const helper_job *job);

#endif
