/* Splices gzip; also the checks of ranges that all formats share.
 *
 * What:    internal to compression/splice: see splice.h.
 * Owner, Threads, Fails: as splice_file.
 */
#ifndef COMPRESSION_SPLICE_SPLICE_GZIP_H
#define COMPRESSION_SPLICE_SPLICE_GZIP_H

#include "compression/splice/splice.h"

/* False with GZIP_NATIVE=0: zlib's decoder does not report positions within a block. */
bool splice_gzip_is_built(void);
bool splice_gzip(const splice_request *r, err *e) MUST_USE;

bool splice_range_check(splice_range before, splice_range next, err *e) MUST_USE;
bool splice_range_beyond(err *e);                                /* sets the error */
bool splice_ranges_end(const splice_ranges *r, err *e) MUST_USE; /* no range is left */

#endif
