/* One block of an .xz stream: its data, padding and check, by liblzma's block decoder.
 *
 * What:    liblzma is given one part at a time: in a damaged chunk it reads on beyond the chunk's end
 *          as far as it was given bytes, so that what it hands out would depend on the split of the
 *          input. A block whose header tells its sizes can be gathered and decoded by a helper.
 * Owner:   xz_block_init / _deinit, embedded; filters belong to the block.
 * Threads: a helper's from submission until it is done, else the decoder's.
 * Fails:   by its result; then `cause`, and `part_offset`, the raw offset of the part at fault.
 */
#ifndef COMPRESSION_XZ_XZ_BLOCK_H
#define COMPRESSION_XZ_XZ_BLOCK_H

#include "compression/stream/helpers.h"
#include "compression/xz/xz_parts.h"

#include <lzma.h>

typedef enum xz_result {
    XZ_INPUT,  /* the block goes on */
    XZ_OUTPUT, /* the room for output is full: call again */
    XZ_END,
    XZ_DAMAGED,
    XZ_FILTERS, /* options that liblzma does not know */
    XZ_MEMORY,  /* malloc has none */
} xz_result;

typedef struct xz_block {
    helper_job job; /* first */
    lzma_stream lzma;
    lzma_block block;
    lzma_filter filters[LZMA_FILTERS_MAX + 1];
    xz_parts parts;
    uint64_t raw_offset; /* of the next byte */
    uint64_t part_offset;
    xz_result result;
    const char *cause;

    /* of a block that is gathered */
    char *raw, *out;
    size_t raw_len, raw_bytes; /* so far; in all */
    size_t out_len, out_bytes;
} xz_block;

void xz_block_init(xz_block *b);
void xz_block_deinit(xz_block *b);
void xz_filters_free(lzma_filter *filters);
void xz_block_drop(xz_block *b); /* what it has gathered, and its filters */

/* Behind the header, with b->block and b->filters filled in. */
void xz_block_start(xz_block *b, uint64_t raw_offset);
/* Decodes from *data, which it advances, into out; *out_len is what came out. */
xz_result xz_block_run(xz_block *b, slice *data, char *out, size_t out_size, size_t *out_len);

/* Bytes behind the header, where the header tells; else 0. And of what comes out of them. */
uint64_t xz_block_raw_bytes(const xz_block *b);
uint64_t xz_block_out_bytes(const xz_block *b);
void xz_block_gather_start(xz_block *b);
bool xz_block_gather(xz_block *b, slice *data); /* true: it is whole, and may be submitted */

#endif
