/* The resources of a command of the orchestrator: event loop, worker threads, codec memory,
 * verifier, S3 client.
 *
 * What:    all of them are created and closed here. Commands that decode nothing have no workers.
 *          The client is created when the store is needed: local files need no credentials.
 * Owner:   an embedded value. run_context_open owns loop and workers, run_context_attach borrows
 *          them (tests). Configuration and environment are borrowed.
 * Threads: the loop's.
 * Fails:   run_context_open and run_context_connect by err; the context can be closed then.
 */
#ifndef ORCHESTRATOR_CONTEXT_RUN_CONTEXT_H
#define ORCHESTRATOR_CONTEXT_RUN_CONTEXT_H

#include "base/util.h"
#include "decon/base/loop.h"
#include "decon/base/pool.h"
#include "decon/s3/s3.h"
#include "orchestrator/config/config.h"
#include "orchestrator/runtime/codec_memory.h"
#include "orchestrator/runtime/run_limits.h"
#include "orchestrator/transfer/verify_task.h"

typedef struct run_context {
    const config *config;
    const char *(*getenv_fn)(const char *name);
    app_limits limits;
    loop *loop; /* NULL: attached */
    transport *transport;
    pool *pool;                 /* NULL: no workers, */
    codec_memory *codec_memory; /* no codecs */
    verifier *verifier;         /* and no verifier */
    s3_client *s3;              /* NULL before run_context_connect */
} run_context;

bool run_context_open(run_context *r, const config *c, const char *(*getenv_fn)(const char *name),
                      unsigned workers, err *e) MUST_USE;
void run_context_attach(run_context *r, const config *c, const char *(*getenv_fn)(const char *name),
                        transport *t, pool *p);
/* Succeeds at once if there is a client. */
bool run_context_connect(run_context *r, err *e) MUST_USE;
/* Waits for the workers and ends them: nothing of a worker's task may be freed before. */
void run_context_end_workers(run_context *r);
void run_context_close(run_context *r);
DEFINE_AUTO(run_context, run_context_close)

#endif
