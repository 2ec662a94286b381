/* The helper threads of one decoder: blocks are decoded at once, and taken back in order.
 *
 * What:    jobs go in and are run by the next free thread; the caller waits for the one that it
 *          needs next. With 0 threads, or where none can be started, a job is run as it is submitted.
 * Owner:   helpers_new / helpers_free; a job is the caller's, embedded in what it works on, and must
 *          live until it is done. What it touches is the helper's until then.
 * Threads: all calls by one thread, the one that feeds the decoder. Jobs submit no jobs and wait for
 *          nobody, so that waiting for one always ends.
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

helpers *helpers_new(unsigned threads) MUST_USE; /* the threads start with the first job */
void helpers_free(helpers *h); /* jobs under way end first; queued ones never run */
void helpers_submit(helpers *h, helper_job *job);
bool helpers_done(helpers *h, const helper_job *job);
void helpers_wait(helpers *h, const helper_job *job);

#endif
