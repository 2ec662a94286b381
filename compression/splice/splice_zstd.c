/* frame                                  what is written
 * text without a removed byte            the frame as it is
 * its size is in the header              known without decoding it
 * its size is not                        decoded until the next removed byte, or its end
 * with a removed byte                    its text without the removed ranges, encoded
 * skippable, pzstd's                     the size of the frame that follows, as it is written
 * skippable, a seek table                one entry for each frame that was written
 * skippable, another                     as it is
 */
#include "base/util.h"
#include "compression/splice/splice_zstd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "compression/pieces/file_copy.h"
#include "compression/splice/splice_range.h"
#include "compression/pieces/zstd_piece.h"

#define PZSTD_MAGIC       ZSTD_SKIPPABLE_MAGIC
#define SEEK_MAGIC        0x184D2A5Eu
#define SEEK_FOOTER_MAGIC 0x8F92EAB1u
#define SEEK_FOOTER_BYTES 9u
#define SEEK_CHECKSUMS    0x80u
#define SKIPPABLE_HEAD    8u

typedef struct zstd_splicer {
    const splice_request *r;
    splice_cursor removed;
    uint64_t text;      /* bytes of the file's text before the frame */
    uint64_t out_from;  /* offset of `out` at the begin */
    uint64_t out_bytes; /* that were written */
    uint64_t size_at;   /* where pzstd's size of the next frame goes; 0: nowhere */
    buf seek;           /* entries of a seek table: two or three numbers of 32 bits */
    bool all_have_checksums;
    zstd_piece *piece;
} zstd_splicer;

static bool write_out(zstd_splicer *s, const void *bytes, size_t len, err *e)
{
    s->out_bytes += len;
    return fs_write_all(s->r->out, bytes, len, e);
}

static bool copy_out(zstd_splicer *s, uint64_t from, uint64_t to, err *e)
{
    s->out_bytes += to - from;
    return file_copy(s->r->in, from, to - from, s->r->out, e);
}

/* ---- frames ---- */

typedef struct frame_text {
    zstd_splicer *s;
    uint64_t at; /* of the file's text */
} frame_text;

static bool keep(void *ctx, slice text, err *e)
{
    return zstd_piece_add(((zstd_splicer *)ctx)->piece, text, e);
}

static bool on_text(void *ctx, slice data, err *e)
{
    frame_text *f = ctx;
    uint64_t from = f->at;
    f->at += data.len;
    return splice_cursor_keep(&f->s->removed, data, from, keep, f->s, e);
}

static bool on_output(void *ctx, slice data, err *e)
{
    return write_out(ctx, data.data, data.len, e);
}

static bool encode_frame(zstd_splicer *s, const zstd_frame *frame, zstd_piece_facts *facts, err *e)
{
    frame_text f = {.s = s, .at = s->text};
    uint64_t head_at = s->out_from + s->out_bytes;
    if (!zstd_piece_begin(s->piece, frame, on_output, s, e) ||
        !zstd_decode_frame(s->piece, s->r->in, frame, on_text, &f, e) ||
        !zstd_piece_end(s->piece, s->r->out, head_at, facts, e))
        return false;
    s->text = f.at;
    return true;
}

static bool copy_frame(zstd_splicer *s, const zstd_frame *frame, zstd_piece_facts *facts, err *e)
{
    size_t len = sizeof facts->checksum;
    s->text += facts->text_bytes;
    return copy_out(s, frame->at, frame->end, e) &&
           (!frame->has_checksum || file_read(s->r->in, frame->end - len, facts->checksum, len, e));
}

typedef struct text_count {
    uint64_t bytes, most;
} text_count;

static bool on_counted(void *ctx, slice data, err *e)
{
    text_count *c = ctx;
    c->bytes += data.len;
    return c->bytes <= c->most || err_set(e, ERR_CANCELLED, "a removed range begins");
}

/* Whether the frame ends before the next removed range; then `text_bytes` is its length. */
static bool is_untouched(zstd_splicer *s, const zstd_frame *frame, uint64_t *text_bytes, bool *yes,
                         err *e)
{
    err stopped = ERR_INIT;
    text_count c = {0};
    if (!splice_cursor_to(&s->removed, s->text, e))
        return false;
    c.most = s->removed.next.from > s->text ? s->removed.next.from - s->text : 0;
    *text_bytes = frame->text_bytes;
    *yes = frame->text_bytes <= c.most;
    if (frame->has_size)
        return true;
    if (!zstd_decode_frame(s->piece, s->r->in, frame, on_counted, &c, &stopped) &&
        stopped.code != ERR_CANCELLED) {
        *e = stopped;
        return false;
    }
    *text_bytes = c.bytes;
    *yes = stopped.code != ERR_CANCELLED;
    return true;
}

/* ---- pzstd's sizes, the seek table ---- */

static bool put_size(zstd_splicer *s, uint64_t frame_bytes, err *e)
{
    uint8_t size[4];
    if (s->size_at == 0)
        return true;
    zstd_put_le(size, frame_bytes, sizeof size);
    if (pwrite(s->r->out, size, sizeof size, (off_t)s->size_at) != (ssize_t)sizeof size)
        return err_set_errno(e, ERR_IO, errno, "cannot write the size of a frame");
    s->size_at = 0;
    return true;
}

/* The seek table's checksum of a frame is that of the frame itself. */
static bool note_frame(zstd_splicer *s, const zstd_frame *frame, uint64_t bytes,
                       const zstd_piece_facts *facts, err *e)
{
    uint8_t entry[12];
    zstd_put_le(entry, bytes, 4);
    zstd_put_le(entry + 4, facts->text_bytes, 4);
    memcpy(entry + 8, facts->checksum, 4);
    s->all_have_checksums &= frame->has_checksum;
    return buf_append(&s->seek, entry, sizeof entry) ||
           err_set(e, ERR_LIMIT, "splice: the file has too many frames");
}

static bool write_seek_table(zstd_splicer *s, bool checksums, err *e)
{
    size_t entry = checksums ? 12 : 8, count = s->seek.len / 12;
    uint8_t head[SKIPPABLE_HEAD], foot[SEEK_FOOTER_BYTES];
    zstd_put_le(head, SEEK_MAGIC, 4);
    zstd_put_le(head + 4, count * entry + SEEK_FOOTER_BYTES, 4);
    zstd_put_le(foot, count, 4);
    foot[4] = checksums ? SEEK_CHECKSUMS : 0;
    zstd_put_le(foot + 5, SEEK_FOOTER_MAGIC, 4);
    if (!write_out(s, head, sizeof head, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!write_out(s, s->seek.data + 12 * i, entry, e))
            return false;
    return write_out(s, foot, sizeof foot, e);
}

/* Whether the frame is a seek table, and whether it has checksums. */
static bool read_seek_footer(const zstd_splicer *s, const zstd_frame *frame, bool *is_table,
                             bool *checksums, err *e)
{
    uint8_t foot[SEEK_FOOTER_BYTES];
    *is_table = false;
    if (frame->magic != SEEK_MAGIC || frame->end - frame->at < SKIPPABLE_HEAD + sizeof foot)
        return true;
    if (!file_read(s->r->in, frame->end - sizeof foot, foot, sizeof foot, e))
        return false;
    *is_table = zstd_get_le32(foot + 5) == SEEK_FOOTER_MAGIC;
    *checksums = foot[4] & SEEK_CHECKSUMS;
    return true;
}

/* pzstd puts the size of each frame in front of it. */
static bool is_pzstd_size(const zstd_splicer *s, const zstd_frame *frame, bool *yes, err *e)
{
    uint8_t size[4];
    zstd_frame following;
    *yes = false;
    if (frame->magic != PZSTD_MAGIC || frame->end - frame->at != SKIPPABLE_HEAD + sizeof size ||
        frame->end == s->r->pin.size_bytes)
        return true;
    if (!file_read(s->r->in, frame->at + SKIPPABLE_HEAD, size, sizeof size, e) ||
        !zstd_frame_read(s->r->in, frame->end, &following, e))
        return false;
    *yes = !following.skippable && zstd_get_le32(size) == following.end - following.at;
    return true;
}

static bool splice_skippable(zstd_splicer *s, const zstd_frame *frame, err *e)
{
    bool is_table = false, checksums = false, is_size = false;
    if (!read_seek_footer(s, frame, &is_table, &checksums, e) ||
        !is_pzstd_size(s, frame, &is_size, e))
        return false;
    if (is_table)
        return write_seek_table(s, checksums && s->all_have_checksums, e);
    if (!copy_out(s, frame->at, frame->end, e))
        return false;
    if (is_size)
        s->size_at = s->out_from + s->out_bytes - 4;
    return true;
}

static bool splice_frame(zstd_splicer *s, const zstd_frame *frame, err *e)
{
    uint64_t before = s->out_bytes;
    zstd_piece_facts facts = {0};
    bool untouched = false;
    if (frame->skippable)
        return splice_skippable(s, frame, e);
    if (!is_untouched(s, frame, &facts.text_bytes, &untouched, e) ||
        !(untouched ? copy_frame : encode_frame)(s, frame, &facts, e))
        return false;
    return put_size(s, s->out_bytes - before, e) &&
           note_frame(s, frame, s->out_bytes - before, &facts, e);
}

static bool splice_frames(zstd_splicer *s, err *e)
{
    zstd_frame frame;
    off_t at = lseek(s->r->out, 0, SEEK_CUR);
    if (at < 0)
        return err_set_errno(e, ERR_IO, errno, "the cleaned file cannot be written in place");
    s->out_from = (uint64_t)at;
    for (uint64_t from = 0; from < s->r->pin.size_bytes; from = frame.end)
        if (!zstd_frame_read(s->r->in, from, &frame, e) || !splice_frame(s, &frame, e))
            return false;
    return splice_cursor_to(&s->removed, s->text, e) &&
           (s->removed.next.from == UINT64_MAX || splice_range_beyond(e));
}

bool splice_zstd(const splice_request *r, err *e)
{
    zstd_splicer s = {.r = r,
                      .removed.ranges = &r->removed,
                      .seek = BUF((size_t)1 << 30),
                      .all_have_checksums = true};
    s.piece = zstd_piece_new();
    bool ok = splice_frames(&s, e);
    zstd_piece_free(s.piece);
    buf_deinit(&s.seek);
    return ok;
}
