/* DEFLATE decoder on zlib. zlib reports an error but not its position within the piece it was
 * given. The state before each piece is therefore kept, and a piece with an error is decoded
 * again byte by byte. */
#include "base/util.h"
#include "compression/gzip/inflate.h"

#include <limits.h>
#include <zlib.h>

#define RAW_WINDOW_BITS (-15) /* the largest window; DEFLATE alone */
#define BUFFER_BYTES    (256u * 1024)

typedef struct zlib_inflater {
    inflater base;
    z_stream z, before; /* before: copy from before the latest piece, if that has more than one
                           byte */
    unsigned char buffer[BUFFER_BYTES];
} zlib_inflater;

static void *take_memory(void *opaque, unsigned items, unsigned size)
{
    UNUSED(opaque);
    return xcalloc(items, size);
}

static void give_memory(void *opaque, void *p)
{
    UNUSED(opaque);
    free(p);
}

static void remember(zlib_inflater *f, size_t piece_bytes)
{
    inflateEnd(&f->before);
    if (piece_bytes > 1)
        inflateCopy(&f->before, &f->z);
}

/* Decodes one piece into the buffer; returns zlib's result and advances both. */
static int give(z_stream *z, slice *data, size_t len, slice *out)
{
    z->next_in = (Bytef *)data->data;
    z->avail_in = (uInt)len;
    z->next_out = (Bytef *)out->data + out->len;
    z->avail_out = (uInt)(BUFFER_BYTES - out->len);
    int result = inflate(z, Z_NO_FLUSH);
    data->data += len - z->avail_in;
    data->len -= len - z->avail_in;
    out->len = BUFFER_BYTES - z->avail_out;
    return result;
}

static inflate_result fault(zlib_inflater *f, slice *data, slice piece, slice *out)
{
    f->base.cause = f->z.msg;
    if (piece.len > 1) {
        *data = piece;
        out->len = 0;
        while (data->len > 0 && give(&f->before, data, 1, out) != Z_DATA_ERROR)
            ;
    }
    return INFLATE_FAULT;
}

static inflate_result run(inflater *base, slice *data, slice *out)
{
    zlib_inflater *f = (zlib_inflater *)base;
    slice piece = *data;
    *out = (slice){.data = (const char *)f->buffer};
    if (base->cause)
        return INFLATE_FAULT;
    remember(f, piece.len);
    int result = give(&f->z, data, MIN(piece.len, (size_t)UINT_MAX), out);
    if (result == Z_DATA_ERROR)
        return fault(f, data, piece, out);
    if (result == Z_STREAM_END)
        return INFLATE_END;
    return data->len > 0 || out->len == BUFFER_BYTES ? INFLATE_FULL : INFLATE_MORE;
}

static void reset(inflater *base)
{
    zlib_inflater *f = (zlib_inflater *)base;
    inflateReset(&f->z);
    base->cause = NULL;
}

static void release(inflater *base)
{
    zlib_inflater *f = (zlib_inflater *)base;
    inflateEnd(&f->z);
    inflateEnd(&f->before);
    free(f);
}

static const inflater_ops zlib_ops = {.run = run, .reset = reset, .free = release};

inflater *inflater_zlib_new(void)
{
    zlib_inflater *f = xcalloc(1, sizeof *f);
    f->base.ops = &zlib_ops;
    f->z.zalloc = take_memory;
    f->z.zfree = give_memory;
    int result = inflateInit2(&f->z, RAW_WINDOW_BITS);
    if (result == Z_OK)
        return &f->base;
    if (result == Z_MEM_ERROR)
        util_out_of_memory(0);
    fprintf(stderr, "zlib: inflateInit2 failed\n"); /* headers and library differ in version */
    abort();
}
