/* bzip2 decoder: concatenated streams. Helper threads decode blocks in parallel; libbz2 decodes
 * each.
 *
 * part           reads                        next
 * STREAM_HEADER  4 bytes                      MARK
 * MARK           48 bits and a 32-bit CRC     block mark: BLOCK; end mark: the stream's CRC is
 *                                             compared after its last block; then STREAM_HEADER of
 *                                             the next stream, or the end
 * BLOCK          up to the next mark          the block is submitted to a helper; MARK
 *                no mark within SEARCH_BYTES  wait for all blocks; SLOW
 * SLOW           byte by byte                 SLOW_END after the block's output
 * SLOW_END       48 bits                      MARK at the mark that begins in the block's last byte
 *
 * Files of many small streams (pbzip2 writes one per block) also decode in parallel: a presumed end
 * of stream with the header of the next stream is stored with the last block, and the following
 * blocks are submitted before it is confirmed. All of them are dropped if the block turns out
 * wrong.
 *
 * The bits of a mark may occur within a block, and a damaged block may extend beyond its true end.
 * A block that does not decode exactly up to its presumed mark is therefore decoded again by SLOW,
 * from its start, and later blocks are dropped. SLOW finds all faults, so that they do not depend
 * on the number of threads or the split of the input: the fault of a damaged block is reported at
 * the byte where the block begins.
 */
#include "base/util.h"
#include "compression/bzip2/bzip2_state.h"
#include "compression/bzip2/bzip2.h"

#define PIECE_BYTES ((size_t)64 * 1024)
#define SEARCH_BYTES                                                                               \
    ((size_t)4 << 20) /* longer than any block; SLOW if no mark is found within it */

head_match bzip2_match(slice head)
{
    slice name = {.data = head.data, .len = MIN(head.len, (size_t)3)};
    if (head_match_magic(name, SLICE_LIT("BZh")) == HEAD_NO)
        return HEAD_NO;
    if (head.len < 4)
        return HEAD_MAYBE;
    return head.data[3] >= '1' && head.data[3] <= '9' ? HEAD_YES : HEAD_NO; /* block size */
}

/* threads + 1 blocks are decoded or wait for delivery, and one may be decoded again. */
uint64_t bzip2_decoder_memory(unsigned threads)
{
    return (MIN(threads, (unsigned)HELPERS_MAX) + 2) * BZIP2_BLOCK_BYTES;
}

/* Drops bytes that no part needs. */
static void window_trim(bzip2_decoder *b)
{
    uint64_t oldest = (b->count > 0 ? b->blocks[b->first].start : b->at) / 8;
    if (b->part == SLOW && b->slow_bytes > 0)
        oldest = (b->at + 8 * (b->slow_bytes - 1)) / 8;
    bzip2_window_trim(&b->window, oldest, PIECE_BYTES);
}

bool bzip2_fail_at(const bzip2_decoder *b, uint64_t raw_bit, const char *cause, err *e)
{
    return decoder_fail(&b->base, ERR_CODEC_CORRUPT, raw_bit / 8, cause, e);
}

bool bzip2_emit(bzip2_decoder *b, const char *text, size_t len, err *e)
{
    b->base.decoded_bytes += len;
    return len == 0 || stage_feed(b->base.stage.next, (slice){.data = text, .len = len}, e);
}

bool bzip2_end_block(bzip2_decoder *b, uint32_t crc, const codec_block *block, err *e)
{
    const codec_options *options = &b->base.options;
    b->combined = (b->combined << 1 | b->combined >> 31) ^ crc;
    return !options->on_block || options->on_block(options->on_block_ctx, block, e);
}

/* Decodes the first block again with SLOW and drops everything after it. */
static void decode_first_again(bzip2_decoder *b, uint64_t handed_on)
{
    uint64_t start = b->blocks[b->first].start;
    b->level = b->blocks[b->first].level;
    for (; b->count > 0; b->count--, b->first = (b->first + 1) % b->slots)
        helpers_wait(b->helpers, &b->blocks[b->first].job);
    bzip2_slow_start(b, start, handed_on);
}

static bool settle_stream(bzip2_decoder *b, uint64_t end, uint32_t stream_crc, err *e)
{
    if (stream_crc != b->combined)
        return bzip2_fail_at(b, end, "stream CRC mismatch", e);
    b->base.checksums |= CODEC_CHECK_CRC32;
    b->combined = 0;
    return true;
}

/* Waits for the first block, passes it on, and handles the end of stream stored with it. */
static bool take_first(bzip2_decoder *b, err *e)
{
    bzip2_block *block = &b->blocks[b->first];
    uint64_t handed_on = 0;
    helpers_wait(b->helpers, &block->job);
    for (; block->result == BZIP2_MORE; bzip2_block_continue(block)) {
        if (!bzip2_emit(b, block->out, block->out_len, e))
            return false;
        handed_on += block->out_len;
    }
    if (block->result == BZIP2_BAD) {
        decode_first_again(b, handed_on);
        return true;
    }
    if (!bzip2_emit(b, block->out, block->out_len, e))
        return false;
    codec_block passed_on = {
        .from_bit = block->start, .to_bit = block->end, .text_bytes = handed_on + block->out_len};
    if (!bzip2_end_block(b, block->crc, &passed_on, e))
        return false;
    b->first = (b->first + 1) % b->slots;
    b->count--;
    if (!block->ends_stream)
        return true;
    if (!settle_stream(b, block->end, block->stream_crc, e))
        return false;
    b->base.member_count++;
    return true;
}

/* Waits for all blocks; stops early, in SLOW, if one was wrong. */
static bool take_all(bzip2_decoder *b, err *e)
{
    bzip2_part before = b->part;
    while (b->count > 0 && b->part == before)
        if (!take_first(b, e))
            return false;
    return true;
}

/* ---- the parts; they set `go_on` if the window has more to process ---- */

static bool stream_header(bzip2_decoder *b, bool *go_on)
{
    if (bzip2_window_bits_from(&b->window, b->at) < 32)
        return true;
    b->level = (char)b->window.data[b->at / 8 - b->window.start + 3];
    b->at += 32;
    b->part = MARK;
    *go_on = true;
    return true;
}

/* The bytes of the window after the end of the stream. */
static slice after_stream(const bzip2_decoder *b)
{
    uint64_t end = (b->at + BZIP2_MARK_BITS + CRC_BITS + 7) / 8 - b->window.start;
    return (slice){.data = (const char *)b->window.data + end, .len = b->window.len - (size_t)end};
}

static void next_stream(bzip2_decoder *b)
{
    b->at = (b->at + BZIP2_MARK_BITS + CRC_BITS + 7) / 8 * 8;
    b->part = STREAM_HEADER;
}

/* Stores the end of stream with the preceding block if that is still being decoded. */
static bool note_stream_end(bzip2_decoder *b, uint32_t crc)
{
    bzip2_block *last = &b->blocks[(b->first + b->count + b->slots - 1) % b->slots];
    if (b->count == 0 || last->ends_stream)
        return false;
    last->ends_stream = true;
    last->stream_crc = crc;
    next_stream(b);
    return true;
}

static bool stream_end(bzip2_decoder *b, bool *go_on, err *e)
{
    uint32_t crc =
        (uint32_t)bzip2_bits_read(bzip2_window_slice(&b->window),
                                  bzip2_window_bit(&b->window, b->at) + BZIP2_MARK_BITS, CRC_BITS);
    bool another = bzip2_match(after_stream(b)) == HEAD_YES;
    *go_on = true;
    if (another && note_stream_end(b, crc))
        return true;
    if (!take_all(b, e))
        return false;
    if (b->part != MARK)
        return true;
    if (!settle_stream(b, b->at, crc, e))
        return false;
    if (!another)
        return decoder_leave(&b->base, after_stream(b), e);
    b->base.member_count++;
    next_stream(b);
    return true;
}

static bool mark(bzip2_decoder *b, bool *go_on, err *e)
{
    if (bzip2_window_bits_from(&b->window, b->at) < BZIP2_MARK_BITS + CRC_BITS)
        return true;
    uint64_t value = bzip2_bits_read(bzip2_window_slice(&b->window),
                                     bzip2_window_bit(&b->window, b->at), BZIP2_MARK_BITS);
    if (value == BZIP2_END_MARK)
        return stream_end(b, go_on, e);
    if (value != BZIP2_BLOCK_MARK) { /* after a stream's header; blocks of earlier streams may be
                                        pending */
        *go_on = true;
        return take_all(b, e) &&
               (b->part != MARK ||
                bzip2_fail_at(b, b->at, "expected a block or the end of the stream", e));
    }
    b->search = b->at + BZIP2_MARK_BITS + CRC_BITS;
    b->part = BLOCK;
    *go_on = true;
    return true;
}

static bool dispatch(bzip2_decoder *b, uint64_t end, err *e)
{
    if (b->count == b->slots && !take_first(b, e))
        return false;
    if (b->part != BLOCK)
        return true;
    bzip2_block *block = &b->blocks[(b->first + b->count++) % b->slots];
    block->start = b->at;
    block->end = end;
    bzip2_block_cut(block, bzip2_window_slice(&b->window), bzip2_window_bit(&b->window, b->at),
                    bzip2_window_bit(&b->window, end), b->level);
    helpers_submit(b->helpers, &block->job);
    b->at = end;
    b->part = MARK;
    return true;
}

static bool find_block_end(bzip2_decoder *b, bool *go_on, err *e)
{
    uint64_t found = bzip2_bits_find_mark(bzip2_window_slice(&b->window),
                                          bzip2_window_bit(&b->window, b->search));
    if (found != UINT64_MAX) {
        *go_on = true;
        return dispatch(b, found + b->window.start * 8, e);
    }
    uint64_t searched = (b->window.start + b->window.len) * 8;
    b->search = MAX(b->search, searched - MIN(searched, (uint64_t)BZIP2_MARK_BITS));
    if (bzip2_window_bits_from(&b->window, b->at) < SEARCH_BYTES * 8)
        return true;
    *go_on = true;
    if (!take_all(b, e))
        return false;
    if (b->part == BLOCK)
        bzip2_slow_start(b, b->at, 0);
    return true;
}

static bool run_part(bzip2_decoder *b, bool *go_on, err *e)
{
    switch (b->part) {
    case STREAM_HEADER:
        return stream_header(b, go_on);
    case MARK:
        return mark(b, go_on, e);
    case BLOCK:
        return find_block_end(b, go_on, e);
    case SLOW:
        return bzip2_slow(b, go_on, e);
    default:
        return bzip2_slow_end(b, go_on, e);
    }
}

static bool run_parts(bzip2_decoder *b, err *e)
{
    for (bool go_on = true; go_on && b->base.in_member;) {
        go_on = false;
        if (!run_part(b, &go_on, e))
            return false;
    }
    return true;
}

/* ---- the decoder ---- */

static bool decode_start(decoder *d, err *e)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    b->part = STREAM_HEADER;
    b->combined = 0;
    b->window.len = 0;
    b->window.start = d->raw_bytes;
    b->at = d->raw_bytes * 8;
    return decoder_admit(d, bzip2_decoder_memory(0), d->raw_bytes, "a block", e);
}

static bool decode_body(decoder *d, slice *data, bool *ended, err *e)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    UNUSED(ended); /* decoder_leave handles it */
    while (data->len > 0 && d->in_member) {
        slice piece = {.data = data->data, .len = MIN(data->len, PIECE_BYTES)};
        bzip2_window_add(&b->window, piece);
        decoder_take(d, data, piece.len);
        if (!run_parts(b, e))
            return false;
        while (b->count > 0 && helpers_done(b->helpers, &b->blocks[b->first].job))
            if (!take_first(b, e) || !run_parts(b, e))
                return false;
        window_trim(b);
    }
    return true;
}

/* The input ends within the stream: passes on complete blocks; a fault in one is reported first. */
static bool decode_end(decoder *d, err *e)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    do {
        if (!take_all(b, e))
            return false;
        if (b->part == BLOCK)
            bzip2_slow_start(b, b->at, 0);
        if (!run_parts(b, e))
            return false;
    } while (d->in_member && (b->count > 0 || b->part == BLOCK));
    return true;
}

static void decode_free(decoder *d)
{
    bzip2_decoder *b = (bzip2_decoder *)d;
    helpers_free(b->helpers);
    for (unsigned i = 0; i < b->slots; i++)
        bzip2_block_deinit(&b->blocks[i]);
    bzip2_block_deinit(&b->slow);
    bzip2_memory_deinit(&b->memory);
    bzip2_window_deinit(&b->window);
    decoder_deinit(d);
    free(b);
}

static const decoder_ops bzip2_decoder_ops = {
    .name = "bzip2",
    .member = "bzip2 stream",
    .padding_unit = 1, /* blocks of tapes are filled with zeros; bzip2 -t accepts them with a
                          warning */
    .match = bzip2_match,
    .start = decode_start,
    .body = decode_body,
    .end = decode_end,
    .free = decode_free,
};

/* As many threads as the memory limit allows. */
static unsigned threads_of(const decoder *d)
{
    unsigned threads = MIN(d->options.threads, (unsigned)HELPERS_MAX);
    while (threads > 0 && bzip2_decoder_memory(threads) > d->options.memory_bytes)
        threads--;
    return threads;
}

stage *bzip2_decoder_new(const codec_options *options, stage *next, err *e)
{
    UNUSED(e); /* its memory is checked at the first stream */
    bzip2_decoder *b = xcalloc(1, sizeof *b);
    decoder_init(&b->base, &bzip2_decoder_ops, options, next);
    unsigned threads = threads_of(&b->base);
    b->helpers = helpers_new(threads);
    bzip2_memory_init(&b->memory);
    b->slots = threads > 0 ? threads + 1 : 1;
    for (unsigned i = 0; i < b->slots; i++)
        bzip2_block_init(&b->blocks[i], &b->memory);
    bzip2_block_init(&b->slow, &b->memory);
    return &b->base.stage;
}
