/* Zeroed memory for large tables with random access.
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

#endif
