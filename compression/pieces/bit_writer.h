/* Writes a stream of bits to a file: lowest bit of each byte first, as in DEFLATE.
 *
 * What:    writes bits, bytes at any bit position, and ranges of bits of another file. If `held` is
 *          set, bytes are stored there, so that earlier ones can still be changed; when it is full,
 *          they are written to the file and `held` becomes NULL.
 * Owner:   bit_writer_init / _deinit; the file remains the caller's.
 * Threads: one at a time.
 * Fails:   if a write fails.
 */
#ifndef COMPRESSION_PIECES_BIT_WRITER_H
#define COMPRESSION_PIECES_BIT_WRITER_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#define BIT_WRITER_BYTES ((size_t)64 * 1024)
#define BIT_NONE         UINT64_MAX

typedef struct bit_writer {
    int fd;
    unsigned bits, count; /* of the incomplete byte; 0 to 7 */
    size_t len;           /* of `bytes` */
    buf *held;            /* NULL: bytes go to the file */
    unsigned char bytes[BIT_WRITER_BYTES];
} bit_writer;

bool bits_put(bit_writer *w, unsigned value, unsigned count, err *e) MUST_USE; /* up to 16 */
bool bits_put_bytes(bit_writer *w, slice bytes, err *e) MUST_USE;
bool bits_pad(bit_writer *w, err *e) MUST_USE; /* zeros up to the next byte */
/* Copies bits [from, to) of the file `in`; the bit at `cleared`, if it is in that
 * range, becomes 0. */
bool bits_copy(bit_writer *w, int in, uint64_t from, uint64_t to, uint64_t cleared, err *e)
    MUST_USE;
bool bits_flush(bit_writer *w, err *e) MUST_USE; /* whole bytes */

#endif
