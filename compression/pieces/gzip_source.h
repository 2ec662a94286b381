/* Reads a gzip file for the splicer: bytes in order, and headers of members.
 *
 * What:    bytes with their offset in the file, and the parts of a header that depend on the data
 *          after it: the block size of bgzip, and whether the header has a checksum.
 * Owner:   embedded; the descriptor remains the caller's.
 * Threads: one at a time.
 * Fails:   ERR_IO; ERR_CODEC_EARLY_END; ERR_CODEC_CORRUPT where a member is expected.
 * Sources: RFC 1952; the SAM specification, section 4.1 (BGZF).
 */
#ifndef COMPRESSION_PIECES_GZIP_SOURCE_H
#define COMPRESSION_PIECES_GZIP_SOURCE_H

#include "decon/base/buf.h"
#include "decon/base/err.h"

#define GZIP_SOURCE_BYTES ((size_t)256 * 1024)

typedef struct gzip_source {
    int in;
    uint64_t size, read; /* bytes of the file; bytes read so far */
    slice rest;          /* of `bytes`, not consumed yet */
    char bytes[GZIP_SOURCE_BYTES];
} gzip_source;

typedef struct gzip_header {
    uint64_t len;        /* bytes */
    unsigned block_size; /* offset of bgzip's block size in the header; 0: not present */
    bool has_crc;        /* in its last two bytes */
    bool is_best;        /* the header's XFL says "maximum compression" */
} gzip_header;

static inline uint64_t gzip_source_at(const gzip_source *s) /* offset of the next byte */
{
    return s->read - s->rest.len;
}
bool gzip_source_ends(const gzip_source *s);
bool gzip_source_fill(gzip_source *s, err *e)
    MUST_USE; /* at the end of the file: ERR_CODEC_EARLY_END */
bool gzip_source_take(gzip_source *s, void *bytes, size_t len, err *e) MUST_USE;
/* *is_member false: the rest of the file is padding. */
bool gzip_source_header(gzip_source *s, gzip_header *h, bool *is_member, err *e) MUST_USE;

#endif
