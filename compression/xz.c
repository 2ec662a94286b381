/* xz (the .xz file format 1.2) through liblzma: every check type that liblzma knows.
 *
 * Streams are opened one at a time, and the padding between them is ours, so that trailing garbage
 * and a corrupt stream are told apart (liblzma's own concatenation calls both corrupt). liblzma is
 * given one part of a stream at a time: in a damaged chunk it reads on beyond the chunk's end as
 * far as it was given bytes, so that what it hands out would depend on the split of the input.
 */
#include "compression/coder.h"
#include "compression/xz_parts.h"

#include <inttypes.h>
#include <lzma.h>

head_match xz_match(slice head)
{
    return head_match_magic(head, SLICE_LIT("\xfd"
                                            "7zXZ\0"));
}

typedef struct xz_decoder {
    decoder base;
    lzma_stream lzma;
    xz_parts parts;
    uint64_t part_offset; /* raw offset of the part's first byte */
} xz_decoder;

static bool decode_start(decoder *d, err *e)
{
    xz_decoder *x = (xz_decoder *)d;
    x->parts = (xz_parts){0};
    x->part_offset = d->raw_bytes;
    lzma_ret result = lzma_stream_decoder(&x->lzma, XZ_MEMORY_BYTES, LZMA_TELL_UNSUPPORTED_CHECK);
    if (result != LZMA_OK)
        return decoder_fail(d, ERR_LIMIT, d->raw_bytes, "memory is out", e);
    return true;
}

static bool fail(const xz_decoder *x, err_code code, const char *cause, err *e)
{
    return decoder_fail(&x->base, code, x->part_offset, cause, e);
}

static bool refuse_memory(const xz_decoder *x, err *e)
{
    char cause[128];
    snprintf(cause, sizeof cause,
             "it needs %" PRIu64 " MiB of memory, the limit is %" PRIu64 " MiB",
             lzma_memusage(&x->lzma) >> 20, XZ_MEMORY_BYTES >> 20);
    return fail(x, ERR_CODEC_UNSUPPORTED, cause, e);
}

static bool refuse_check(const xz_decoder *x, err *e)
{
    char cause[64];
    snprintf(cause, sizeof cause, "check type %d is unknown", (int)lzma_get_check(&x->lzma));
    return fail(x, ERR_CODEC_UNSUPPORTED, cause, e);
}

static bool decode_fail(const xz_decoder *x, lzma_ret result, err *e)
{
    switch (result) {
    case LZMA_MEMLIMIT_ERROR:
        return refuse_memory(x, e);
    case LZMA_UNSUPPORTED_CHECK:
        return refuse_check(x, e);
    case LZMA_OPTIONS_ERROR:
        return fail(x, ERR_CODEC_UNSUPPORTED,
                    "a header names options or filters that liblzma does not know", e);
    case LZMA_MEM_ERROR:
        return fail(x, ERR_LIMIT, "memory is out", e);
    default:
        return fail(x, ERR_CODEC_CORRUPT, xz_parts_name(&x->parts), e);
    }
}

/* Gives liblzma bytes of one part and hands on all that comes out. */
static bool push(xz_decoder *x, slice piece, slice *data, bool *ended, err *e)
{
    decoder *d = &x->base;
    x->lzma.next_in = (const uint8_t *)piece.data;
    x->lzma.avail_in = piece.len;
    do {
        x->lzma.next_out = (uint8_t *)d->out;
        x->lzma.avail_out = CODER_OUT_BYTES;
        size_t before = x->lzma.avail_in;
        lzma_ret result = lzma_code(&x->lzma, LZMA_RUN);
        decoder_take(d, data, before - x->lzma.avail_in);
        if (!decoder_emit(d, CODER_OUT_BYTES - x->lzma.avail_out, e))
            return false;
        *ended = result == LZMA_STREAM_END;
        if (*ended || result == LZMA_BUF_ERROR) /* the latter: nothing to do without input */
            return true;
        if (result != LZMA_OK)
            return decode_fail(x, result, e);
    } while (x->lzma.avail_in > 0 || x->lzma.avail_out == 0);
    return true;
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    xz_decoder *x = (xz_decoder *)d;
    while (data->len > 0 && !*ended) {
        if (xz_parts_at_start(&x->parts))
            x->part_offset = d->raw_bytes;
        slice piece = {.data = data->data, .len = xz_parts_piece(&x->parts, *data)};
        if (!push(x, piece, data, ended, e))
            return false;
        xz_parts_pass(&x->parts, piece);
    }
    return true;
}

static void decode_free(decoder *d)
{
    xz_decoder *x = (xz_decoder *)d;
    lzma_end(&x->lzma);
    decoder_deinit(d);
    free(x);
}

static const decoder_ops xz_decoder_ops = {
    .name = "xz",
    .member = "xz stream",
    .padding_unit = 4,
    .members_behind_padding = true,
    .match = xz_match,
    .start = decode_start,
    .body = decode_body,
    .free = decode_free,
};

stage *xz_decoder_new(stage *next, err *e)
{
    UNUSED(e); /* liblzma opens with each stream */
    xz_decoder *x = xcalloc(1, sizeof *x);
    decoder_init(&x->base, &xz_decoder_ops, next);
    x->lzma = (lzma_stream)LZMA_STREAM_INIT;
    return &x->base.stage;
}

typedef struct xz_encoder {
    encoder base;
    lzma_stream lzma;
} xz_encoder;

static bool encode_run(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e)
{
    xz_encoder *x = (xz_encoder *)c;
    x->lzma.next_in = (const uint8_t *)data->data;
    x->lzma.avail_in = data->len;
    x->lzma.next_out = (uint8_t *)c->out;
    x->lzma.avail_out = CODER_OUT_BYTES;
    lzma_ret result = lzma_code(&x->lzma, finish ? LZMA_FINISH : LZMA_RUN);
    if (result != LZMA_OK && result != LZMA_STREAM_END)
        return err_set(e, ERR_INTERNAL, "xz: the encoder fails with status %d", (int)result);
    data->data += data->len - x->lzma.avail_in;
    data->len = x->lzma.avail_in;
    *out_len = CODER_OUT_BYTES - x->lzma.avail_out;
    *done = result == LZMA_STREAM_END;
    return true;
}

static void encode_free(encoder *c)
{
    xz_encoder *x = (xz_encoder *)c;
    lzma_end(&x->lzma);
    encoder_deinit(c);
    free(x);
}

static const encoder_ops xz_encoder_ops = {.run = encode_run, .free = encode_free};

stage *xz_encoder_new(int level, stage *next, err *e)
{
    if (level < 0 || level > 9) {
        err_set(e, ERR_CONFIG, "xz has no level %d, only 1 to 9", level);
        return NULL;
    }
    xz_encoder *x = xcalloc(1, sizeof *x);
    encoder_init(&x->base, &xz_encoder_ops, next);
    x->lzma = (lzma_stream)LZMA_STREAM_INIT;
    uint32_t preset = level == 0 ? LZMA_PRESET_DEFAULT : (uint32_t)level;
    if (lzma_easy_encoder(&x->lzma, preset, LZMA_CHECK_CRC64) != LZMA_OK) {
        err_set(e, ERR_LIMIT, "xz: no memory for an encoder of level %u", preset);
        encode_free(&x->base);
        return NULL;
    }
    return &x->base.stage;
}
