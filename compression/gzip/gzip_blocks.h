/* Builds one gzip member from blocks that are compressed independently, on any thread.
 *
 * What:    each block becomes a piece of a DEFLATE stream that ends at a byte boundary and does not
 *          refer to earlier pieces; the pieces between the member's header and trailer are one gzip
 *          member. The file becomes about 1 % larger.
 * Owner:   gzip_deflater_new / _free; output goes to the caller's buf.
 * Threads: a gzip_deflater and a gzip_member belong to one thread at a time.
 * Fails:   if `out` is full: out->overflow.
 * Sources: RFC 1951, RFC 1952.
 */
#ifndef COMPRESSION_GZIP_GZIP_BLOCKS_H
#define COMPRESSION_GZIP_GZIP_BLOCKS_H

#include "decon/base/buf.h"
#include "base/util.h"

typedef struct gzip_deflater gzip_deflater;

gzip_deflater *gzip_deflater_new(int level) MUST_USE;
void gzip_deflater_free(gzip_deflater *d); /* NULL is allowed */
DEFINE_AUTO_PTR(gzip_deflater, gzip_deflater_free)

/* A block's contribution to the trailer. */
typedef struct gzip_block {
    uint32_t crc;
    size_t len; /* bytes of text */
} gzip_block;

/* Appends the compressed `text` to `out`. */
gzip_block gzip_deflate_block(gzip_deflater *d, slice text, buf *out);

typedef struct gzip_member {
    uint32_t crc;
    uint64_t len;
} gzip_member;

void gzip_member_begin(gzip_member *m, buf *out); /* appends the header */
void gzip_member_add(gzip_member *m, const gzip_block *block);
void gzip_member_end(const gzip_member *m, buf *out); /* appends the trailer */

#endif
