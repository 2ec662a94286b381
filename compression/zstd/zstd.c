/* Zstandard (RFC 8878) decoder on libzstd: frames, skippable frames, content checksum.
 *
 * libzstd gets one part of a frame at a time: its output before a failure, and the position of the
 * failure, depend on the size of its input. With parts, both are the same for any split of the
 * input.
 *
 * part           bytes                    next
 * FRAME_HEADER   5 to 18, given by byte 5 refused: dictionary, window; else BLOCK_HEADER
 * BLOCK_HEADER   3                        BLOCK; without a body as after BLOCK
 * BLOCK          given by its header      BLOCK_HEADER; after the last: CHECKSUM or the end
 * CHECKSUM       4                        the end of the frame
 * SKIP_HEADER    4 + 4, magic and length  SKIP
 * SKIP           given by its header      the end of the frame
 */
#include "base/util.h"
#include "compression/zstd/zstd.h"

#include <inttypes.h>
#include <zstd.h>
#include <zstd_errors.h>

typedef enum zstd_part { FRAME_HEADER, BLOCK_HEADER, BLOCK, CHECKSUM, SKIP_HEADER, SKIP } zstd_part;

typedef struct zstd_decoder {
    decoder base;
    ZSTD_DCtx *ctx;
    zstd_part part;
    uint64_t part_offset; /* raw offset of the part's first byte */
    uint64_t part_left;   /* BLOCK, SKIP: remaining bytes */
    bool last_block;
    bool raw_block;
    bool has_checksum;
    bool content_known;                   /* the header contains the length of the frame's text */
    uint64_t content_bytes, content_from; /* that length; the start of the text in the decoded
                                             stream */
    uint64_t memory_bytes;                /* that the frame needs */
    unsigned char small[18];              /* buffer for headers and the checksum */
    size_t small_len;
} zstd_decoder;

/* 0x184D2A50 to 0x184D2A5F, little endian. */
static head_match match_skippable(slice head)
{
    if (head.len > 0 && ((unsigned char)head.data[0] & 0xf0) != 0x50)
        return HEAD_NO;
    if (head.len <= 1)
        return HEAD_MAYBE;
    return head_match_magic((slice){.data = head.data + 1, .len = head.len - 1},
                            SLICE_LIT("\x2a\x4d\x18"));
}

head_match zstd_match(slice head)
{
    head_match frame = head_match_magic(head, SLICE_LIT("\x28\xb5\x2f\xfd"));
    return MAX(frame, match_skippable(head));
}

static uint64_t little_endian(const unsigned char *bytes, size_t len)
{
    uint64_t value = 0;
    while (len > 0)
        value = value << 8 | bytes[--len];
    return value;
}

static void enter(zstd_decoder *z, zstd_part part, uint64_t left)
{
    z->part = part;
    z->part_offset = z->base.raw_bytes;
    z->part_left = left;
    z->small_len = 0;
}

static bool fail(const zstd_decoder *z, err_code code, const char *cause, err *e)
{
    return decoder_fail(&z->base, code, z->part_offset, cause, e);
}

static bool decode_start(decoder *d, err *e)
{
    zstd_decoder *z = (zstd_decoder *)d;
    slice head = {.data = d->head, .len = 4};
    enter(z, match_skippable(head) == HEAD_YES ? SKIP_HEADER : FRAME_HEADER, 0);
    size_t result = ZSTD_DCtx_reset(z->ctx, ZSTD_reset_session_only);
    if (ZSTD_isError(result))
        return fail(z, ERR_INTERNAL, ZSTD_getErrorName(result), e);
    return true;
}

/* Consumes bytes into `small`; true when it holds `need` bytes. */
static bool gather(zstd_decoder *z, slice *data, size_t need)
{
    size_t len = MIN(data->len, need - z->small_len);
    memcpy(z->small + z->small_len, data->data, len);
    z->small_len += len;
    decoder_take(&z->base, data, len);
    return z->small_len == need;
}

/* Decodes `in` and passes on all output. */
static bool push(zstd_decoder *z, slice in, err *e)
{
    decoder *d = &z->base;
    ZSTD_inBuffer source = {.src = in.data, .size = in.len};
    ZSTD_outBuffer target;
    size_t result;
    do {
        target = (ZSTD_outBuffer){.dst = d->out, .size = CODER_OUT_BYTES};
        result = ZSTD_decompressStream(z->ctx, &target, &source);
        if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
            return decoder_fail_memory(d, z->memory_bytes, z->part_offset, e);
        if (ZSTD_isError(result))
            return fail(z, ERR_CODEC_CORRUPT, ZSTD_getErrorName(result), e);
        if (!decoder_emit(d, target.pos, e))
            return false;
    } while (result != 0 && (source.pos < source.size || target.pos == target.size));
    return true;
}

static bool push_small(zstd_decoder *z, err *e)
{
    return push(z, (slice){.data = (const char *)z->small, .len = z->small_len}, e);
}

/* The frame header's fields (RFC 8878, 3.1.1.1): the descriptor determines which are present. */
typedef struct frame_fields {
    bool single_segment;
    size_t dictionary_bytes, content_bytes;
} frame_fields;

static frame_fields fields_of(unsigned char descriptor)
{
    static const unsigned char dictionary_bytes[4] = {0, 1, 2, 4};
    static const unsigned char content_bytes[4] = {0, 2, 4, 8};
    bool single_segment = descriptor & 0x20;
    size_t content = content_bytes[descriptor >> 6];
    return (frame_fields){
        .single_segment = single_segment,
        .dictionary_bytes = dictionary_bytes[descriptor & 3],
        .content_bytes = content == 0 && single_segment ? 1 : content,
    };
}

static size_t frame_header_bytes(const zstd_decoder *z)
{
    if (z->small_len < 5)
        return 5;
    frame_fields f = fields_of(z->small[4]);
    return 5 + !f.single_segment + f.dictionary_bytes + f.content_bytes;
}

static uint64_t content_bytes(const zstd_decoder *z)
{
    frame_fields f = fields_of(z->small[4]);
    const unsigned char *at = z->small + 5 + !f.single_segment + f.dictionary_bytes;
    return little_endian(at, f.content_bytes) + (f.content_bytes == 2 ? 256 : 0);
}

static uint64_t window_bytes(const zstd_decoder *z)
{
    if (fields_of(z->small[4]).single_segment)
        return content_bytes(z);
    uint64_t base = (uint64_t)1 << (10 + (z->small[5] >> 3));
    return base + base / 8 * (z->small[5] & 7);
}

#define DECODER_BYTES  ((uint64_t)1 << 20) /* in addition to the window */
#define WINDOW_LOG_MAX (sizeof(size_t) == 4 ? 30 : 31)

/* The usual window is at most 8 MiB (zstd -19); --long=27 and --ultra need 128 MiB. */
uint64_t zstd_decoder_memory(unsigned threads)
{
    UNUSED(threads);
    return ((uint64_t)8 << 20) + DECODER_BYTES;
}

static bool admit_window(zstd_decoder *z, uint64_t window, err *e)
{
    unsigned window_log = 10;
    while (window_log < 63 && (uint64_t)1 << window_log < window)
        window_log++;
    if (window_log > WINDOW_LOG_MAX) {
        char cause[96];
        snprintf(cause, sizeof cause,
                 "its window of %" PRIu64 " MiB exceeds libzstd's limit of 2^%u bytes",
                 window >> 20, (unsigned)WINDOW_LOG_MAX);
        return fail(z, ERR_CODEC_UNSUPPORTED, cause, e);
    }
    char what[64];
    snprintf(what, sizeof what, "its window of %" PRIu64 " MiB (zstd --long=%u)", window >> 20,
             window_log);
    z->memory_bytes = window + DECODER_BYTES;
    return decoder_admit(&z->base, z->memory_bytes, z->part_offset, what, e);
}

static bool refuse_dictionary(const zstd_decoder *z, unsigned id, err *e)
{
    char cause[96];
    snprintf(cause, sizeof cause, "it requires dictionary %u; compress it without a dictionary",
             id);
    return fail(z, ERR_CODEC_UNSUPPORTED, cause, e);
}

static bool take_frame_header(zstd_decoder *z, slice *data, err *e)
{
    while (z->small_len < frame_header_bytes(z))
        if (!gather(z, data, frame_header_bytes(z)))
            return true;
    unsigned dictionary = ZSTD_getDictID_fromFrame(z->small, z->small_len);
    if (dictionary != 0)
        return refuse_dictionary(z, dictionary, e);
    uint64_t window = window_bytes(z);
    if (!admit_window(z, window, e))
        return false;
    z->has_checksum = z->small[4] & 4;
    z->content_known = fields_of(z->small[4]).content_bytes > 0;
    z->content_bytes = content_bytes(z);
    z->content_from = z->base.decoded_bytes;
    z->last_block = false;
    if (!push_small(z, e))
        return false;
    enter(z, BLOCK_HEADER, 0);
    return true;
}

/* libzstd also compares the content size with the header, but not after an empty block. */
static bool after_block(zstd_decoder *z, bool *ended, err *e)
{
    if (z->last_block && z->content_known &&
        z->base.decoded_bytes - z->content_from != z->content_bytes)
        return fail(z, ERR_CODEC_CORRUPT, "the length of the frame's text differs from its header",
                    e);
    *ended = z->last_block && !z->has_checksum;
    if (*ended)
        z->base.checksums |= CODEC_CHECK_NONE;
    enter(z, z->last_block ? CHECKSUM : BLOCK_HEADER, 0);
    return true;
}

/* libzstd outputs a raw block in pieces: for one that is too long for the frame, the position of
 * the fault would depend on the pieces. */
static bool block_fits(const zstd_decoder *z, uint64_t header)
{
    bool compressed = (header >> 1 & 3) == 2;
    uint64_t so_far = z->base.decoded_bytes - z->content_from;
    return compressed || !z->content_known || (header >> 3) <= z->content_bytes - so_far;
}

/* RFC 8878, 3.1.1.2.3: a compressed block is smaller than its content. libzstd refuses an empty one
 * or skips it, depending on its position in the buffers. */
static bool is_empty_compressed(uint64_t header)
{
    return (header >> 1 & 3) == 2 && header >> 3 == 0;
}

static bool take_block_header(zstd_decoder *z, slice *data, bool *ended, err *e)
{
    if (!gather(z, data, 3))
        return true;
    if (!push_small(z, e))
        return false;
    uint64_t header = little_endian(z->small, 3);
    if (!block_fits(z, header))
        return fail(z, ERR_CODEC_CORRUPT, "a block is longer than the frame's text", e);
    if (is_empty_compressed(header))
        return fail(z, ERR_CODEC_CORRUPT, "a compressed block is empty", e);
    bool repeated_byte = (header >> 1 & 3) == 1;
    z->raw_block = (header >> 1 & 3) == 0;
    z->last_block = header & 1;
    uint64_t body_bytes = repeated_byte ? 1 : header >> 3;
    if (body_bytes == 0)
        return after_block(z, ended, e);
    enter(z, BLOCK, body_bytes);
    return true;
}

/* libzstd outputs a raw block as it arrives but validates it at the last byte, and holds back
 * everything that it was given with that byte: the last byte is passed alone. */
static size_t block_piece_bytes(const zstd_decoder *z, size_t len)
{
    if (len < z->part_left)
        return len;
    return z->raw_block && z->part_left > 1 ? z->part_left - 1 : z->part_left;
}

static bool take_block(zstd_decoder *z, slice *data, bool *ended, err *e)
{
    slice piece = {.data = data->data, .len = block_piece_bytes(z, data->len)};
    decoder_take(&z->base, data, piece.len);
    if (!push(z, piece, e))
        return false;
    z->part_left -= piece.len;
    return z->part_left > 0 || after_block(z, ended, e);
}

static bool take_checksum(zstd_decoder *z, slice *data, bool *ended, err *e)
{
    if (!gather(z, data, 4))
        return true;
    *ended = true;
    z->base.checksums |= CODEC_CHECK_XXH64;
    return push_small(z, e);
}

static void take_skip_header(zstd_decoder *z, slice *data, bool *ended)
{
    if (!gather(z, data, 8))
        return;
    uint64_t len = little_endian(z->small + 4, 4);
    *ended = len == 0;
    enter(z, SKIP, len);
}

static void take_skip(zstd_decoder *z, slice *data, bool *ended)
{
    size_t len = MIN(data->len, z->part_left);
    decoder_take(&z->base, data, len);
    z->part_left -= len;
    *ended = z->part_left == 0;
}

static bool decode_part(zstd_decoder *z, slice *data, bool *ended, err *e)
{
    switch (z->part) {
    case FRAME_HEADER:
        return take_frame_header(z, data, e);
    case BLOCK_HEADER:
        return take_block_header(z, data, ended, e);
    case BLOCK:
        return take_block(z, data, ended, e);
    case CHECKSUM:
        return take_checksum(z, data, ended, e);
    case SKIP_HEADER:
        take_skip_header(z, data, ended);
        return true;
    case SKIP:
        take_skip(z, data, ended);
        return true;
    }
    return fail(z, ERR_INTERNAL, "unknown part of a frame", e);
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    while (data->len > 0 && !*ended)
        if (!decode_part((zstd_decoder *)d, data, ended, e))
            return false;
    return true;
}

static void decode_free(decoder *d)
{
    zstd_decoder *z = (zstd_decoder *)d;
    ZSTD_freeDCtx(z->ctx);
    decoder_deinit(d);
    free(z);
}

static const decoder_ops zstd_decoder_ops = {
    .name = "zstd",
    .member = "zstd frame",
    .match = zstd_match,
    .start = decode_start,
    .body = decode_body,
    .free = decode_free,
};

stage *zstd_decoder_new(const codec_options *options, stage *next, err *e)
{
    UNUSED(e);
    zstd_decoder *z = xcalloc(1, sizeof *z);
    decoder_init(&z->base, &zstd_decoder_ops, options, next);
    z->ctx = ZSTD_createDCtx();
    if (!z->ctx ||
        ZSTD_isError(ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax, (int)WINDOW_LOG_MAX)))
        util_out_of_memory(0);
    return &z->base.stage;
}
