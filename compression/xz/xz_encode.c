/* xz encoder on liblzma, with its threads if requested. */
#include "base/util.h"
#include "compression/xz/xz.h"

#include <lzma.h>

typedef struct xz_encoder {
    encoder base;
    lzma_stream lzma;
} xz_encoder;

static uint32_t preset_of(const codec_options *options)
{
    return options->level == 0 ? LZMA_PRESET_DEFAULT : (uint32_t)options->level;
}

static lzma_mt threaded(const codec_options *options)
{
    return (lzma_mt){
        .threads = options->threads,
        .preset = preset_of(options),
        .check = LZMA_CHECK_CRC64,
    };
}

uint64_t xz_encoder_memory(const codec_options *options)
{
    lzma_mt mt = threaded(options);
    uint64_t bytes = options->threads > 1 ? lzma_stream_encoder_mt_memusage(&mt)
                                          : lzma_easy_encoder_memusage(preset_of(options));
    return bytes == UINT64_MAX ? CODER_BASE_BYTES : bytes + CODER_BASE_BYTES;
}

static bool encode_run(encoder *c, slice *data, bool finish, size_t *out_len, bool *done, err *e)
{
    xz_encoder *x = (xz_encoder *)c;
    x->lzma.next_in = (const uint8_t *)data->data;
    x->lzma.avail_in = data->len;
    x->lzma.next_out = (uint8_t *)c->out;
    x->lzma.avail_out = CODER_OUT_BYTES;
    lzma_ret result = lzma_code(&x->lzma, finish ? LZMA_FINISH : LZMA_RUN);
    if (result != LZMA_OK && result != LZMA_STREAM_END)
        return err_set(e, ERR_INTERNAL, "xz: encode: liblzma returned status %d", (int)result);
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

static lzma_ret open_encoder(lzma_stream *lzma, const codec_options *options)
{
    lzma_mt mt = threaded(options);
    return options->threads > 1 ? lzma_stream_encoder_mt(lzma, &mt)
                                : lzma_easy_encoder(lzma, preset_of(options), LZMA_CHECK_CRC64);
}

stage *xz_encoder_new(const codec_options *options, stage *next, err *e)
{
    if (options->level < 0 || options->level > 9) {
        err_set(e, ERR_CONFIG, "xz: level %d does not exist; use 1 to 9", options->level);
        return NULL;
    }
    xz_encoder *x = xcalloc(1, sizeof *x);
    encoder_init(&x->base, &xz_encoder_ops, next);
    x->lzma = (lzma_stream)LZMA_STREAM_INIT;
    if (open_encoder(&x->lzma, options) != LZMA_OK)
        util_out_of_memory(0);
    return &x->base.stage;
}
