/* A member is copied until a removed range is near; then its text is encoded until nothing that
 * follows can refer to the removed text; then copying continues at the next bit.
 *
 *            at least 258 bytes (the longest    32 KiB after the removed range,
 *            match) before a removed range      and no other one is near
 *   copying ------------------------------> encoding --------------------------> copying
 *
 * Both changes are possible between any two symbols: a block is split by ending it and repeating
 * its header. Copied data is collected as a range of bits and written when it ends, so that a file
 * or a section without a change is one range. A stored block is padded again if its bits are
 * shifted. Its text before the range is encoded instead of copied.
 */
#include "base/util.h"
#include "compression/splice/splice_gzip.h"

#ifdef DECON_NO_GZIP_NATIVE

bool splice_gzip_is_built(void)
{
    return false;
}

bool splice_gzip(const splice_request *r, err *e)
{
    UNUSED(r);
    return err_set(e, ERR_CODEC_UNSUPPORTED,
                   "splice: this build (GZIP_NATIVE=0) cannot splice gzip");
}

#else

#include <inttypes.h>
#include <string.h>

#include "compression/gzip/inflate_place.h"
#include "compression/pieces/bit_writer.h"
#include "compression/pieces/deflate_piece.h"
#include "compression/pieces/gzip_source.h"
#include "compression/splice/splice_range.h"
#include "decon/base/digest.h"

#define LONGEST_MATCH  258u
#define REACH_BYTES    32768u /* maximum distance of a back-reference */
#define MIN_COPY_BYTES 8192u  /* shorter text is encoded: copying it would add two block headers */
#define LEVEL          6
#define LEVEL_BEST     9
#define BGZF_MAX_BYTES 65536u
#define HELD_MAX_BYTES ((size_t)256 * 1024)

typedef struct text_sum {
    uint32_t crc;
    uint64_t len;
} text_sum;

typedef struct gzip_splicer {
    const splice_request *r;
    inflater *inflater;
    splice_range next;   /* the current or next removed range */
    uint64_t text;       /* bytes of the file decoded so far */
    uint64_t removed_to; /* end of the last removed range */
    bool encoding;

    /* The member. */
    gzip_header header;
    uint64_t member_at, data_at; /* offsets in the file */
    uint64_t member_text;        /* `text` at its beginning */
    bool changed;
    text_sum all, kept, run; /* run: the current section, which is all kept or all removed */
    bool run_is_kept;

    /* Bits of the file that are to be copied: a block's header, then the bits after `copy_from`. */
    uint64_t lead_from, lead_to, copy_from;

    deflate_piece piece;
    buf held; /* buffer for a bgzip member */
    bit_writer w;
    gzip_source source;
} gzip_splicer;

bool splice_gzip_is_built(void)
{
    return true;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- copied data ---- */

static bool flush_copy(gzip_splicer *s, uint64_t to, uint64_t cleared, err *e)
{
    int in = s->r->in;
    if (!bits_copy(&s->w, in, s->lead_from, s->lead_to, cleared, e) ||
        !bits_copy(&s->w, in, s->copy_from, to, cleared, e))
        return false;
    s->lead_from = s->lead_to = 0;
    s->copy_from = to;
    return true;
}

static bool is_shifted(const gzip_splicer *s)
{
    return (s->w.count + (s->lead_to - s->lead_from)) % 8 != s->copy_from % 8;
}

/* Writes a stored block with `left` bytes, copied from bit `from`. */
static bool put_stored(gzip_splicer *s, bool is_last, unsigned left, uint64_t from, err *e)
{
    s->lead_from = s->lead_to = 0;
    s->copy_from = from;
    return bits_put(&s->w, is_last, 3, e) && bits_pad(&s->w, e) && bits_put(&s->w, left, 16, e) &&
           bits_put(&s->w, ~left & 0xffff, 16, e);
}

/* ---- copying and encoding ---- */

/* The end of the text that may be copied before the next removed range. */
static uint64_t copy_end(const gzip_splicer *s)
{
    uint64_t end = s->next.from > LONGEST_MATCH ? s->next.from - LONGEST_MATCH : 0;
    return MAX(end, s->member_text);
}

/* Where encoding may end, as far as known. `most`: text that can no longer be encoded once
 * copying has begun. */
static uint64_t encode_end(const gzip_splicer *s, uint64_t most)
{
    uint64_t clear = MAX(add(s->removed_to, REACH_BYTES), s->text);
    if (s->next.from != UINT64_MAX && copy_end(s) < add(clear, MAX(most, (uint64_t)MIN_COPY_BYTES)))
        return add(s->next.to, REACH_BYTES);
    return add(s->removed_to, REACH_BYTES);
}

static void set_stop(gzip_splicer *s, uint64_t text)
{
    inflater_stop(s->inflater, text == UINT64_MAX ? INFLATE_NO_STOP : text - s->member_text,
                  !s->encoding);
}

/* The first change of a member. A bgzip member is held until its size is known. */
static bool begin_change(gzip_splicer *s, err *e)
{
    if (s->changed)
        return true;
    s->changed = true;
    if (!flush_copy(s, 8 * s->member_at, BIT_NONE, e))
        return false;
    if (s->header.block_size == 0 || s->header.len > BGZF_MAX_BYTES)
        return true;
    buf_clear(&s->held);
    if (!bits_flush(&s->w, e))
        return false;
    s->w.held = &s->held;
    return true;
}

static bool cut(gzip_splicer *s, const inflate_place *p, err *e)
{
    bool within = p->within == INFLATE_IN_CODED && p->text > p->block_text;
    bool at_header = p->within != INFLATE_BETWEEN && !within;
    uint64_t begin = 8 * s->data_at;
    uint64_t to = begin + (at_header ? p->block_bits : p->bits);
    if (!begin_change(s, e) || !flush_copy(s, to, within ? begin + p->block_bits : BIT_NONE, e) ||
        (within && !bits_put(&s->w, p->end_code, p->end_code_len, e)))
        return false;
    s->encoding = true;
    return deflate_piece_begin(&s->piece, s->header.is_best ? LEVEL_BEST : LEVEL,
                               inflater_history(s->inflater), &s->w, e);
}

static bool resume(gzip_splicer *s, const inflate_place *p, err *e)
{
    uint64_t begin = 8 * s->data_at;
    s->encoding = false;
    if (!deflate_piece_end(&s->piece, &s->w, e))
        return false;
    if (p->within == INFLATE_IN_STORED)
        return put_stored(s, p->is_last, p->stored_left, begin + p->bits, e);
    s->lead_from = s->lead_to = 0;
    s->copy_from = begin + p->bits;
    if (p->within != INFLATE_IN_CODED)
        return true;
    if (p->text == p->block_text) {
        s->copy_from = begin + p->block_bits;
        return true;
    }
    s->lead_from = begin + p->block_bits;
    s->lead_to = begin + p->content_bits;
    return true;
}

static bool at_stop_copying(gzip_splicer *s, err *e)
{
    inflate_place p = inflater_place(s->inflater);
    if (copy_end(s) < add(s->text, p.stored_left) || copy_end(s) <= s->text)
        return cut(s, &p, e);
    if (p.within != INFLATE_IN_STORED || !is_shifted(s))
        return true;
    return flush_copy(s, 8 * s->data_at + p.block_bits, BIT_NONE, e) &&
           put_stored(s, p.is_last, p.stored_left, 8 * s->data_at + p.bits, e);
}

static bool at_stop(gzip_splicer *s, err *e)
{
    if (!s->encoding) {
        if (!at_stop_copying(s, e))
            return false;
    } else {
        inflate_place p = inflater_place(s->inflater);
        if (encode_end(s, p.stored_left) <= s->text && !resume(s, &p, e))
            return false;
    }
    if (s->encoding) {
        inflate_place p = inflater_place(s->inflater);
        set_stop(s, encode_end(s, p.stored_left));
    } else {
        set_stop(s, copy_end(s));
    }
    return true;
}

/* ---- text ---- */

static void end_run(gzip_splicer *s)
{
    text_sum *const sums[] = {&s->all, &s->kept};
    for (size_t i = 0; i < (s->run_is_kept ? 2 : 1); i++) {
        sums[i]->crc = crc32_ieee_combine(sums[i]->crc, s->run.crc, s->run.len);
        sums[i]->len += s->run.len;
    }
    s->run = (text_sum){0};
}

static bool take_part(gzip_splicer *s, slice part, bool is_kept, err *e)
{
    if (is_kept != s->run_is_kept)
        end_run(s);
    s->run_is_kept = is_kept;
    s->run.crc = crc32_ieee(s->run.crc, part.data, part.len);
    s->run.len += part.len;
    s->text += part.len;
    if (!is_kept && !s->encoding)
        return err_set(e, ERR_INTERNAL, "splice: a removed range would have been copied");
    return !is_kept || !s->encoding || deflate_piece_add(&s->piece, part, &s->w, e);
}

/* Advances over ranges that have ended. */
static bool pass_ranges(gzip_splicer *s, err *e)
{
    while (s->next.to <= s->text) {
        splice_range before = s->next;
        if (before.to > before.from)
            s->removed_to = before.to;
        if (!s->r->removed.next(s->r->removed.ctx, &s->next, e) ||
            !splice_range_check(before, s->next, e))
            return false;
    }
    return true;
}

static bool take_text(gzip_splicer *s, slice text, err *e)
{
    while (text.len > 0) {
        bool is_kept = s->text < s->next.from;
        uint64_t edge = is_kept ? s->next.from : s->next.to;
        size_t len = (size_t)MIN((uint64_t)text.len, edge - s->text);
        if (!take_part(s, (slice){.data = text.data, .len = len}, is_kept, e) || !pass_ranges(s, e))
            return false;
        text = (slice){.data = text.data + len, .len = text.len - len};
    }
    return true;
}

/* ---- members ---- */

static bool corrupt(const gzip_splicer *s, const char *cause, err *e)
{
    return err_set(e, ERR_CODEC_CORRUPT,
                   "gzip: corrupt compressed data at raw byte %" PRIu64 ": %s",
                   gzip_source_at(&s->source), cause);
}

static bool inflate_member(gzip_splicer *s, err *e)
{
    inflate_result result = INFLATE_MORE;
    inflater_reset(s->inflater);
    set_stop(s, copy_end(s));
    while (result != INFLATE_END) {
        slice text;
        if (result == INFLATE_MORE && !gzip_source_fill(&s->source, e))
            return false;
        result = inflater_run(s->inflater, &s->source.rest, &text);
        if (!take_text(s, text, e))
            return false;
        if (result == INFLATE_FAULT)
            return corrupt(s, inflater_cause(s->inflater), e);
        if (result == INFLATE_STOP && !at_stop(s, e))
            return false;
    }
    return true;
}

static uint32_t get_u32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool put_u32(gzip_splicer *s, uint32_t value, err *e)
{
    return bits_put(&s->w, value & 0xffff, 16, e) && bits_put(&s->w, value >> 16, 16, e);
}

static void put_u16(unsigned char *to, size_t value)
{
    to[0] = (unsigned char)value;
    to[1] = (unsigned char)(value >> 8);
}

/* A block above bgzip's size limit cannot remain a bgzip block: its extra field is renamed. */
static bool release_held(gzip_splicer *s, err *e)
{
    unsigned char *bytes = (unsigned char *)s->held.data;
    unsigned char *size = bytes + s->header.block_size;
    size_t crc_at = (size_t)s->header.len - 2;
    s->w.held = NULL;
    if (s->held.len <= BGZF_MAX_BYTES)
        put_u16(size, s->held.len - 1);
    else
        memcpy(size - 4, "xx", 2);
    if (s->header.has_crc)
        put_u16(bytes + crc_at, crc32_ieee(0, bytes, crc_at) & 0xffff);
    return bits_put_bytes(&s->w, buf_slice(&s->held), e);
}

static bool end_change(gzip_splicer *s, uint64_t end_bits, err *e)
{
    if (s->encoding) { /* an empty last block: 1 for last, 01 for fixed codes, end-of-block */
        s->encoding = false;
        if (!deflate_piece_end(&s->piece, &s->w, e) || !bits_put(&s->w, 3, 10, e))
            return false;
    } else if (!flush_copy(s, end_bits, BIT_NONE, e)) {
        return false;
    }
    if (!bits_pad(&s->w, e) || !put_u32(s, s->kept.crc, e) || !put_u32(s, (uint32_t)s->kept.len, e))
        return false;
    s->lead_from = s->lead_to = 0;
    s->copy_from = 8 * gzip_source_at(&s->source);
    return !s->w.held || (bits_flush(&s->w, e) && (!s->w.held || release_held(s, e)));
}

static bool end_member(gzip_splicer *s, err *e)
{
    unsigned char trailer[8];
    uint64_t end_bits = 8 * s->data_at + inflater_place(s->inflater).bits;
    if (!gzip_source_take(&s->source, trailer, sizeof trailer, e))
        return false;
    end_run(s);
    if (get_u32(trailer) != s->all.crc)
        return corrupt(s, "incorrect data check", e);
    if (get_u32(trailer + 4) != (uint32_t)s->all.len)
        return corrupt(s, "incorrect length check", e);
    return !s->changed || end_change(s, end_bits, e);
}

static bool splice_member(gzip_splicer *s, bool *is_member, err *e)
{
    s->member_at = gzip_source_at(&s->source);
    if (!gzip_source_header(&s->source, &s->header, is_member, e))
        return false;
    if (!*is_member)
        return true;
    s->data_at = gzip_source_at(&s->source);
    s->member_text = s->text;
    s->changed = false;
    s->all = s->kept = s->run = (text_sum){0};
    s->run_is_kept = true;
    return inflate_member(s, e) && end_member(s, e);
}

/* Zeros after the last member are kept. */
static bool splice_members(gzip_splicer *s, err *e)
{
    bool is_member = true;
    while (is_member && !gzip_source_ends(&s->source))
        if (!splice_member(s, &is_member, e))
            return false;
    if (s->next.from != UINT64_MAX)
        return splice_range_beyond(e);
    return flush_copy(s, 8 * s->source.size, BIT_NONE, e) && bits_flush(&s->w, e);
}

bool splice_gzip(const splice_request *r, err *e)
{
    gzip_splicer *s = xcalloc(1, sizeof *s);
    s->r = r;
    s->inflater = inflater_native_new();
    s->source.in = r->in;
    s->source.size = r->pin.size_bytes;
    s->w.fd = r->out;
    buf_init(&s->held, HELD_MAX_BYTES);
    bool ok = pass_ranges(s, e) && splice_members(s, e);
    deflate_piece_deinit(&s->piece);
    inflater_free(s->inflater);
    buf_deinit(&s->held);
    free(s);
    return ok;
}

#endif
