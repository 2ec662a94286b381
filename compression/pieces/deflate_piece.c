#include "base/util.h"
#include "compression/pieces/deflate_piece.h"

#include <limits.h>

#define RAW_WINDOW_BITS (-15)
#define OUT_BYTES       16384

void deflate_piece_deinit(deflate_piece *p)
{
    if (p->level > 0)
        deflateEnd(&p->z);
    p->level = 0;
}

static bool prepare(deflate_piece *p, int level)
{
    if (p->level == level)
        return deflateReset(&p->z) == Z_OK;
    deflate_piece_deinit(p);
    p->z = (z_stream){0};
    if (deflateInit2(&p->z, level, Z_DEFLATED, RAW_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    p->level = level;
    return true;
}

bool deflate_piece_begin(deflate_piece *p, int level, slice history, bit_writer *w, err *e)
{
    if (!prepare(p, level))
        util_out_of_memory(0);
    if (history.len > 0 &&
        deflateSetDictionary(&p->z, (const Bytef *)history.data, (uInt)history.len) != Z_OK)
        return err_set(e, ERR_INTERNAL, "splice: deflateSetDictionary failed");
    if (w->count > 0 && deflatePrime(&p->z, (int)w->count, (int)w->bits) != Z_OK)
        return err_set(e, ERR_INTERNAL, "splice: deflatePrime failed");
    w->bits = w->count = 0;
    return true;
}

/* Runs zlib until it has no more output. */
static bool run(deflate_piece *p, int flush, bit_writer *w, err *e)
{
    unsigned char out[OUT_BYTES];
    do {
        p->z.next_out = out;
        p->z.avail_out = sizeof out;
        if (deflate(&p->z, flush) == Z_STREAM_ERROR)
            return err_set(e, ERR_INTERNAL, "splice: deflate failed");
        slice bytes = {.data = (const char *)out, .len = sizeof out - p->z.avail_out};
        if (!bits_put_bytes(w, bytes, e))
            return false;
    } while (p->z.avail_out == 0);
    return true;
}

bool deflate_piece_add(deflate_piece *p, slice text, bit_writer *w, err *e)
{
    while (text.len > 0) {
        uInt part = (uInt)MIN(text.len, (size_t)UINT_MAX);
        p->z.next_in = (Bytef *)(uintptr_t)text.data;
        p->z.avail_in = part;
        if (!run(p, Z_NO_FLUSH, w, e))
            return false;
        text = (slice){.data = text.data + part, .len = text.len - part};
    }
    return true;
}

/* Z_BLOCK ends the block and keeps the bits of an incomplete byte. zlib reports their number; their
 * values are taken from the empty block of a flush, whose remaining output is discarded. */
bool deflate_piece_end(deflate_piece *p, bit_writer *w, err *e)
{
    unsigned char out[64];
    unsigned pending = 0;
    int bits = 0;
    p->z.avail_in = 0;
    if (!run(p, Z_BLOCK, w, e))
        return false;
    if (deflatePending(&p->z, &pending, &bits) != Z_OK || pending > 0 || bits > 7)
        return err_set(e, ERR_INTERNAL, "splice: deflate kept output at the end of a block");
    if (bits == 0)
        return true;
    p->z.next_out = out;
    p->z.avail_out = sizeof out;
    deflate(&p->z, Z_SYNC_FLUSH);
    if (p->z.avail_out == sizeof out)
        return err_set(e, ERR_INTERNAL, "splice: deflate gave no output at a flush");
    return bits_put(w, out[0], (unsigned)bits, e);
}
