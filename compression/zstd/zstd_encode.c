/* Zstandard encoder on libzstd, with its threads if requested. */
#include "base/util.h"
#include "compression/zstd/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

typedef struct zstd_encoder {
    encoder base;
    ZSTD_CCtx *ctx;
} zstd_encoder;

static bool encode_run(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e)
{
    zstd_encoder *z = (zstd_encoder *)c;
    ZSTD_inBuffer source = {.src = data->data, .size = data->len};
    ZSTD_outBuffer target = {.dst = c->out, .size = CODER_OUT_BYTES};
    size_t result =
        ZSTD_compressStream2(z->ctx, &target, &source, finish ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
        util_out_of_memory(0);
    if (ZSTD_isError(result))
        return err_set(e, ERR_INTERNAL, "zstd: encode: %s", ZSTD_getErrorName(result));
    data->data += source.pos;
    data->len -= source.pos;
    *out_len = target.pos;
    *done = finish && result == 0;
    return true;
}

static void encode_free(encoder *c)
{
    zstd_encoder *z = (zstd_encoder *)c;
    ZSTD_freeCCtx(z->ctx);
    encoder_deinit(c);
    free(z);
}

static const encoder_ops zstd_encoder_ops = {.run = encode_run, .free = encode_free};

/* Memory of libzstd 1.5 at each level, in MiB, measured and rounded up. */
uint64_t zstd_encoder_memory(const codec_options *options)
{
    static const uint16_t mib[] = {4,  2,  2,  4,  5,  6,  6,  9,  9,   17,  29, 29,
                                   53, 37, 53, 69, 37, 57, 58, 90, 194, 386, 778};
    size_t level = (size_t)MAX(options->level, 0);
    uint64_t one = mib[MIN(level, ARRAY_LEN(mib) - 1)];
    return (options->threads > 1 ? options->threads * (2 * one + 24) : one + 1) << 20;
}

static bool set(ZSTD_CCtx *ctx, ZSTD_cParameter parameter, int value)
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(ctx, parameter, value));
}

static bool encode_configure(ZSTD_CCtx *ctx, const codec_options *options)
{
    if (options->threads > 1) /* a libzstd without threads refuses; one thread is used then */
        (void)set(ctx, ZSTD_c_nbWorkers, (int)options->threads);
    return set(ctx, ZSTD_c_compressionLevel, options->level == 0 ? 3 : options->level) &&
           set(ctx, ZSTD_c_checksumFlag, 1);
}

stage *zstd_encoder_new(const codec_options *options, stage *next, err *e)
{
    int level = options->level;
    if (level < 0 || level > ZSTD_maxCLevel()) {
        err_set(e, ERR_CONFIG, "zstd: level %d does not exist; use 1 to %d", level,
                ZSTD_maxCLevel());
        return NULL;
    }
    zstd_encoder *z = xcalloc(1, sizeof *z);
    encoder_init(&z->base, &zstd_encoder_ops, next);
    z->ctx = ZSTD_createCCtx();
    if (!z->ctx || !encode_configure(z->ctx, options))
        util_out_of_memory(0);
    return &z->base.stage;
}
