/* One block of an .xz stream: data, padding and check, decoded by liblzma's block decoder.
 *
 * What:    liblzma gets one part at a time: in a damaged chunk it would read beyond the chunk's
 *          end, and its output would depend on the split of the input. A block whose header
 *          contains its sizes can be gathered and decoded by a helper.
 * Owner:   xz_block_init / _deinit, embedded; filters belong to the block.
 * Threads: a helper's from submission until it is done, else the decoder's.
 * Fails:   by its result, `cause`, and `part_offset`, the raw offset of the damaged part.
 */
#ifndef COMPRESSION_XZ_XZ_BLOCK_H
#define COMPRESSION_XZ_XZ_BLOCK_H

#include "compression/stream/helpers.h"
#include "compression/xz/xz_parts.h"

#include <lzma.h>

typedef enum xz_result {
    XZ_INPUT,  /* needs more input */
    XZ_OUTPUT, /* the output buffer is full: call again */
    XZ_END,
    XZ_DAMAGED,
    XZ_FILTERS, /* options that liblzma does not support */
    XZ_MEMORY,  /* malloc failed */
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

    /* for a gathered block */
    char *raw, *out;
    size_t raw_len, raw_bytes; /* gathered; total */
    size_t out_len, out_bytes;
} xz_block;

void xz_block_init(xz_block *b);
void xz_block_deinit(xz_block *b);
void xz_filters_free(lzma_filter *filters);
void xz_block_drop(xz_block *b); /* frees gathered data and filters */

/* Call after the header was read, with b->block and b->filters set. */
void xz_block_start(xz_block *b, uint64_t raw_offset);
/* Decodes from *data, which it advances, into out; *out_len is the size of the output. */
xz_result xz_block_run(xz_block *b, slice *data, char *out, size_t out_size, size_t *out_len);

/* Compressed bytes after the header, and their decoded size, if the header contains them; else
 * 0. */
uint64_t xz_block_raw_bytes(const xz_block *b);
uint64_t xz_block_out_bytes(const xz_block *b);
void xz_block_gather_start(xz_block *b);
bool xz_block_gather(xz_block *b, slice *data); /* true: complete, ready to be submitted */

#endif
