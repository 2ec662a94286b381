/* xz (the .xz file format 1.2) decoder on liblzma: streams, padding, blocks, every check type.
 *
 * part           bytes                next
 * STREAM_HEADER  12                   HEADER_SIZE
 * HEADER_SIZE    1                    0: wait for all blocks; INDEX. Else BLOCK_HEADER
 * BLOCK_HEADER   given by its size    BLOCK, or GATHER if helpers are to decode it
 * BLOCK          decoded by liblzma   HEADER_SIZE
 * GATHER         given by the header  the block is submitted to a helper; HEADER_SIZE
 * INDEX          decoded by liblzma   FOOTER
 * FOOTER         12                   the end of the stream
 *
 * A block is gathered if its header contains its sizes (xz -T writes them), there are helpers, and
 * the memory limit allows it in addition to the blocks in progress; else it is decoded as it
 * arrives.
 */
#include "base/util.h"
#include "compression/xz/xz.h"
#include "compression/xz/xz_block.h"

#include <inttypes.h>

#define SMALL_BYTES LZMA_BLOCK_HEADER_SIZE_MAX
#define SLOTS_MAX   (HELPERS_MAX + 2)

head_match xz_match(slice head)
{
    return head_match_magic(head, SLICE_LIT("\xfd"
                                            "7zXZ\0"));
}

/* For files of xz -6: a dictionary of 8 MiB; with helpers, blocks of 24 MiB and their
 * compressed data. */
uint64_t xz_decoder_memory(unsigned threads)
{
    return threads == 0 ? (uint64_t)10 << 20 : (uint64_t)44 * (threads + 1) << 20;
}

typedef enum xz_stream_part {
    STREAM_HEADER,
    HEADER_SIZE,
    BLOCK_HEADER,
    BLOCK,
    GATHER,
    INDEX,
    FOOTER,
} xz_stream_part;

typedef struct xz_decoder {
    decoder base;
    helpers *helpers;
    xz_stream_part part;
    uint64_t part_offset; /* raw offset of the part's first byte */
    uint8_t small[SMALL_BYTES];
    size_t small_len;
    lzma_stream_flags flags;
    lzma_index_hash *index;

    xz_block blocks[SLOTS_MAX]; /* a ring, in order; the last one may be incomplete */
    unsigned slots, first, count;
    uint64_t needs[SLOTS_MAX], memory_in_use; /* of the blocks in the ring */
} xz_decoder;

static void enter(xz_decoder *x, xz_stream_part part)
{
    x->part = part;
    x->part_offset = x->base.raw_bytes;
    x->small_len = 0;
}

static bool fail(const xz_decoder *x, const char *cause, err *e)
{
    return decoder_fail(&x->base, ERR_CODEC_CORRUPT, x->part_offset, cause, e);
}

static bool fail_options(const xz_decoder *x, uint64_t raw_offset, err *e)
{
    return decoder_fail(&x->base, ERR_CODEC_UNSUPPORTED, raw_offset,
                        "a header has options or filters that liblzma does not support", e);
}

/* ---- blocks ---- */

static xz_block *last_block(xz_decoder *x)
{
    return &x->blocks[(x->first + x->count - 1) % x->slots];
}

static bool emit(xz_decoder *x, const char *text, size_t len, err *e)
{
    x->base.decoded_bytes += len;
    return len == 0 || stage_feed(x->base.stage.next, (slice){.data = text, .len = len}, e);
}

static bool fail_block(const xz_decoder *x, const xz_block *b, err *e)
{
    if (b->result == XZ_MEMORY)
        return decoder_fail_memory(&x->base, lzma_raw_decoder_memusage(b->filters), b->part_offset,
                                   e);
    if (b->result == XZ_FILTERS)
        return fail_options(x, b->part_offset, e);
    return decoder_fail(&x->base, ERR_CODEC_CORRUPT, b->part_offset, b->cause, e);
}

/* The first block has ended: adds its sizes to the index and releases its memory. */
static bool settle_first(xz_decoder *x, err *e)
{
    xz_block *b = &x->blocks[x->first];
    lzma_ret result = lzma_index_hash_append(x->index, lzma_block_unpadded_size(&b->block),
                                             b->block.uncompressed_size);
    if (result == LZMA_MEM_ERROR)
        util_out_of_memory(0);
    if (result != LZMA_OK)
        return decoder_fail(&x->base, ERR_CODEC_CORRUPT, b->part_offset,
                            "a block exceeds the size limit", e);
    x->memory_in_use -= x->needs[x->first];
    xz_block_drop(b);
    x->first = (x->first + 1) % x->slots;
    x->count--;
    return true;
}

/* Waits for the first block, which a helper decodes, and passes it on. */
static bool take_first(xz_decoder *x, err *e)
{
    xz_block *b = &x->blocks[x->first];
    helpers_wait(x->helpers, &b->job);
    if (!emit(x, b->out, b->out_len, e))
        return false;
    return b->result == XZ_END ? settle_first(x, e) : fail_block(x, b, e);
}

static bool take_until(xz_decoder *x, unsigned count, err *e)
{
    while (x->count > count)
        if (!take_first(x, e))
            return false;
    return true;
}

/* Whether the ring and the memory limit allow one more block. */
static bool fits(const xz_decoder *x, uint64_t need)
{
    return x->count < x->slots && x->memory_in_use + need <= x->base.options.memory_bytes;
}

static bool make_room(xz_decoder *x, uint64_t need, err *e)
{
    while (x->count > 0 && !fits(x, need))
        if (!take_first(x, e))
            return false;
    return true;
}

/* Memory for a block that is gathered; 0 if it cannot be. The limit must allow two of them. */
static uint64_t gather_need(const xz_decoder *x, const xz_block *b, uint64_t decoder_bytes)
{
    uint64_t raw = xz_block_raw_bytes(b), out = xz_block_out_bytes(b);
    uint64_t limit = x->base.options.memory_bytes / 2;
    if (x->base.options.threads == 0 || raw == 0 || raw > limit || out > limit)
        return 0;
    uint64_t need = raw + out + decoder_bytes;
    return need <= limit ? need : 0;
}

/* Decodes the available bytes of the last block, the only one that no helper has. */
static bool take_block(xz_decoder *x, slice *data, err *e)
{
    xz_block *b = last_block(x);
    size_t before = data->len, len;
    xz_result result;
    do {
        result = b->result == XZ_INPUT || b->result == XZ_OUTPUT
                     ? xz_block_run(b, data, x->base.out, CODER_OUT_BYTES, &len)
                     : (len = 0, b->result);
        x->base.raw_bytes += before - data->len;
        before = data->len;
        if (!emit(x, x->base.out, len, e))
            return false;
    } while (result == XZ_OUTPUT);
    if (result == XZ_INPUT)
        return true;
    if (result != XZ_END)
        return fail_block(x, b, e);
    if (!settle_first(x, e))
        return false;
    enter(x, HEADER_SIZE);
    return true;
}

static bool gather_block(xz_decoder *x, slice *data, err *e)
{
    xz_block *b = last_block(x);
    size_t before = data->len;
    bool whole = xz_block_gather(b, data);
    x->base.raw_bytes += before - data->len;
    if (whole) {
        helpers_submit(x->helpers, &b->job);
        enter(x, HEADER_SIZE);
    }
    while (x->count > 1 && helpers_done(x->helpers, &x->blocks[x->first].job))
        if (!take_first(x, e))
            return false;
    return true;
}

/* ---- headers, index, footer ---- */

/* Consumes bytes into `small`; true when it holds `need` bytes. */
static bool gather(xz_decoder *x, slice *data, size_t need)
{
    size_t len = MIN(data->len, need - x->small_len);
    memcpy(x->small + x->small_len, data->data, len);
    x->small_len += len;
    decoder_take(&x->base, data, len);
    return x->small_len == need;
}

static void note_check(xz_decoder *x)
{
    static const unsigned seen[] = {[LZMA_CHECK_NONE] = CODEC_CHECK_NONE,
                                    [LZMA_CHECK_CRC32] = CODEC_CHECK_CRC32,
                                    [LZMA_CHECK_CRC64] = CODEC_CHECK_CRC64,
                                    [LZMA_CHECK_SHA256] = CODEC_CHECK_SHA256};
    if (x->flags.check < ARRAY_LEN(seen))
        x->base.checksums |= seen[x->flags.check];
}

static bool take_stream_header(xz_decoder *x, slice *data, err *e)
{
    if (!gather(x, data, LZMA_STREAM_HEADER_SIZE))
        return true;
    lzma_ret result = lzma_stream_header_decode(&x->flags, x->small);
    if (result == LZMA_OPTIONS_ERROR)
        return fail_options(x, x->part_offset, e);
    if (result != LZMA_OK)
        return fail(x, "the stream header is damaged", e);
    if (!lzma_check_is_supported(x->flags.check)) {
        char cause[64];
        snprintf(cause, sizeof cause, "check type %d is unknown", (int)x->flags.check);
        return decoder_fail(&x->base, ERR_CODEC_UNSUPPORTED, x->part_offset, cause, e);
    }
    x->index = lzma_index_hash_init(x->index, NULL);
    if (!x->index)
        util_out_of_memory(0);
    enter(x, HEADER_SIZE);
    return true;
}

static bool take_header_size(xz_decoder *x, slice *data, err *e)
{
    if (*data->data != 0) {
        x->part = BLOCK_HEADER;
        return true;
    }
    x->part = INDEX; /* this is its first byte */
    return take_until(x, 0, e);
}

static lzma_ret read_block_header(const xz_decoder *x, xz_block *b)
{
    b->block = (lzma_block){
        .check = x->flags.check,
        .filters = b->filters,
        .header_size = lzma_block_header_size_decode(x->small[0]),
    };
    lzma_ret result = lzma_block_header_decode(&b->block, NULL, x->small);
    if (result != LZMA_OK)
        b->filters[0].id = LZMA_VLI_UNKNOWN; /* liblzma has freed the partly read filters */
    else if (lzma_raw_decoder_memusage(b->filters) == UINT64_MAX)
        result = LZMA_OPTIONS_ERROR;
    return result;
}

/* Pending blocks, and their faults, precede this fault. */
static bool refuse_block(xz_decoder *x, lzma_ret result, uint64_t decoder_bytes, err *e)
{
    if (!take_until(x, 0, e))
        return false;
    if (result == LZMA_OK)
        return decoder_admit(&x->base, decoder_bytes, x->part_offset, "a block", e);
    if (result == LZMA_MEM_ERROR)
        util_out_of_memory(0);
    if (result == LZMA_OPTIONS_ERROR)
        return fail_options(x, x->part_offset, e);
    return fail(x, "a block header is damaged", e);
}

/* Puts a block into the ring after its header was read. */
static void place_block(xz_decoder *x, const xz_block *header, uint64_t gather_bytes)
{
    unsigned slot = (x->first + x->count++) % x->slots;
    xz_block *b = &x->blocks[slot];
    memcpy(b->filters, header->filters, sizeof b->filters);
    b->block = header->block;
    b->block.filters = b->filters;
    x->needs[slot] = gather_bytes;
    x->memory_in_use += gather_bytes;
    xz_block_start(b, x->base.raw_bytes);
    if (gather_bytes > 0)
        xz_block_gather_start(b);
    enter(x, gather_bytes > 0 ? GATHER : BLOCK);
}

static bool begin_block(xz_decoder *x, xz_block *header, err *e)
{
    lzma_ret result = read_block_header(x, header);
    uint64_t decoder_bytes = result == LZMA_OK ? lzma_raw_decoder_memusage(header->filters) : 0;
    if (result != LZMA_OK || decoder_bytes > x->base.options.memory_bytes)
        return refuse_block(x, result, decoder_bytes, e);
    uint64_t gather_bytes = gather_need(x, header, decoder_bytes);
    if (!(gather_bytes > 0 ? make_room(x, gather_bytes, e) : take_until(x, 0, e)))
        return false;
    place_block(x, header, gather_bytes);
    return true;
}

static bool take_block_header(xz_decoder *x, slice *data, err *e)
{
    if (x->small_len == 0)
        gather(x, data, 1);
    if (data->len == 0 || !gather(x, data, lzma_block_header_size_decode(x->small[0])))
        return true;
    xz_block header = {.filters[0].id = LZMA_VLI_UNKNOWN};
    if (begin_block(x, &header, e))
        return true;
    xz_filters_free(header.filters);
    return false;
}

static bool take_index(xz_decoder *x, slice *data, err *e)
{
    size_t used = 0;
    lzma_ret result =
        lzma_index_hash_decode(x->index, (const uint8_t *)data->data, &used, data->len);
    decoder_take(&x->base, data, used);
    if (result == LZMA_STREAM_END)
        enter(x, FOOTER);
    else if (result != LZMA_OK)
        return fail(x, "the index is damaged", e);
    return true;
}

static bool take_footer(xz_decoder *x, slice *data, bool *ended, err *e)
{
    if (!gather(x, data, LZMA_STREAM_HEADER_SIZE))
        return true;
    lzma_stream_flags footer;
    if (lzma_stream_footer_decode(&footer, x->small) != LZMA_OK ||
        footer.backward_size != lzma_index_hash_size(x->index) ||
        lzma_stream_flags_compare(&x->flags, &footer) != LZMA_OK)
        return fail(x, "the footer is damaged", e);
    note_check(x);
    *ended = true;
    return true;
}

/* ---- the decoder ---- */

static bool decode_part(xz_decoder *x, slice *data, bool *ended, err *e)
{
    switch (x->part) {
    case STREAM_HEADER:
        return take_stream_header(x, data, e);
    case HEADER_SIZE:
        return take_header_size(x, data, e);
    case BLOCK_HEADER:
        return take_block_header(x, data, e);
    case BLOCK:
        return take_block(x, data, e);
    case GATHER:
        return gather_block(x, data, e);
    case INDEX:
        return take_index(x, data, e);
    default:
        return take_footer(x, data, ended, e);
    }
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    while (data->len > 0 && !*ended)
        if (!decode_part((xz_decoder *)d, data, ended, e))
            return false;
    return true;
}

static bool decode_start(decoder *d, err *e)
{
    UNUSED(e);
    enter((xz_decoder *)d, STREAM_HEADER);
    return true;
}

/* The input ends within the stream: passes on complete blocks, and the decoded part
 * of the last one. */
static bool decode_end(decoder *d, err *e)
{
    xz_decoder *x = (xz_decoder *)d;
    if (x->part != GATHER)
        return x->part == BLOCK || take_until(x, 0, e);
    xz_block *b = last_block(x);
    if (!take_until(x, 1, e))
        return false;
    b->job.run(&b->job);
    return emit(x, b->out, b->out_len, e) && (b->result == XZ_INPUT || fail_block(x, b, e));
}

static void decode_free(decoder *d)
{
    xz_decoder *x = (xz_decoder *)d;
    helpers_free(x->helpers);
    for (unsigned i = 0; i < x->slots; i++)
        xz_block_deinit(&x->blocks[i]);
    lzma_index_hash_end(x->index, NULL);
    decoder_deinit(d);
    free(x);
}

static const decoder_ops xz_decoder_ops = {
    .name = "xz",
    .member = "xz stream",
    .padding_unit = 4,
    .members_after_padding = true,
    .match = xz_match,
    .start = decode_start,
    .body = decode_body,
    .end = decode_end,
    .free = decode_free,
};

stage *xz_decoder_new(const codec_options *options, stage *next, err *e)
{
    UNUSED(e); /* liblzma is initialised for each block */
    xz_decoder *x = xcalloc(1, sizeof *x);
    decoder_init(&x->base, &xz_decoder_ops, options, next);
    unsigned threads = MIN(options->threads, (unsigned)HELPERS_MAX);
    x->helpers = helpers_new(threads);
    x->slots = threads + 2;
    for (unsigned i = 0; i < x->slots; i++)
        xz_block_init(&x->blocks[i]);
    return &x->base.stage;
}
