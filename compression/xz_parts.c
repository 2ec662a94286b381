/* part            bytes                    then
 * STREAM_HEADER   12                       HEADER_SIZE
 * HEADER_SIZE     1                        0: INDEX; n: BLOCK_HEADER
 * BLOCK_HEADER    (n + 1) * 4 - 1          CHUNK_CONTROL
 * CHUNK_CONTROL   1                        0: BLOCK_END; else CHUNK_HEADER
 * CHUNK_HEADER    2 without compression;   CHUNK
 *                 4, or 5 with properties
 * CHUNK           as its header says       CHUNK_CONTROL
 * BLOCK_END       padding and check        HEADER_SIZE; CHUNK_CONTROL's last was 0
 * INDEX           all
 */
#include "compression/xz_parts.h"

#define STREAM_HEADER_BYTES 12
#define CHECK_TYPE_AT       7

static uint64_t need(const xz_parts *x)
{
    switch (x->part) {
    case XZ_STREAM_HEADER:
        return STREAM_HEADER_BYTES;
    case XZ_HEADER_SIZE:
    case XZ_CHUNK_CONTROL:
        return 1;
    case XZ_INDEX:
        return UINT64_MAX;
    default:
        return x->need;
    }
}

bool xz_parts_at_start(const xz_parts *x)
{
    return x->passed == 0;
}

size_t xz_parts_piece(const xz_parts *x, slice data)
{
    return (size_t)MIN((uint64_t)data.len, need(x) - x->passed);
}

static unsigned check_bytes(unsigned check)
{
    return check == 0 ? 0 : 4U << ((check - 1) / 3); /* 4, 8, 16, 32, 64: three types each */
}

static void enter(xz_parts *x, xz_part part, uint64_t bytes)
{
    x->part = part;
    x->need = bytes;
    x->passed = 0;
    x->value = 0;
}

/* An LZMA chunk from 0x80 up: two bytes of decoded length, two of length, properties from 0xC0. */
static uint64_t chunk_header_bytes(unsigned control)
{
    return control < 0x80 ? 2 : control < 0xc0 ? 4 : 5;
}

static void end_block_data(xz_parts *x)
{
    uint64_t padding = (4 - x->data_bytes % 4) % 4;
    uint64_t bytes = padding + check_bytes(x->check);
    if (bytes == 0)
        enter(x, XZ_HEADER_SIZE, 0);
    else
        enter(x, XZ_BLOCK_END, bytes);
}

/* The bytes that tell something about what follows. */
static void look_at(xz_parts *x, unsigned char byte)
{
    if (x->part == XZ_STREAM_HEADER && x->passed == CHECK_TYPE_AT)
        x->check = byte & 15;
    if (x->part == XZ_HEADER_SIZE || x->part == XZ_CHUNK_CONTROL)
        x->control = byte;
    /* the last two bytes of the lengths are those of the chunk's own */
    uint64_t at = x->control < 0x80 ? 0 : 2;
    if (x->part == XZ_CHUNK_HEADER && x->passed >= at && x->passed < at + 2)
        x->value = x->value << 8 | byte;
}

static void leave(xz_parts *x)
{
    switch (x->part) {
    case XZ_STREAM_HEADER:
    case XZ_BLOCK_END:
        enter(x, XZ_HEADER_SIZE, 0);
        break;
    case XZ_HEADER_SIZE:
        x->data_bytes = 0;
        if (x->control == 0)
            enter(x, XZ_INDEX, 0);
        else
            enter(x, XZ_BLOCK_HEADER, ((uint64_t)x->control + 1) * 4 - 1);
        break;
    case XZ_CHUNK_CONTROL:
        if (x->control == 0)
            end_block_data(x);
        else
            enter(x, XZ_CHUNK_HEADER, chunk_header_bytes(x->control));
        break;
    case XZ_CHUNK_HEADER:
        enter(x, XZ_CHUNK, x->value + 1);
        break;
    default:
        enter(x, XZ_CHUNK_CONTROL, 0);
        break;
    }
}

static bool has_fields(xz_part part)
{
    return part != XZ_CHUNK && part != XZ_INDEX;
}

void xz_parts_pass(xz_parts *x, slice piece)
{
    if (x->part >= XZ_CHUNK_CONTROL && x->part <= XZ_CHUNK)
        x->data_bytes += piece.len;
    if (has_fields(x->part))
        for (size_t i = 0; i < piece.len; i++, x->passed++)
            look_at(x, (unsigned char)piece.data[i]);
    else
        x->passed += piece.len;
    if (x->passed == need(x))
        leave(x);
}

const char *xz_parts_name(const xz_parts *x)
{
    switch (x->part) {
    case XZ_STREAM_HEADER:
        return "the stream header is damaged";
    case XZ_HEADER_SIZE:
    case XZ_BLOCK_HEADER:
        return "a block header is damaged";
    case XZ_BLOCK_END:
        return "a block's check or padding is wrong";
    case XZ_INDEX:
        return "the index or the footer is wrong";
    default:
        return "a block's data are damaged";
    }
}
