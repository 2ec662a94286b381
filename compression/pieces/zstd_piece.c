#include "base/util.h"
#include "compression/pieces/zstd_piece.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "compression/pieces/file_copy.h"

#define LEVEL          3
#define WINDOW_LOG_MAX 31
#define LONG_WINDOW    ((uint64_t)8 << 20) /* beyond it: long distance matching, as zstd --long */
#define LOG_MOST       27                  /* 128 MiB: a window that every decoder accepts */
#define IN_BYTES       ((size_t)128 * 1024)
#define OUT_BYTES      ((size_t)256 * 1024)

/* The encoder's header: magic, descriptor, window. Ours has a content size of 8 bytes after it. */
#define ENCODER_HEAD  6u
#define OUR_HEAD      (ENCODER_HEAD + 8u)
#define DESCRIPTOR_AT 4u
#define SIZE_OF_8     0xC0u

struct zstd_piece {
    ZSTD_DCtx *decoder;
    ZSTD_CCtx *encoder;
    bool has_size; /* of the frame that is written */
    size_t head_len;
    uint8_t head[ENCODER_HEAD]; /* of the encoder, until it is complete */
    zstd_piece_facts facts;
    zstd_output on_output;
    void *ctx;
    char in[IN_BYTES], text[OUT_BYTES], out[OUT_BYTES];
};

static bool fail(err_code code, const char *what, size_t result, err *e)
{
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        util_out_of_memory(0);
    return err_set(e, code, "zstd: %s: %s", what, ZSTD_getErrorName(result));
}

zstd_piece *zstd_piece_new(void)
{
    zstd_piece *p = xcalloc(1, sizeof *p);
    p->decoder = ZSTD_createDCtx();
    p->encoder = ZSTD_createCCtx();
    if (!p->decoder || !p->encoder ||
        ZSTD_isError(ZSTD_DCtx_setParameter(p->decoder, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        util_out_of_memory(0);
    return p;
}

void zstd_piece_free(zstd_piece *p)
{
    if (!p)
        return;
    ZSTD_freeDCtx(p->decoder);
    ZSTD_freeCCtx(p->encoder);
    free(p);
}

/* ---- decoding ---- */

static bool decode_part(zstd_piece *p, size_t len, size_t *result, zstd_output on_text, void *ctx,
                        err *e)
{
    ZSTD_inBuffer source = {.src = p->in, .size = len};
    ZSTD_outBuffer target;
    do {
        target = (ZSTD_outBuffer){.dst = p->text, .size = OUT_BYTES};
        *result = ZSTD_decompressStream(p->decoder, &target, &source);
        if (ZSTD_isError(*result))
            return fail(ERR_CODEC_CORRUPT, "a frame cannot be decoded", *result, e);
        if (target.pos > 0 && !on_text(ctx, (slice){.data = p->text, .len = target.pos}, e))
            return false;
    } while (source.pos < source.size || target.pos == target.size);
    return true;
}

bool zstd_decode_frame(zstd_piece *p, int fd, const zstd_frame *frame, zstd_output on_text,
                       void *ctx, err *e)
{
    size_t result = ZSTD_DCtx_reset(p->decoder, ZSTD_reset_session_only);
    for (uint64_t at = frame->at; at < frame->end;) {
        size_t len = (size_t)MIN(frame->end - at, (uint64_t)IN_BYTES);
        if (!file_read(fd, at, p->in, len, e) || !decode_part(p, len, &result, on_text, ctx, e))
            return false;
        at += len;
    }
    return result == 0 || err_set(e, ERR_CODEC_CORRUPT, "zstd: a frame ends early");
}

/* ---- encoding ---- */

static int log_of(uint64_t window_bytes)
{
    int log = 0;
    while (log < LOG_MOST && (uint64_t)1 << log < window_bytes)
        log++;
    return log;
}

static bool set(zstd_piece *p, ZSTD_cParameter parameter, int value, err *e)
{
    size_t result = ZSTD_CCtx_setParameter(p->encoder, parameter, value);
    return !ZSTD_isError(result) || fail(ERR_INTERNAL, "a parameter is refused", result, e);
}

bool zstd_piece_begin(zstd_piece *p, const zstd_frame *like, zstd_output on_output, void *ctx,
                      err *e)
{
    bool is_long = like->window_bytes > LONG_WINDOW;
    p->on_output = on_output;
    p->ctx = ctx;
    p->has_size = like->has_size;
    p->head_len = 0;
    p->facts = (zstd_piece_facts){0};
    ZSTD_CCtx_reset(p->encoder, ZSTD_reset_session_and_parameters);
    return set(p, ZSTD_c_compressionLevel, LEVEL, e) &&
           set(p, ZSTD_c_checksumFlag, like->has_checksum, e) &&
           set(p, ZSTD_c_contentSizeFlag, 0, e) &&
           (!is_long || (set(p, ZSTD_c_windowLog, log_of(like->window_bytes), e) &&
                         set(p, ZSTD_c_enableLongDistanceMatching, 1, e)));
}

static void keep_last(zstd_piece *p, slice data)
{
    uint8_t *last = p->facts.checksum;
    size_t count = sizeof p->facts.checksum, more = MIN(data.len, count);
    memmove(last, last + more, count - more);
    memcpy(last + count - more, data.data + data.len - more, more);
}

/* The encoder's first bytes are replaced by this header. */
static bool pass_on(zstd_piece *p, slice data, err *e)
{
    uint8_t head[OUR_HEAD] = {0};
    keep_last(p, data);
    while (p->head_len < ENCODER_HEAD && data.len > 0) {
        p->head[p->head_len++] = (uint8_t)data.data[0];
        data = (slice){.data = data.data + 1, .len = data.len - 1};
        if (p->head_len < ENCODER_HEAD)
            continue;
        memcpy(head, p->head, ENCODER_HEAD);
        if (p->has_size)
            head[DESCRIPTOR_AT] |= SIZE_OF_8;
        size_t len = p->has_size ? OUR_HEAD : ENCODER_HEAD;
        if (!p->on_output(p->ctx, (slice){.data = (const char *)head, .len = len}, e))
            return false;
    }
    return data.len == 0 || p->on_output(p->ctx, data, e);
}

static bool encode(zstd_piece *p, slice text, ZSTD_EndDirective end, err *e)
{
    ZSTD_inBuffer source = {.src = text.data, .size = text.len};
    size_t left;
    do {
        ZSTD_outBuffer target = {.dst = p->out, .size = OUT_BYTES};
        left = ZSTD_compressStream2(p->encoder, &target, &source, end);
        if (ZSTD_isError(left))
            return fail(ERR_INTERNAL, "the encoder fails", left, e);
        if (!pass_on(p, (slice){.data = p->out, .len = target.pos}, e))
            return false;
    } while (end == ZSTD_e_end ? left > 0 : source.pos < source.size);
    return true;
}

bool zstd_piece_add(zstd_piece *p, slice text, err *e)
{
    p->facts.text_bytes += text.len;
    return encode(p, text, ZSTD_e_continue, e);
}

bool zstd_piece_end(zstd_piece *p, int out, uint64_t head_at, zstd_piece_facts *facts, err *e)
{
    uint8_t size[8];
    if (!encode(p, (slice){.data = "", .len = 0}, ZSTD_e_end, e))
        return false;
    *facts = p->facts;
    zstd_put_le(size, facts->text_bytes, sizeof size);
    return !p->has_size ||
           pwrite(out, size, sizeof size, (off_t)(head_at + ENCODER_HEAD)) == sizeof size ||
           err_set_errno(e, ERR_IO, errno, "cannot write the size of a frame's text");
}
