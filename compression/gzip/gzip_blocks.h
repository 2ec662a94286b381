/* One gzip member from blocks that are compressed by themselves, on any thread.
 *
 * What:    each block becomes a piece of a deflate stream that ends at a byte and needs nothing of
 *          the pieces before it; laid in a row between the member's head and tail they are one
 *          gzip member. Costs about one part in a hundred of the size.
 * Owner:   gzip_deflater_new / _free; output goes to the caller's buf.
 * Threads: a gzip_deflater, and a gzip_member, belong to one thread at a time.
 * Fails:   `out` that is full: out->overflow.
 * Sources: RFC 1951, RFC 1952.
 */
#ifndef COMPRESSION_GZIP_GZIP_BLOCKS_H
#define COMPRESSION_GZIP_GZIP_BLOCKS_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct gzip_deflater gzip_deflater;

gzip_deflater *gzip_deflater_new(int level) MUST_USE;
void gzip_deflater_free(gzip_deflater *d); /* NULL is fine */
DEFINE_AUTO_PTR(gzip_deflater, gzip_deflater_free)

/* What a block adds to the member. */
typedef struct gzip_block {
    uint32_t crc;
    size_t len; /* bytes of text */
} gzip_block;

/* Appends the piece for `text` to `out`. */
gzip_block gzip_deflate_block(gzip_deflater *d, slice text, buf *out);

typedef struct gzip_member {
    uint32_t crc;
    uint64_t len;
} gzip_member;

void gzip_member_begin(gzip_member *m, buf *out); /* appends the head */
void gzip_member_add(gzip_member *m, const gzip_block *block);
void gzip_member_end(const gzip_member *m, buf *out); /* appends the tail */

#endif
