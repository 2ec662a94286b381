#include "base/util.h"
#include "compression/splice/splice_xz.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "compression/pieces/file_copy.h"
#include "compression/splice/splice_range.h"
#include "compression/pieces/xz_index.h"

#define LEVEL           6u
#define DICTIONARY_MOST ((uint32_t)64 << 20)
#define IN_BYTES        ((size_t)128 * 1024)
#define OUT_BYTES       ((size_t)256 * 1024)

typedef struct xz_splicer {
    const splice_request *r;
    splice_cursor removed;
    uint64_t out_from; /* offset of `out` at the begin */
    uint64_t out_bytes;
    lzma_index *written; /* of the stream that is being written */
    lzma_stream_flags flags;
    uint64_t padding; /* after this stream */
    bool in_stream;

    lzma_stream decoder, encoder;
    uint8_t in[IN_BYTES], text[OUT_BYTES], out[OUT_BYTES];
} xz_splicer;

static bool write_out(xz_splicer *s, const void *bytes, size_t len, err *e)
{
    s->out_bytes += len;
    return fs_write_all(s->r->out, bytes, len, e);
}

/* ---- streams ---- */

static bool begin_stream(xz_splicer *s, const lzma_index_iter *at, err *e)
{
    uint8_t header[LZMA_STREAM_HEADER_SIZE];
    s->flags = *at->stream.flags;
    s->padding = at->stream.padding;
    s->written = lzma_index_init(NULL);
    s->in_stream = true;
    lzma_ret status = s->written ? lzma_stream_header_encode(&s->flags, header) : LZMA_MEM_ERROR;
    return status == LZMA_OK ? write_out(s, header, sizeof header, e)
                             : xz_fail(status, "a stream cannot be written", e);
}

static bool write_index(xz_splicer *s, err *e)
{
    size_t len = 0, size = (size_t)lzma_index_size(s->written);
    AUTO_FREE uint8_t *bytes = xcalloc(1, size);
    lzma_ret status = lzma_index_buffer_encode(s->written, bytes, &len, size);
    return status == LZMA_OK ? write_out(s, bytes, len, e)
                             : xz_fail(status, "an index cannot be written", e);
}

static bool end_stream(xz_splicer *s, err *e)
{
    static const uint8_t zeros[4096];
    uint8_t footer[LZMA_STREAM_HEADER_SIZE];
    if (!s->in_stream)
        return true;
    s->in_stream = false;
    s->flags.backward_size = lzma_index_size(s->written);
    lzma_ret status = lzma_stream_footer_encode(&s->flags, footer);
    if (status != LZMA_OK)
        return xz_fail(status, "a stream cannot be written", e);
    bool ok = write_index(s, e) && write_out(s, footer, sizeof footer, e);
    for (uint64_t left = s->padding; ok && left > 0; left -= MIN(left, (uint64_t)sizeof zeros))
        ok = write_out(s, zeros, (size_t)MIN(left, (uint64_t)sizeof zeros), e);
    lzma_index_end(move(s->written), NULL);
    return ok;
}

static bool add_block(xz_splicer *s, uint64_t unpadded, uint64_t text_bytes, err *e)
{
    lzma_ret status = lzma_index_append(s->written, NULL, unpadded, text_bytes);
    return status == LZMA_OK || xz_fail(status, "a block cannot be added to the index", e);
}

/* ---- blocks ---- */

static bool copy_block(xz_splicer *s, const lzma_index_iter *at, err *e)
{
    uint64_t len = at->block.total_size;
    s->out_bytes += len;
    return file_copy(s->r->in, at->block.compressed_file_offset, len, s->r->out, e) &&
           add_block(s, at->block.unpadded_size, at->block.uncompressed_size, e);
}

static bool encode(xz_splicer *s, const uint8_t *text, size_t len, lzma_action action, err *e)
{
    lzma_stream *x = &s->encoder;
    lzma_ret status;
    x->next_in = text;
    x->avail_in = len;
    do {
        x->next_out = s->out;
        x->avail_out = OUT_BYTES;
        status = lzma_code(x, action);
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            return xz_fail(status, "the encoder fails", e);
        if (!write_out(s, s->out, OUT_BYTES - x->avail_out, e))
            return false;
    } while (action == LZMA_FINISH ? status != LZMA_STREAM_END : x->avail_in > 0);
    return true;
}

static bool keep(void *ctx, slice text, err *e)
{
    return encode(ctx, (const uint8_t *)text.data, text.len, LZMA_RUN, e);
}

static bool decode_part(xz_splicer *s, uint64_t *at, lzma_ret *status, err *e)
{
    lzma_stream *x = &s->decoder;
    do {
        x->next_out = s->text;
        x->avail_out = OUT_BYTES;
        *status = lzma_code(x, LZMA_RUN);
        if (*status != LZMA_OK && *status != LZMA_STREAM_END)
            return xz_fail(*status, "a block cannot be decoded", e);
        slice text = {.data = (const char *)s->text, .len = OUT_BYTES - x->avail_out};
        if (!splice_cursor_keep(&s->removed, text, *at, keep, s, e))
            return false;
        *at += text.len;
    } while (*status == LZMA_OK && (x->avail_in > 0 || x->avail_out == 0));
    return true;
}

/* Between the block's header and its end. */
static bool recode_data(xz_splicer *s, const lzma_index_iter *at, uint64_t from, err *e)
{
    uint64_t end = at->block.compressed_file_offset + at->block.total_size;
    uint64_t text = at->block.uncompressed_file_offset;
    lzma_ret status = LZMA_OK;
    while (status == LZMA_OK && from < end) {
        size_t len = (size_t)MIN(end - from, (uint64_t)IN_BYTES);
        s->decoder.next_in = s->in;
        s->decoder.avail_in = len;
        if (!file_read(s->r->in, from, s->in, len, e) || !decode_part(s, &text, &status, e))
            return false;
        from += len;
    }
    return status == LZMA_STREAM_END || xz_fail(LZMA_BUF_ERROR, "a block ends early", e);
}

static uint32_t dictionary_of(const lzma_filter *filters)
{
    for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
        if (filters[i].id == LZMA_FILTER_LZMA2)
            return MIN(((const lzma_options_lzma *)filters[i].options)->dict_size, DICTIONARY_MOST);
    return LZMA_DICT_SIZE_DEFAULT;
}

/* Reserves space for the header of the new block, with sizes if the input has them; the sizes are
 * filled in when they are known. */
static bool begin_block(xz_splicer *s, const lzma_block *from, lzma_block *to,
                        lzma_options_lzma *lzma, lzma_filter filters[2], err *e)
{
    uint8_t room[LZMA_BLOCK_HEADER_SIZE_MAX] = {0};
    bool sized = from->uncompressed_size != LZMA_VLI_UNKNOWN;
    if (lzma_lzma_preset(lzma, LEVEL))
        return xz_fail(LZMA_OPTIONS_ERROR, "the encoder fails", e);
    lzma->dict_size = MAX(dictionary_of(from->filters), (uint32_t)LZMA_DICT_SIZE_MIN);
    filters[0] = (lzma_filter){.id = LZMA_FILTER_LZMA2, .options = lzma};
    filters[1] = (lzma_filter){.id = LZMA_VLI_UNKNOWN};
    *to = (lzma_block){.version = 1, .check = s->flags.check, .filters = filters};
    /* Of the input's text; incompressible text grows by less than this. */
    to->uncompressed_size = sized ? from->uncompressed_size : LZMA_VLI_UNKNOWN;
    to->compressed_size = sized ? from->uncompressed_size * 2 + 1024 : LZMA_VLI_UNKNOWN;
    lzma_ret status = lzma_block_header_size(to);
    if (status == LZMA_OK)
        status = lzma_block_encoder(&s->encoder, to);
    return status == LZMA_OK ? write_out(s, room, to->header_size, e)
                             : xz_fail(status, "the encoder fails", e);
}

static bool end_block(xz_splicer *s, lzma_block *to, bool sized, uint64_t head_at, err *e)
{
    uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX];
    uint64_t unpadded, text_bytes = s->encoder.total_in;
    if (!encode(s, s->text, 0, LZMA_FINISH, e))
        return false;
    unpadded = lzma_block_unpadded_size(to);
    if (!sized)
        to->compressed_size = to->uncompressed_size = LZMA_VLI_UNKNOWN;
    lzma_ret status = lzma_block_header_encode(to, header);
    if (status != LZMA_OK)
        return xz_fail(status, "a block's header cannot be written", e);
    if (pwrite(s->r->out, header, to->header_size, (off_t)head_at) != (ssize_t)to->header_size)
        return err_set_errno(e, ERR_IO, errno, "cannot write the header of a block");
    return add_block(s, unpadded, text_bytes, e);
}

static bool read_header(const xz_splicer *s, const lzma_index_iter *at, lzma_block *from, err *e)
{
    uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX];
    uint64_t offset = at->block.compressed_file_offset;
    if (!file_read(s->r->in, offset, header, 1, e))
        return false;
    from->header_size = lzma_block_header_size_decode(header[0]);
    if (!file_read(s->r->in, offset, header, from->header_size, e))
        return false;
    lzma_ret status = lzma_block_header_decode(from, NULL, header);
    return status == LZMA_OK || xz_fail(status, "a block's header cannot be read", e);
}

static bool recode_block(xz_splicer *s, const lzma_index_iter *at, err *e)
{
    lzma_filter filters[LZMA_FILTERS_MAX + 1], own[2];
    lzma_options_lzma lzma;
    lzma_block from = {.version = 1, .check = s->flags.check, .filters = filters}, to;
    uint64_t head_at = s->out_from + s->out_bytes;
    if (!read_header(s, at, &from, e))
        return false;
    bool sized = from.uncompressed_size != LZMA_VLI_UNKNOWN;
    lzma_ret status = lzma_block_decoder(&s->decoder, &from);
    bool ok = (status == LZMA_OK || xz_fail(status, "a block cannot be decoded", e)) &&
              begin_block(s, &from, &to, &lzma, own, e) &&
              recode_data(s, at, at->block.compressed_file_offset + from.header_size, e) &&
              end_block(s, &to, sized, head_at, e);
    for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
        free(filters[i].options);
    return ok;
}

static bool splice_block(xz_splicer *s, const lzma_index_iter *at, err *e)
{
    uint64_t from = at->block.uncompressed_file_offset, to = from + at->block.uncompressed_size;
    if (!splice_cursor_to(&s->removed, from, e))
        return false;
    if (s->removed.next.from >= to)
        return copy_block(s, at, e);
    bool all = s->removed.next.from <= from && s->removed.next.to >= to;
    return all || recode_block(s, at, e);
}

/* ---- the file ---- */

static bool splice_streams(xz_splicer *s, lzma_index *index, err *e)
{
    lzma_index_iter at;
    uint64_t stream = 0;
    lzma_index_iter_init(&at, index);
    while (!lzma_index_iter_next(&at, LZMA_INDEX_ITER_ANY)) {
        if (at.stream.number != stream && (!end_stream(s, e) || !begin_stream(s, &at, e)))
            return false;
        stream = at.stream.number;
        if (at.stream.block_count > 0 && !splice_block(s, &at, e))
            return false;
    }
    return end_stream(s, e) &&
           splice_cursor_to(&s->removed, lzma_index_uncompressed_size(index), e) &&
           (s->removed.next.from == UINT64_MAX || splice_range_beyond(e));
}

bool splice_xz(const splice_request *r, err *e)
{
    off_t out_at = lseek(r->out, 0, SEEK_CUR);
    if (out_at < 0)
        return err_set_errno(e, ERR_IO, errno, "the cleaned file cannot be written in place");
    lzma_index *index = xz_index_read(r->in, r->pin.size_bytes, e);
    if (!index)
        return false;
    AUTO_FREE xz_splicer *s = xcalloc(1, sizeof *s);
    s->r = r;
    s->removed.ranges = &r->removed;
    s->out_from = (uint64_t)out_at;
    bool ok = splice_streams(s, index, e);
    lzma_index_end(s->written, NULL);
    lzma_index_end(index, NULL);
    lzma_end(&s->decoder);
    lzma_end(&s->encoder);
    return ok;
}
