/* The bits of a bzip2 stream: highest bit of each byte first, blocks start at any bit.
 *
 * What:    reading, shifting to a byte boundary, and the search for the 48-bit marks before blocks
 *          and before the end of the stream. The same bits may occur by chance within a block.
 * Owner:   bytes are borrowed; positions are bits from their start. Threads: any. Fails: never.
 */
#ifndef COMPRESSION_BZIP2_BZIP2_BITS_H
#define COMPRESSION_BZIP2_BZIP2_BITS_H

#include "decon/base/buf.h"

#define BZIP2_MARK_BITS  48u
#define BZIP2_BLOCK_MARK 0x314159265359ull /* pi */
#define BZIP2_END_MARK   0x177245385090ull /* its square root */

/* Reads `count` (at most 48) bits, which must exist. */
uint64_t bzip2_bits_read(slice bytes, uint64_t at, unsigned count);
/* Copies the bits [from, to) to a byte boundary; the last byte is padded with zeros. */
size_t bzip2_bits_copy(slice bytes, uint64_t from, uint64_t to, unsigned char *out);
/* Position of the first complete mark of either kind at or after `from`; UINT64_MAX
 * if there is none. */
uint64_t bzip2_bits_find_mark(slice bytes, uint64_t from);

#endif
