/* gzip (RFC 1952): header fields with their CRC, DEFLATE by inflate.h, CRC32 and length of every
 * member. zlib encodes.
 *
 * part       bytes                next
 * FIXED      10                   the first field in the flags, else DATA
 * EXTRA_LEN  2                    EXTRA
 * EXTRA      given by EXTRA_LEN   the next field
 * NAME       up to a zero byte    the next field
 * COMMENT    up to a zero byte    the next field
 * HEADER_CRC 2                    DATA
 * DATA       DEFLATE              TRAILER
 * TRAILER    8                    the end of the member
 */
#include "compression/gzip/gzip.h"
#include "compression/gzip/inflate.h"

#include "decon/base/digest.h"
#include "base/util.h"

#include <limits.h>
#include <zlib.h>

#define GZIP_WINDOW_BITS (15 + 16) /* the largest window; +16: gzip's header and trailer */

head_match gzip_match(slice head)
{
    return head_match_magic(head, SLICE_LIT("\x1f\x8b"));
}

uint64_t gzip_encoder_memory(const codec_options *options)
{
    UNUSED(options);
    return CODER_BASE_BYTES;
}

uint64_t gzip_decoder_memory(unsigned threads)
{
    UNUSED(threads);
    return CODER_BASE_BYTES;
}

typedef enum gzip_part {
    FIXED,
    EXTRA_LEN,
    EXTRA,
    NAME,
    COMMENT,
    HEADER_CRC,
    DATA,
    TRAILER,
} gzip_part;

/* FLG */
enum { FLAG_HEADER_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAG_UNKNOWN = 0xe0 };

typedef struct gzip_decoder {
    decoder base;
    inflater *inflater;
    gzip_part part;
    uint64_t part_offset;    /* raw offset of the part's first byte */
    unsigned char small[10]; /* buffer for parts of fixed length */
    size_t small_len;
    unsigned flags;
    unsigned extra_left;
    uint32_t header_crc, crc;
    uint32_t length; /* of the member's text, modulo 2^32 */
} gzip_decoder;

static void enter(gzip_decoder *g, gzip_part part)
{
    g->part = part;
    g->part_offset = g->base.raw_bytes;
    g->small_len = 0;
}

static bool fail(const gzip_decoder *g, const char *cause, err *e)
{
    return decoder_fail(&g->base, ERR_CODEC_CORRUPT, g->part_offset, cause, e);
}

static bool decode_start(decoder *d, err *e)
{
    UNUSED(e);
    gzip_decoder *g = (gzip_decoder *)d;
    inflater_reset(g->inflater);
    g->header_crc = g->crc = g->length = 0;
    enter(g, FIXED);
    return true;
}

/* Consumes bytes of a header and adds them to its CRC. */
static void take_header(gzip_decoder *g, slice *data, size_t len)
{
    g->header_crc = crc32_ieee(g->header_crc, data->data, len);
    decoder_take(&g->base, data, len);
}

/* Consumes bytes into `small`; true when it holds `need` bytes. */
static bool gather(gzip_decoder *g, slice *data, size_t need)
{
    size_t len = MIN(data->len, need - g->small_len);
    memcpy(g->small + g->small_len, data->data, len);
    g->small_len += len;
    if (g->part == HEADER_CRC || g->part == TRAILER)
        decoder_take(&g->base, data, len);
    else
        take_header(g, data, len);
    return g->small_len == need;
}

static uint32_t little_endian(const unsigned char *bytes, size_t len)
{
    uint32_t value = 0;
    while (len > 0)
        value = value << 8 | bytes[--len];
    return value;
}

/* Selects the field after the current one. */
static void next_field(gzip_decoder *g)
{
    if (g->part < EXTRA_LEN && (g->flags & FLAG_EXTRA))
        enter(g, EXTRA_LEN);
    else if (g->part < NAME && (g->flags & FLAG_NAME))
        enter(g, NAME);
    else if (g->part < COMMENT && (g->flags & FLAG_COMMENT))
        enter(g, COMMENT);
    else if (g->part < HEADER_CRC && (g->flags & FLAG_HEADER_CRC))
        enter(g, HEADER_CRC);
    else
        enter(g, DATA);
}

static bool take_fixed(gzip_decoder *g, slice *data, err *e)
{
    if (!gather(g, data, 10))
        return true;
    g->flags = g->small[3];
    if (g->small[2] != 8)
        return fail(g, "unknown compression method", e);
    if (g->flags & FLAG_UNKNOWN)
        return fail(g, "unknown header flags set", e);
    next_field(g);
    return true;
}

static void take_extra_len(gzip_decoder *g, slice *data)
{
    if (!gather(g, data, 2))
        return;
    g->extra_left = little_endian(g->small, 2);
    enter(g, EXTRA);
    if (g->extra_left == 0)
        next_field(g);
}

static void take_extra(gzip_decoder *g, slice *data)
{
    size_t len = MIN(data->len, (size_t)g->extra_left);
    take_header(g, data, len);
    g->extra_left -= (unsigned)len;
    if (g->extra_left == 0)
        next_field(g);
}

static void take_text(gzip_decoder *g, slice *data)
{
    const char *zero = memchr(data->data, 0, data->len);
    take_header(g, data, zero ? (size_t)(zero - data->data) + 1 : data->len);
    if (zero)
        next_field(g);
}

static bool take_header_crc(gzip_decoder *g, slice *data, err *e)
{
    if (!gather(g, data, 2))
        return true;
    if (little_endian(g->small, 2) != (g->header_crc & 0xffff))
        return fail(g, "header crc mismatch", e);
    next_field(g);
    return true;
}

static bool take_data(gzip_decoder *g, slice *data, err *e)
{
    decoder *d = &g->base;
    inflate_result result;
    do {
        slice rest = *data, text;
        result = inflater_run(g->inflater, &rest, &text);
        decoder_take(d, data, data->len - rest.len);
        g->crc = crc32_ieee(g->crc, text.data, text.len);
        g->length += (uint32_t)text.len;
        d->decoded_bytes += text.len;
        if (text.len > 0 && !stage_feed(d->stage.next, text, e))
            return false;
    } while (result == INFLATE_FULL);
    if (result == INFLATE_FAULT)
        return decoder_fail(d, ERR_CODEC_CORRUPT, d->raw_bytes - 1, inflater_cause(g->inflater), e);
    if (result == INFLATE_END)
        enter(g, TRAILER);
    return true;
}

static bool take_trailer(gzip_decoder *g, slice *data, bool *ended, err *e)
{
    if (!gather(g, data, 8))
        return true;
    if (little_endian(g->small, 4) != g->crc)
        return fail(g, "incorrect data check", e);
    if (little_endian(g->small + 4, 4) != g->length)
        return fail(g, "incorrect length check", e);
    g->base.checksums |= CODEC_CHECK_CRC32;
    *ended = true;
    return true;
}

static bool decode_part(gzip_decoder *g, slice *data, bool *ended, err *e)
{
    switch (g->part) {
    case FIXED:
        return take_fixed(g, data, e);
    case EXTRA_LEN:
        take_extra_len(g, data);
        return true;
    case EXTRA:
        take_extra(g, data);
        return true;
    case NAME:
    case COMMENT:
        take_text(g, data);
        return true;
    case HEADER_CRC:
        return take_header_crc(g, data, e);
    case DATA:
        return take_data(g, data, e);
    default:
        return take_trailer(g, data, ended, e);
    }
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    while (data->len > 0 && !*ended)
        if (!decode_part((gzip_decoder *)d, data, ended, e))
            return false;
    return true;
}

static void decode_free(decoder *d)
{
    gzip_decoder *g = (gzip_decoder *)d;
    inflater_free(g->inflater);
    decoder_deinit(d);
    free(g);
}

static const decoder_ops gzip_decoder_ops = {
    .name = "gzip",
    .member = "gzip member",
    .padding_unit = 1, /* tapes and archivers pad with zeros; gzip -t accepts them */
    .match = gzip_match,
    .start = decode_start,
    .body = decode_body,
    .free = decode_free,
};

#ifdef DECON_NO_GZIP_NATIVE
static inflater *(*const native_new)(void) = NULL;
#else
static inflater *(*const native_new)(void) = inflater_native_new;
#endif

bool codec_gzip_decoder_check(codec_gzip_decoder which, err *e)
{
    return which != CODEC_GZIP_NATIVE || native_new ||
           err_set(e, ERR_CONFIG,
                   "gzip_decoder: native is not in this build (GZIP_NATIVE=0); use zlib or auto");
}

stage *gzip_decoder_new(const codec_options *options, stage *next, err *e)
{
    bool zlib = options->gzip_decoder == CODEC_GZIP_ZLIB || !native_new;
    if (!codec_gzip_decoder_check(options->gzip_decoder, e))
        return NULL;
    gzip_decoder *g = xcalloc(1, sizeof *g);
    decoder_init(&g->base, &gzip_decoder_ops, options, next);
    g->inflater = zlib ? inflater_zlib_new() : native_new();
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
        return err_set(e, ERR_INTERNAL, "gzip: encode: zlib: %s", zError(result));
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

stage *gzip_encoder_new(const codec_options *options, stage *next, err *e)
{
    int level = options->level;
    if (level < 0 || level > 9) {
        err_set(e, ERR_CONFIG, "gzip: level %d does not exist; use 1 to 9", level);
        return NULL;
    }
    gzip_encoder *g = xcalloc(1, sizeof *g);
    encoder_init(&g->base, &gzip_encoder_ops, next);
    if (deflateInit2(&g->z, level == 0 ? 6 : level, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        util_out_of_memory(0);
    return &g->base.stage;
}
