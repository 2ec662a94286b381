/* The files of `decon-orchestrator verify`, several at a time.
 *
 * What:    folders are listed, files and objects verified by verify_job: one local file more than
 *          there are workers, and enough downloads to keep the workers busy, within the disk
 *          budget. Results are reported in the order of the names.
 * Owner:   verify_run_new / _free. Names and config are borrowed.
 * Threads: the calling thread runs the loop; the run has its own workers.
 * Fails:   verify_run_new by err; a file's error goes to on_result.
 */
#ifndef ORCHESTRATOR_VERIFY_VERIFY_RUN_H
#define ORCHESTRATOR_VERIFY_VERIFY_RUN_H

#include "decon/compression/verify.h"
#include "base/util.h"
#include "orchestrator/config/config.h"
#include "orchestrator/verify/verify_inputs.h"

typedef struct verify_run verify_run;
verify_run *verify_run_new(const config *c, const char *(*getenv_fn)(const char *name), err *e)
    MUST_USE;
void verify_run_free(verify_run *run); /* NULL is allowed */
DEFINE_AUTO_PTR(verify_run, verify_run_free)

/* Adds the inputs below an s3:// folder, or its error. */
void verify_run_list(verify_run *run, const char *uri, verify_names *out);

/* Either `verdict` or `error`; the other one is NULL. */
typedef void (*verify_run_result)(void *ctx, const char *name, const verdict *verdict,
                                  const err *error);
void verify_run_all(verify_run *run, const verify_names *names, verify_run_result on_result,
                    void *ctx);

#endif
