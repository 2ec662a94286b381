/* Splices gzip.
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

#endif
