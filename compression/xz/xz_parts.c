/* part            bytes                    next
 * CHUNK_CONTROL   1                        0: BLOCK_END; else CHUNK_HEADER
 * CHUNK_HEADER    2 without compression;   CHUNK
 *                 4, or 5 with properties
 * CHUNK           given by its header      CHUNK_CONTROL
 * BLOCK_END       padding and check        the block has ended
 */
#include "base/util.h"
#include "compression/xz/xz_parts.h"

static uint64_t need(const xz_parts *x)
{
    return x->part == XZ_CHUNK_CONTROL ? 1 : x->need;
}

bool xz_parts_at_start(const xz_parts *x)
{
    return x->passed == 0;
}

size_t xz_parts_piece(const xz_parts *x, slice data)
{
    return (size_t)MIN((uint64_t)data.len, need(x) - x->passed);
}

static void enter(xz_parts *x, xz_part part, uint64_t bytes)
{
    x->part = part;
    x->need = bytes;
    x->passed = 0;
    x->value = 0;
}

void xz_parts_start(xz_parts *x, unsigned check_bytes)
{
    *x = (xz_parts){.check_bytes = check_bytes};
    enter(x, XZ_CHUNK_CONTROL, 0);
}

/* Control bytes of LZMA chunks start at 0x80: two bytes of decoded length, two of compressed
 * length, properties from 0xC0. */
static uint64_t chunk_header_bytes(unsigned control)
{
    return control < 0x80 ? 2 : control < 0xc0 ? 4 : 5;
}

/* Reads the bytes that determine the following sizes. */
static void look_at(xz_parts *x, unsigned char byte)
{
    if (x->part == XZ_CHUNK_CONTROL)
        x->control = byte;
    /* the last two length bytes are the length of the chunk */
    uint64_t at = x->control < 0x80 ? 0 : 2;
    if (x->part == XZ_CHUNK_HEADER && x->passed >= at && x->passed < at + 2)
        x->value = x->value << 8 | byte;
}

static void leave(xz_parts *x)
{
    if (x->part == XZ_CHUNK_CONTROL && x->control == 0)
        enter(x, XZ_BLOCK_END, (4 - x->data_bytes % 4) % 4 + x->check_bytes);
    else if (x->part == XZ_CHUNK_CONTROL)
        enter(x, XZ_CHUNK_HEADER, chunk_header_bytes(x->control));
    else if (x->part == XZ_CHUNK_HEADER)
        enter(x, XZ_CHUNK, x->value + 1);
    else
        enter(x, XZ_CHUNK_CONTROL, 0);
}

void xz_parts_pass(xz_parts *x, slice piece)
{
    x->data_bytes += piece.len;
    if (x->part == XZ_CHUNK_CONTROL || x->part == XZ_CHUNK_HEADER)
        for (size_t i = 0; i < piece.len; i++, x->passed++)
            look_at(x, (unsigned char)piece.data[i]);
    else
        x->passed += piece.len;
    if (x->passed == need(x))
        leave(x);
}

const char *xz_parts_name(const xz_parts *x)
{
    return x->part == XZ_BLOCK_END ? "the check or padding of a block is wrong"
                                   : "the data of a block is damaged";
}
