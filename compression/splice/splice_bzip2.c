/* part                          output
 * block without a removed byte  its bits
 * block with a removed byte     the rest of its text, encoded: none, one or two blocks
 * end of an unchanged stream    its bits
 * end of a changed stream       mark, new CRC, zeros up to the next byte
 * bytes after the last stream   unchanged
 *
 * Bits that are copied are collected as a range, `copy_from` to the current position, so that a file or a
 * section without a change is one range. Streams begin at whole bytes in both files.
 */
#include "base/util.h"
#include "compression/splice/splice_bzip2.h"

#include <string.h>

#include "compression/bzip2/bzip2_bits.h"
#include "compression/pieces/bzip2_piece.h"
#include "compression/pieces/file_copy.h"
#include "compression/splice/splice_range.h"

#define HEADER_BYTES 4u
#define CRC_BITS     32u
#define MARK_BYTES   11u /* of a mark and a CRC at any bit */

typedef struct bzip2_splicer {
    const splice_request *r;
    splice_cursor removed;
    uint64_t text;      /* bytes of the file's text before the block */
    size_t block;       /* number of the next block */
    uint64_t copy_from; /* bit of the file */
    bool changed;       /* the stream */
    bzip2_piece piece;
    bzip2_writer w;
} bzip2_splicer;

/* ---- blocks ---- */

static bool corrupt(err *e)
{
    return err_set(e, ERR_CODEC_CORRUPT, "bzip2: the blocks differ from those that were recorded");
}

static bool copy_to(bzip2_splicer *s, uint64_t to, err *e)
{
    uint64_t from = s->copy_from;
    s->copy_from = to;
    return bzip2_copy(&s->w, s->r->in, from, to, e);
}

static bool keep(void *ctx, slice text, err *e)
{
    bzip2_splicer *s = ctx;
    return bzip2_piece_add(&s->piece, text, &s->w, e);
}

static bool on_text(void *ctx, slice text, err *e)
{
    bzip2_splicer *s = ctx;
    uint64_t from = s->text;
    s->text += text.len;
    return splice_cursor_keep(&s->removed, text, from, keep, s, e);
}

static bool rebuild(bzip2_splicer *s, const codec_block *b, err *e)
{
    uint64_t end = s->text + b->text_bytes;
    s->changed = true;
    if (!copy_to(s, b->from_bit, e) ||
        !bzip2_piece_decode(&s->piece, s->r->in, b->from_bit, b->to_bit, on_text, s, e) ||
        !bzip2_piece_end(&s->piece, &s->w, e))
        return false;
    s->copy_from = b->to_bit;
    return s->text == end || corrupt(e);
}

static bool splice_block(bzip2_splicer *s, uint64_t *at, uint32_t crc, err *e)
{
    codec_block b;
    if (!splice_blocks_get(s->r->blocks, s->block++, &b) || b.from_bit != *at)
        return corrupt(e);
    *at = b.to_bit;
    if (!splice_cursor_to(&s->removed, s->text, e))
        return false;
    if (s->removed.next.from < s->text + b.text_bytes)
        return rebuild(s, &b, e);
    s->text += b.text_bytes;
    bzip2_piece_add_crc(&s->piece, crc);
    return true;
}

/* ---- streams ---- */

static bool end_stream(bzip2_splicer *s, uint64_t *at, err *e)
{
    uint64_t mark = *at;
    *at = (mark + BZIP2_MARK_BITS + CRC_BITS + 7) / 8 * 8;
    if (!s->changed)
        return true;
    bool ok = copy_to(s, mark, e) && bzip2_put(&s->w, BZIP2_END_MARK >> 24, 24, e) &&
              bzip2_put(&s->w, BZIP2_END_MARK, 24, e) &&
              bzip2_put(&s->w, s->piece.crc, CRC_BITS, e) && bzip2_pad(&s->w, e);
    s->copy_from = *at;
    return ok;
}

/* The mark at a bit of the file, and the CRC after it. */
static bool read_mark(const bzip2_splicer *s, uint64_t at, uint64_t *mark, uint32_t *crc, err *e)
{
    char bytes[MARK_BYTES];
    size_t len = (size_t)(at % 8 + BZIP2_MARK_BITS + CRC_BITS + 7) / 8;
    slice read = {.data = bytes, .len = len};
    if (!file_read(s->r->in, at / 8, bytes, len, e))
        return false;
    *mark = bzip2_bits_read(read, at % 8, BZIP2_MARK_BITS);
    *crc = (uint32_t)bzip2_bits_read(read, at % 8 + BZIP2_MARK_BITS, CRC_BITS);
    return true;
}

static bool splice_stream(bzip2_splicer *s, uint64_t *at, char level, err *e)
{
    uint64_t mark;
    uint32_t crc;
    s->changed = false;
    bzip2_piece_begin_stream(&s->piece, level);
    for (*at += 8 * HEADER_BYTES;;) {
        if (!read_mark(s, *at, &mark, &crc, e))
            return false;
        if (mark == BZIP2_END_MARK)
            return end_stream(s, at, e);
        if (mark != BZIP2_BLOCK_MARK)
            return corrupt(e);
        if (!splice_block(s, at, crc, e))
            return false;
    }
}

static bool read_header(const bzip2_splicer *s, uint64_t at, bool *is_stream, char *level, err *e)
{
    char head[HEADER_BYTES];
    *is_stream = false;
    if (s->r->pin.size_bytes - at / 8 < sizeof head)
        return true;
    if (!file_read(s->r->in, at / 8, head, sizeof head, e))
        return false;
    *level = head[3];
    *is_stream = memcmp(head, "BZh", 3) == 0 && *level >= '1' && *level <= '9';
    return true;
}

static bool splice_streams(bzip2_splicer *s, err *e)
{
    bool is_stream = true;
    for (uint64_t at = 0; is_stream;) {
        char level = '\0';
        if (!read_header(s, at, &is_stream, &level, e) ||
            (is_stream && !splice_stream(s, &at, level, e)))
            return false;
    }
    if (!splice_cursor_to(&s->removed, s->text, e))
        return false;
    if (s->removed.next.from != UINT64_MAX)
        return splice_range_beyond(e);
    return copy_to(s, 8 * s->r->pin.size_bytes, e) && bzip2_flush(&s->w, e);
}

bool splice_bzip2(const splice_request *r, err *e)
{
    if (!r->blocks)
        return err_set(e, ERR_INTERNAL, "splice: the blocks of a bzip2 file were not recorded");
    bzip2_splicer *s = xcalloc(1, sizeof *s);
    s->r = r;
    s->removed.ranges = &r->removed;
    s->w.fd = r->out;
    bzip2_piece_init(&s->piece);
    bool ok = splice_streams(s, e);
    bzip2_piece_deinit(&s->piece);
    free(s);
    return ok;
}
