/* Zeroed memory for large tables that are read here and there.
 *
 * What:    from 2 MiB on it is aligned so that the system may back it with large pages, and asked
 *          to: looking something up then costs one miss less.
 * Owner:   the caller, who releases it by free().
 * Threads: any.
 * Fails:   as xcalloc does.
 */
#ifndef DETECTION_TABLE_HUGE_PAGES_H
#define DETECTION_TABLE_HUGE_PAGES_H

#include "base/util.h"

void *huge_calloc(size_t count, size_t size_bytes) MUST_USE;

#endif
