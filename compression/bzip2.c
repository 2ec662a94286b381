/* bzip2 through libbz2: a CRC for every block and one for the stream; streams in a row. */
#include "compression/coder.h"

#include <bzlib.h>
#include <limits.h>

head_match bzip2_match(slice head)
{
    slice name = {.data = head.data, .len = MIN(head.len, (size_t)3)};
    if (head_match_magic(name, SLICE_LIT("BZh")) == HEAD_NO)
        return HEAD_NO;
    if (head.len < 4)
        return HEAD_MAYBE;
    return head.data[3] >= '1' && head.data[3] <= '9' ? HEAD_YES : HEAD_NO; /* block size */
}

typedef struct bzip2_decoder {
    decoder base;
    bz_stream bz;
    bool open;
} bzip2_decoder;

static void decode_close(bzip2_decoder *b)
{
    if (b->open)
        BZ2_bzDecompressEnd(&b->bz);
    b->open = false;
}

static bool decode_start(decoder *d, err *e)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    decode_close(b);
    b->bz = (bz_stream){0};
    if (BZ2_bzDecompressInit(&b->bz, 0, 0) != BZ_OK)
        return decoder_fail(d, ERR_LIMIT, d->raw_bytes, "memory is out", e);
    b->open = true;
    return true;
}

static bool decode_fail(const decoder *d, int result, err *e)
{
    if (result == BZ_MEM_ERROR)
        return decoder_fail(d, ERR_LIMIT, d->raw_bytes, "memory is out", e);
    return decoder_fail(d, ERR_CODEC_CORRUPT, d->raw_bytes,
                        "a block or the stream's end fails its checks", e);
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    do {
        unsigned offered = (unsigned)MIN(data->len, (size_t)UINT_MAX);
        b->bz.next_in = (char *)data->data;
        b->bz.avail_in = offered;
        b->bz.next_out = d->out;
        b->bz.avail_out = (unsigned)CODER_OUT_BYTES;
        int result = BZ2_bzDecompress(&b->bz);
        decoder_take(d, data, offered - b->bz.avail_in);
        if (!decoder_emit(d, CODER_OUT_BYTES - b->bz.avail_out, e))
            return false;
        *ended = result == BZ_STREAM_END;
        if (*ended)
            return true;
        if (result != BZ_OK)
            return decode_fail(d, result, e);
    } while (data->len > 0 || b->bz.avail_out == 0);
    return true;
}

static void decode_free(decoder *d)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    decode_close(b);
    decoder_deinit(d);
    free(b);
}

static const decoder_ops bzip2_decoder_ops = {
    .name = "bzip2",
    .member = "bzip2 stream",
    .match = bzip2_match,
    .start = decode_start,
    .body = decode_body,
    .free = decode_free,
};

stage *bzip2_decoder_new(stage *next, err *e)
{
    UNUSED(e); /* libbz2 opens with each stream */
    bzip2_decoder *b = xcalloc(1, sizeof *b);
    decoder_init(&b->base, &bzip2_decoder_ops, next);
    return &b->base.stage;
}

typedef struct bzip2_encoder {
    encoder base;
    bz_stream bz;
} bzip2_encoder;

static bool encode_run(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e)
{
    bzip2_encoder *b = (bzip2_encoder *)c;
    unsigned offered = (unsigned)MIN(data->len, (size_t)UINT_MAX);
    b->bz.next_in = (char *)data->data;
    b->bz.avail_in = offered;
    b->bz.next_out = c->out;
    b->bz.avail_out = (unsigned)CODER_OUT_BYTES;
    int result = BZ2_bzCompress(&b->bz, finish ? BZ_FINISH : BZ_RUN);
    if (result < 0)
        return err_set(e, ERR_INTERNAL, "bzip2: the encoder fails with status %d", result);
    data->data += offered - b->bz.avail_in;
    data->len -= offered - b->bz.avail_in;
    *out_len = CODER_OUT_BYTES - b->bz.avail_out;
    *done = result == BZ_STREAM_END;
    return true;
}

static void encode_free(encoder *c)
{
    bzip2_encoder *b = (bzip2_encoder *)c;
    BZ2_bzCompressEnd(&b->bz);
    encoder_deinit(c);
    free(b);
}

static const encoder_ops bzip2_encoder_ops = {.run = encode_run, .free = encode_free};

stage *bzip2_encoder_new(int level, stage *next, err *e)
{
    if (level < 0 || level > 9) {
        err_set(e, ERR_CONFIG, "bzip2 has no level %d, only 1 to 9", level);
        return NULL;
    }
    bzip2_encoder *b = xcalloc(1, sizeof *b);
    encoder_init(&b->base, &bzip2_encoder_ops, next);
    if (BZ2_bzCompressInit(&b->bz, level == 0 ? 9 : level, 0, 0) != BZ_OK) {
        err_set(e, ERR_LIMIT, "bzip2: no memory for an encoder");
        encode_free(&b->base);
        return NULL;
    }
    return &b->base.stage;
}
