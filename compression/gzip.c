/* gzip (RFC 1952) through zlib: the header with its CRC, CRC32 and length of every member. */
#include "compression/coder.h"

#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16) /* the largest window; +16: gzip's header and trailer */

head_match gzip_match(slice head)
{
    return head_match_magic(head, SLICE_LIT("\x1f\x8b"));
}

typedef struct gzip_decoder {
    decoder base;
    z_stream z;
} gzip_decoder;

static bool decode_start(decoder *d, err *e)
{
    gzip_decoder *g = (gzip_decoder *)d;
    if (inflateReset(&g->z) != Z_OK)
        return decoder_fail(d, ERR_INTERNAL, d->raw_bytes, "zlib cannot be reset", e);
    return true;
}

/* zlib holds bits that it has taken but not used, more or fewer of them depending on how the input
 * was split; the offset of the first unused bit does not depend on that. */
static uint64_t fault_offset(const gzip_decoder *g)
{
    uint64_t unused_bits = (unsigned)g->z.data_type & 63;
    return (g->base.raw_bytes * 8 - unused_bits) / 8;
}

static bool decode_fail(const gzip_decoder *g, int result, err *e)
{
    if (result == Z_MEM_ERROR)
        return decoder_fail(&g->base, ERR_LIMIT, g->base.raw_bytes, "memory is out", e);
    const char *cause = g->z.msg ? g->z.msg : zError(result);
    return decoder_fail(&g->base, ERR_CODEC_CORRUPT, fault_offset(g), cause, e);
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    gzip_decoder *g = (gzip_decoder *)d;
    do {
        uInt offered = (uInt)MIN(data->len, (size_t)UINT_MAX);
        g->z.next_in = (Bytef *)data->data;
        g->z.avail_in = offered;
        g->z.next_out = (Bytef *)d->out;
        g->z.avail_out = (uInt)CODER_OUT_BYTES;
        int result = inflate(&g->z, Z_NO_FLUSH);
        decoder_take(d, data, offered - g->z.avail_in);
        if (!decoder_emit(d, CODER_OUT_BYTES - g->z.avail_out, e))
            return false;
        *ended = result == Z_STREAM_END;
        if (*ended || result == Z_BUF_ERROR) /* the latter: nothing left to do without input */
            return true;
        if (result != Z_OK)
            return decode_fail(g, result, e);
    } while (data->len > 0 || g->z.avail_out == 0);
    return true;
}

static void decode_free(decoder *d)
{
    gzip_decoder *g = (gzip_decoder *)d;
    inflateEnd(&g->z);
    decoder_deinit(d);
    free(g);
}

static const decoder_ops gzip_decoder_ops = {
    .name = "gzip",
    .member = "gzip member",
    .padding_unit = 1, /* tapes and archivers pad with zeros; gzip -t takes them too */
    .match = gzip_match,
    .start = decode_start,
    .body = decode_body,
    .free = decode_free,
};

stage *gzip_decoder_new(stage *next, err *e)
{
    gzip_decoder *g = xcalloc(1, sizeof *g);
    decoder_init(&g->base, &gzip_decoder_ops, next);
    if (inflateInit2(&g->z, GZIP_WINDOW_BITS) != Z_OK) {
        err_set(e, ERR_LIMIT, "gzip: no memory for a decoder");
        decode_free(&g->base);
        return NULL;
    }
    return &g->base.stage;
}

typedef struct gzip_encoder {
    encoder base;
    z_stream z;
} gzip_encoder;

static bool encode_run(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e)
{
    gzip_encoder *g = (gzip_encoder *)c;
    uInt offered = (uInt)MIN(data->len, (size_t)UINT_MAX);
    g->z.next_in = (Bytef *)data->data;
    g->z.avail_in = offered;
    g->z.next_out = (Bytef *)c->out;
    g->z.avail_out = (uInt)CODER_OUT_BYTES;
    int result = deflate(&g->z, finish ? Z_FINISH : Z_NO_FLUSH);
    if (result == Z_STREAM_ERROR)
        return err_set(e, ERR_INTERNAL, "gzip: deflate says %s", zError(result));
    data->data += offered - g->z.avail_in;
    data->len -= offered - g->z.avail_in;
    *out_len = CODER_OUT_BYTES - g->z.avail_out;
    *done = result == Z_STREAM_END;
    return true;
}

static void encode_free(encoder *c)
{
    gzip_encoder *g = (gzip_encoder *)c;
    deflateEnd(&g->z);
    encoder_deinit(c);
    free(g);
}

static const encoder_ops gzip_encoder_ops = {.run = encode_run, .free = encode_free};

stage *gzip_encoder_new(int level, stage *next, err *e)
{
    if (level < 0 || level > 9) {
        err_set(e, ERR_CONFIG, "gzip has no level %d, only 1 to 9", level);
        return NULL;
    }
    gzip_encoder *g = xcalloc(1, sizeof *g);
    encoder_init(&g->base, &gzip_encoder_ops, next);
    if (deflateInit2(&g->z, level == 0 ? 6 : level, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        err_set(e, ERR_LIMIT, "gzip: no memory for an encoder");
        encode_free(&g->base);
        return NULL;
    }
    return &g->base.stage;
}
