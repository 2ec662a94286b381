/* An array of removed ranges as the source that splice_file reads.
 *
 * Owner:   the ranges are borrowed.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef TESTS_FAKE_SPLICE_ARRAY_H
#define TESTS_FAKE_SPLICE_ARRAY_H

#include "base/util.h"
#include "compression/splice/splice.h"

typedef struct splice_array {
    const splice_range *ranges;
    size_t count, at;
} splice_array;

static inline bool splice_array_next(void *ctx, splice_range *next, err *e)
{
    UNUSED(e);
    splice_array *a = ctx;
    *next = a->at < a->count ? a->ranges[a->at++] : SPLICE_NO_RANGE;
    return true;
}

static inline splice_ranges splice_ranges_of(splice_array *a)
{
    return (splice_ranges){.next = splice_array_next, .ctx = a};
}

#endif
