/* Marks of crashes (crash_marks.h) whose input no longer exists.
 *
 * What:    reads each mark and requests its input: a mark is stale if the input is gone, or has
 *          another ETag. A mark is kept if it or its input cannot be read.
 * Owner:   everything is the caller's.
 * Threads: loop.
 * Fails:   never.
 */
#ifndef ORCHESTRATOR_STATUS_STALE_CRASHES_H
#define ORCHESTRATOR_STATUS_STALE_CRASHES_H

#include "base/util.h"
#include "orchestrator/runtime/store_session.h"

/* `keys`: of marks in `bucket`; sets `stale` of each. */
void stale_crashes_find(store_session *s, const char *bucket, const char *input_bucket,
                        const char *const *keys, size_t count, bool *stale);

#endif
