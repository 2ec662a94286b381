/* Writes a bzip2 stream to a file: highest bit of each byte first, blocks start at any bit.
 *
 * What:    writes numbers, and ranges of bits of memory or of another file.
 * Owner:   embedded, zeroed except for `fd`, which remains the caller's.
 * Threads: one at a time.
 * Fails:   if a write fails, or reading the other file.
 */
#ifndef COMPRESSION_PIECES_BZIP2_WRITER_H
#define COMPRESSION_PIECES_BZIP2_WRITER_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

#define BZIP2_WRITER_BYTES ((size_t)64 * 1024)

typedef struct bzip2_writer {
    int fd;
    unsigned count; /* bits of the incomplete byte: 0 to 7 */
    uint64_t bits;  /* these; the last one is the lowest */
    size_t len;     /* of `bytes` */
    unsigned char bytes[BZIP2_WRITER_BYTES];
} bzip2_writer;

/* The lowest `count` (at most 32) bits of `value`. */
bool bzip2_put(bzip2_writer *w, uint64_t value, unsigned count, err *e) MUST_USE;
/* Bits [from, to) of `bytes`. */
bool bzip2_put_bits(bzip2_writer *w, slice bytes, uint64_t from, uint64_t to, err *e) MUST_USE;
/* Bits [from, to) of the file `in`. */
bool bzip2_copy(bzip2_writer *w, int in, uint64_t from, uint64_t to, err *e) MUST_USE;
bool bzip2_pad(bzip2_writer *w, err *e) MUST_USE;   /* zeros up to the next byte */
bool bzip2_flush(bzip2_writer *w, err *e) MUST_USE; /* whole bytes */

#endif
