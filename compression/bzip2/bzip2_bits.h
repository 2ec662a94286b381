/* The bits of a bzip2 stream: highest bit of each byte first, blocks at any bit.
 *
 * What:    reading, shifting to a byte boundary, and the search for the 48-bit marks in front of
 *          blocks and of the stream's end. A mark may also come about by chance within a block.
 * Owner:   bytes are borrowed; positions are bits from their start. Threads: any. Fails: never.
 */
#ifndef COMPRESSION_BZIP2_BZIP2_BITS_H
#define COMPRESSION_BZIP2_BZIP2_BITS_H

#include "decon/base/buf.h"

#define BZIP2_MARK_BITS  48u
#define BZIP2_BLOCK_MARK 0x314159265359ull /* pi */
#define BZIP2_END_MARK   0x177245385090ull /* its square root */

/* `count` (up to 48) bits, all of which are there. */
uint64_t bzip2_bits_read(slice bytes, uint64_t at, unsigned count);
/* Writes the bits of [from, to) from a byte boundary on, the last byte filled up with zeros. */
size_t bzip2_bits_copy(slice bytes, uint64_t from, uint64_t to, unsigned char *out);
/* The first mark of either kind that begins at `from` or later and is whole; else UINT64_MAX. */
uint64_t bzip2_bits_find_mark(slice bytes, uint64_t from);

#endif
