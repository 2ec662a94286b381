#include "base/util.h"
#include "compression/xz/xz_block.h"

#include <string.h>

#define OUT_SLACK 64 /* space to detect that a block decodes to more than its header says */

static xz_result fault(xz_block *b, lzma_ret result)
{
    b->cause = xz_parts_name(&b->parts);
    switch (result) {
    case LZMA_MEM_ERROR:
        return b->result = XZ_MEMORY;
    case LZMA_OPTIONS_ERROR:
        return b->result = XZ_FILTERS;
    default:
        return b->result = XZ_DAMAGED;
    }
}

/* Decodes the available bytes of one part. */
static xz_result run_part(xz_block *b, slice *data, char *out, size_t out_size, size_t *out_len)
{
    if (xz_parts_at_start(&b->parts))
        b->part_offset = b->raw_offset;
    slice piece = {.data = data->data, .len = xz_parts_piece(&b->parts, *data)};
    b->lzma.next_in = (const uint8_t *)piece.data;
    b->lzma.avail_in = piece.len;
    b->lzma.next_out = (uint8_t *)out + *out_len;
    b->lzma.avail_out = out_size - *out_len;
    lzma_ret result;
    do
        result = lzma_code(&b->lzma, LZMA_RUN);
    while (result == LZMA_OK && b->lzma.avail_in > 0 && b->lzma.avail_out > 0);
    *out_len = out_size - b->lzma.avail_out;
    piece.len -= b->lzma.avail_in;
    data->data += piece.len;
    data->len -= piece.len;
    b->raw_offset += piece.len;
    if (result == LZMA_STREAM_END)
        return b->result = XZ_END;
    if (result != LZMA_OK && result != LZMA_BUF_ERROR) /* LZMA_BUF_ERROR: no progress without
                                                          more input */
        return fault(b, result);
    xz_parts_pass(&b->parts, piece);
    return b->lzma.avail_out == 0 ? XZ_OUTPUT : XZ_INPUT;
}

xz_result xz_block_run(xz_block *b, slice *data, char *out, size_t out_size, size_t *out_len)
{
    *out_len = 0;
    do
        b->result = run_part(b, data, out, out_size, out_len);
    while (b->result == XZ_INPUT && data->len > 0);
    return b->result;
}

static void run(helper_job *job)
{
    xz_block *b = (xz_block *)job;
    slice data = {.data = b->raw, .len = b->raw_len};
    xz_block_run(b, &data, b->out, b->out_bytes, &b->out_len);
}

void xz_block_init(xz_block *b)
{
    *b = (xz_block){.job.run = run, .lzma = LZMA_STREAM_INIT};
    b->filters[0].id = LZMA_VLI_UNKNOWN;
}

void xz_filters_free(lzma_filter *filters)
{
    for (; filters->id != LZMA_VLI_UNKNOWN; filters++) {
        free(filters->options);
        *filters = (lzma_filter){.id = LZMA_VLI_UNKNOWN};
    }
}

void xz_block_drop(xz_block *b)
{
    xz_filters_free(b->filters);
    free(move(b->raw));
    free(move(b->out));
    b->raw_len = b->raw_bytes = b->out_len = b->out_bytes = 0;
}

void xz_block_deinit(xz_block *b)
{
    lzma_end(&b->lzma);
    xz_block_drop(b);
}

void xz_block_start(xz_block *b, uint64_t raw_offset)
{
    xz_parts_start(&b->parts, lzma_check_size(b->block.check));
    b->raw_offset = b->part_offset = raw_offset;
    b->result = XZ_INPUT;
    lzma_ret result = lzma_block_decoder(&b->lzma, &b->block);
    if (result != LZMA_OK)
        fault(b, result);
}

uint64_t xz_block_raw_bytes(const xz_block *b)
{
    lzma_vli total = lzma_block_total_size(&b->block);
    bool known = total != 0 && total != LZMA_VLI_UNKNOWN;
    return known && b->block.uncompressed_size != LZMA_VLI_UNKNOWN ? total - b->block.header_size
                                                                   : 0;
}

uint64_t xz_block_out_bytes(const xz_block *b)
{
    return b->block.uncompressed_size;
}

void xz_block_gather_start(xz_block *b)
{
    b->raw_bytes = (size_t)xz_block_raw_bytes(b);
    b->out_bytes = (size_t)xz_block_out_bytes(b) + OUT_SLACK;
    b->raw = xcalloc(1, b->raw_bytes);
    b->out = xcalloc(1, b->out_bytes);
}

bool xz_block_gather(xz_block *b, slice *data)
{
    size_t len = MIN(data->len, b->raw_bytes - b->raw_len);
    memcpy(b->raw + b->raw_len, data->data, len);
    b->raw_len += len;
    data->data += len;
    data->len -= len;
    return b->raw_len == b->raw_bytes;
}
