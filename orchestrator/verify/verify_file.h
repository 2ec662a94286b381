/* One file of `decon-orchestrator verify`: a local file, an object, or a stream such as standard
 * input.
 *
 * What:    a file is read from the disk, an object while it is downloaded into an unnamed file in
 *          the work directory; both by verify_task. A pipe, which cannot be read twice, is read by
 *          one worker with all of the codec memory, since it cannot start over with more.
 * Owner:   a job frees itself after on_done. The context is borrowed until then.
 * Threads: loop; on_done may come before verify_job_start returns.
 * Fails:   by the error given to on_done. A fault in an object is reported only after its
 *          checksum has confirmed that the bytes are the object's.
 */
#ifndef ORCHESTRATOR_VERIFY_VERIFY_FILE_H
#define ORCHESTRATOR_VERIFY_VERIFY_FILE_H

#include "orchestrator/context/run_context.h"
#include "orchestrator/transfer/fetch.h"

/* Either `verdict` or `error`; the other one is NULL. */
typedef void (*verify_job_done)(void *ctx, const verdict *verdict, const err *error);
void verify_job_start(const run_context *context, const char *name, verify_job_done on_done,
                      void *ctx);

#endif
