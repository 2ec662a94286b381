/* part            bytes                    then
 * CHUNK_CONTROL   1                        0: BLOCK_END; else CHUNK_HEADER
 * CHUNK_HEADER    2 without compression;   CHUNK
 *                 4, or 5 with properties
 * CHUNK           as its header says       CHUNK_CONTROL
 * BLOCK_END       padding and check        nothing: the block has ended
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

/* An LZMA chunk from 0x80 up: two bytes of decoded length, two of length, properties from 0xC0. */
static uint64_t chunk_header_bytes(unsigned control)
{
    return control < 0x80 ? 2 : control < 0xc0 ? 4 : 5;
}

/* The bytes that tell something about what follows. */
static void look_at(xz_parts *x, unsigned char byte)
{
    if (x->part == XZ_CHUNK_CONTROL)
        x->control = byte;
    /* the last two bytes of the lengths are those of the chunk's own */
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
    return x->part == XZ_BLOCK_END ? "a block's check or padding is wrong"
                                   : "a block's data are damaged";
}
