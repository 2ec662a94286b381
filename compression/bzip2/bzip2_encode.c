/* bzip2 encoder on libbz2. */
#include "base/util.h"
#include "compression/bzip2/bzip2.h"

#include <bzlib.h>
#include <limits.h>

uint64_t bzip2_encoder_memory(const codec_options *options)
{
    UNUSED(options);
    return (uint64_t)9 << 20; /* 8 bytes for each of a block's 900,000, rounded up */
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
        return err_set(e, ERR_INTERNAL, "bzip2: encode: libbz2 returned status %d", result);
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

stage *bzip2_encoder_new(const codec_options *options, stage *next, err *e)
{
    int level = options->level;
    if (level < 0 || level > 9) {
        err_set(e, ERR_CONFIG, "bzip2: level %d does not exist; use 1 to 9", level);
        return NULL;
    }
    bzip2_encoder *b = xcalloc(1, sizeof *b);
    encoder_init(&b->base, &bzip2_encoder_ops, next);
    if (BZ2_bzCompressInit(&b->bz, level == 0 ? 9 : level, 0, 0) != BZ_OK)
        util_out_of_memory(0);
    return &b->base.stage;
}
