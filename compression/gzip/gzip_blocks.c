#include "base/util.h"
#include "compression/gzip/gzip_blocks.h"

#include <zlib.h>

struct gzip_deflater {
    z_stream stream;
};

#define RAW_WINDOW_BITS (-15) /* without zlib's header and trailer */
#define OUTPUT_BYTES    65536

gzip_deflater *gzip_deflater_new(int level)
{
    gzip_deflater *d = xcalloc(1, sizeof *d);
    if (deflateInit2(&d->stream, level, Z_DEFLATED, RAW_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        util_out_of_memory(0);
    return d;
}

void gzip_deflater_free(gzip_deflater *d)
{
    if (!d)
        return;
    deflateEnd(&d->stream);
    free(d);
}

/* The flush ends the piece at a byte boundary; after the reset nothing refers to earlier text. */
gzip_block gzip_deflate_block(gzip_deflater *d, slice text, buf *out)
{
    unsigned char bytes[OUTPUT_BYTES];
    gzip_block block = {.crc = (uint32_t)crc32_z(0, (const Bytef *)text.data, text.len),
                        .len = text.len};
    z_stream *z = &d->stream;
    size_t left = text.len;
    z->next_in = (Bytef *)(uintptr_t)text.data;
    z->avail_in = 0;
    do {
        if (z->avail_in == 0 && left > 0) {
            z->avail_in = (uInt)MIN(left, (size_t)1 << 30);
            left -= z->avail_in;
        }
        z->next_out = bytes;
        z->avail_out = sizeof bytes;
        deflate(z, left > 0 ? Z_NO_FLUSH : Z_SYNC_FLUSH);
        /* cppcheck-suppress uninitvar ; deflate() writes it */
        buf_append(out, bytes, sizeof bytes - z->avail_out);
    } while (z->avail_in > 0 || left > 0 || z->avail_out == 0);
    deflateReset(z);
    return block;
}

/* Without name and time; operating system "unknown". */
void gzip_member_begin(gzip_member *m, buf *out)
{
    static const unsigned char head[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF};
    *m = (gzip_member){0};
    buf_append(out, head, sizeof head);
}

void gzip_member_add(gzip_member *m, const gzip_block *block)
{
    m->crc = (uint32_t)crc32_combine(m->crc, block->crc, (z_off_t)block->len);
    m->len += block->len;
}

static void put_u32(buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_append_char(out, (char)(value >> 8 * i));
}

void gzip_member_end(const gzip_member *m, buf *out)
{
    static const unsigned char last_block[] = {3, 0}; /* an empty block with the last-block bit */
    buf_append(out, last_block, sizeof last_block);
    put_u32(out, m->crc);
    put_u32(out, (uint32_t)m->len);
}
