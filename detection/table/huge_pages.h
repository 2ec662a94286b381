/* Memory for large tables with random access, zeroed or not.
 *
 * What:    from 2 MiB on it is aligned so that the system may use large pages, which are requested:
 *          a look-up then costs one cache miss less.
 * Owner:   the caller, who releases it by free().
 * Threads: any.
 * Fails:   as xcalloc does.
 */
#ifndef DETECTION_TABLE_HUGE_PAGES_H
#define DETECTION_TABLE_HUGE_PAGES_H

#include "base/util.h"

void *huge_calloc(size_t count, size_t size_bytes) MUST_USE;
void *huge_alloc(size_t bytes) MUST_USE; /* not zeroed, and not touched */
/* Gives pages of the memory from byte `from` up to its end at `bytes` back to the system; its address range stays. */
void huge_cut(void *memory, size_t from, size_t bytes);

#endif
