#include "base/util.h"
#include "compression/pieces/bzip2_piece.h"

#include <string.h>

#include "compression/pieces/file_copy.h"

#define OUT_BYTES  ((size_t)64 * 1024)
#define OUT_MOST   ((size_t)2 << 20) /* more than a block of incompressible text */
#define LONG_RUN   255u
#define SHORT_RUN  3u /* longer ones are four bytes and their length */
#define HEAD_BITS  32u
#define CRC_BITS   32u
#define SPARE      20u /* bytes of a block that libbz2 does not fill, and one more */
#define LEVEL_UNIT 100000u

void bzip2_piece_init(bzip2_piece *p)
{
    *p = (bzip2_piece){.level = '9', .out = BUF(OUT_MOST)};
    bzip2_memory_init(&p->memory);
    bzip2_block_init(&p->block, &p->memory);
}

void bzip2_piece_deinit(bzip2_piece *p)
{
    if (p->open)
        BZ2_bzCompressEnd(&p->bz);
    bzip2_block_deinit(&p->block);
    bzip2_memory_deinit(&p->memory);
    buf_deinit(&p->out);
}

void bzip2_piece_begin_stream(bzip2_piece *p, char level)
{
    p->level = level;
    p->crc = 0;
}

void bzip2_piece_add_crc(bzip2_piece *p, uint32_t crc)
{
    p->crc = (p->crc << 1 | p->crc >> 31) ^ crc;
}

/* ---- decoding ---- */

bool bzip2_piece_decode(bzip2_piece *p, int in, uint64_t from, uint64_t to, bzip2_output on_text,
                        void *ctx, err *e)
{
    uint64_t first = from / 8, last = (to + 7) / 8;
    bzip2_block *b = &p->block;
    AUTO_FREE char *bytes = xcalloc(1, (size_t)(last - first));
    if (!file_read(in, first, bytes, (size_t)(last - first), e))
        return false;
    bzip2_block_cut(b, (slice){.data = bytes, .len = (size_t)(last - first)}, from - first * 8,
                    to - first * 8, p->level);
    b->job.run(&b->job);
    for (; b->result == BZIP2_MORE; bzip2_block_continue(b))
        if (!on_text(ctx, (slice){.data = b->out, .len = b->out_len}, e))
            return false;
    if (b->result != BZIP2_OK)
        return err_set(e, ERR_CODEC_CORRUPT, "bzip2: a block is damaged");
    return on_text(ctx, (slice){.data = b->out, .len = b->out_len}, e);
}

/* ---- encoding ---- */

static bool encode(bzip2_piece *p, slice text, int action, err *e)
{
    char bytes[OUT_BYTES];
    int result;
    p->bz.next_in = (char *)text.data;
    p->bz.avail_in = (unsigned)text.len;
    do {
        p->bz.next_out = bytes;
        p->bz.avail_out = sizeof bytes;
        result = BZ2_bzCompress(&p->bz, action);
        if (result < 0)
            return err_set(e, ERR_INTERNAL, "bzip2: encode: libbz2 returned status %d", result);
        if (!buf_append(&p->out, bytes, sizeof bytes - p->bz.avail_out))
            return err_set(e, ERR_INTERNAL, "bzip2: encode: a block has more than 2 MiB");
    } while (action == BZ_FINISH ? result != BZ_STREAM_END : p->bz.avail_in > 0);
    return true;
}

static void open_block(bzip2_piece *p)
{
    buf_clear(&p->out);
    p->filled = p->run = 0;
    p->last = -1;
    p->bz = (bz_stream){0};
    if (BZ2_bzCompressInit(&p->bz, p->level - '0', 0, 0) != BZ_OK)
        util_out_of_memory(0);
    p->open = true;
}

/* The bytes that `byte` adds to the block. */
static unsigned growth(const bzip2_piece *p, int byte)
{
    if (byte != p->last || p->run == LONG_RUN || p->run < SHORT_RUN)
        return 1;
    return p->run == SHORT_RUN ? 2 : 0;
}

/* How much of the text the block has space for. */
static size_t take(bzip2_piece *p, slice text)
{
    unsigned most = (unsigned)(p->level - '0') * LEVEL_UNIT - SPARE;
    size_t at = 0;
    for (; at < text.len; at++) {
        int byte = (unsigned char)text.data[at];
        unsigned more = growth(p, byte);
        if (p->filled + more > most)
            break;
        p->filled += more;
        p->run = byte == p->last && p->run < LONG_RUN ? p->run + 1 : 1;
        p->last = byte;
    }
    return at;
}

bool bzip2_piece_add(bzip2_piece *p, slice text, bzip2_writer *w, err *e)
{
    while (text.len > 0) {
        if (!p->open)
            open_block(p);
        size_t len = take(p, text);
        if (!encode(p, (slice){.data = text.data, .len = len}, BZ_RUN, e))
            return false;
        text = (slice){.data = text.data + len, .len = text.len - len};
        if (text.len > 0 && !bzip2_piece_end(p, w, e))
            return false;
    }
    return true;
}

/* The bit where the mark at the end of a stream begins; it is padded by 0 to 7 bits. */
static uint64_t end_of_block(slice stream)
{
    uint64_t at = 8 * (uint64_t)stream.len - BZIP2_MARK_BITS - CRC_BITS;
    for (unsigned pad = 0; pad < 8; pad++)
        if (bzip2_bits_read(stream, at - pad, BZIP2_MARK_BITS) == BZIP2_END_MARK)
            return at - pad;
    return 0;
}

bool bzip2_piece_end(bzip2_piece *p, bzip2_writer *w, err *e)
{
    if (!p->open)
        return true;
    bool ok = encode(p, (slice){0}, BZ_FINISH, e);
    BZ2_bzCompressEnd(&p->bz);
    p->open = false;
    if (!ok)
        return false;
    slice stream = buf_slice(&p->out);
    uint64_t end = end_of_block(stream);
    uint32_t crc = (uint32_t)bzip2_bits_read(stream, HEAD_BITS + BZIP2_MARK_BITS, CRC_BITS);
    if (end == 0 || bzip2_bits_read(stream, end + BZIP2_MARK_BITS, CRC_BITS) != crc)
        return err_set(e, ERR_INTERNAL, "bzip2: encode: libbz2 did not write exactly one block");
    bzip2_piece_add_crc(p, crc);
    return bzip2_put_bits(w, stream, HEAD_BITS, end, e);
}
