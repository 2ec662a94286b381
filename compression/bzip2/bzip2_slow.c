/* Decodes one bzip2 block byte by byte, to find its true end if its mark was not found or was
 * wrong, and the position of a fault. */
#include "base/util.h"
#include "compression/bzip2/bzip2_state.h"

void bzip2_slow_start(bzip2_decoder *b, uint64_t start, uint64_t skip)
{
    b->part = SLOW;
    b->at = start;
    b->slow_crc =
        (uint32_t)bzip2_bits_read(bzip2_window_slice(&b->window),
                                  bzip2_window_bit(&b->window, start) + BZIP2_MARK_BITS, CRC_BITS);
    b->slow_bytes = b->slow_out = 0;
    b->skip = skip;
    bzip2_block_begin(&b->slow, b->level);
}

static bool slow_emit(bzip2_decoder *b, err *e)
{
    size_t known = (size_t)MIN((uint64_t)b->slow.out_len, b->skip - MIN(b->skip, b->slow_out));
    b->slow_out += b->slow.out_len;
    return bzip2_emit(b, b->slow.out + known, b->slow.out_len - known, e);
}

static bool slow_byte(bzip2_decoder *b, err *e)
{
    uint64_t at = bzip2_window_bit(&b->window, b->at) + 8 * b->slow_bytes++;
    unsigned char byte = (unsigned char)bzip2_bits_read(bzip2_window_slice(&b->window), at, 8);
    bzip2_step step = bzip2_block_step(&b->slow, &byte);
    while (step == BZIP2_STEP_OUTPUT) {
        if (!slow_emit(b, e))
            return false;
        step = bzip2_block_step(&b->slow, NULL);
    }
    if (!slow_emit(b, e))
        return false;
    if (step == BZIP2_STEP_BAD)
        return bzip2_fail_at(b, b->at, "a block is damaged", e);
    if (b->slow_out > 0)
        b->part = SLOW_END;
    return true;
}

bool bzip2_slow(bzip2_decoder *b, bool *go_on, err *e)
{
    while (b->part == SLOW && bzip2_window_bits_from(&b->window, b->at + 8 * b->slow_bytes) >= 8)
        if (!slow_byte(b, e))
            return false;
    *go_on = b->part == SLOW_END;
    return true;
}

/* The block's last bit is in the byte that was read last; a mark must follow. */
bool bzip2_slow_end(bzip2_decoder *b, bool *go_on, err *e)
{
    uint64_t last = b->at + 8 * (b->slow_bytes - 1);
    if (bzip2_window_bits_from(&b->window, last) < 8 + BZIP2_MARK_BITS)
        return true;
    slice bytes = bzip2_window_slice(&b->window);
    uint64_t found = bzip2_bits_find_mark(
        (slice){.data = bytes.data, .len = (size_t)(bzip2_window_bit(&b->window, last) / 8 + 8)},
        bzip2_window_bit(&b->window, last) + 1);
    found += found == UINT64_MAX ? 0 : b->window.start * 8;
    if (found == UINT64_MAX || found > last + 8)
        return bzip2_fail_at(b, last, "expected a block or the end of the stream", e);
    codec_block passed_on = {.from_bit = b->at, .to_bit = found, .text_bytes = b->slow_out};
    if (!bzip2_end_block(b, b->slow_crc, &passed_on, e))
        return false;
    b->at = found;
    b->part = MARK;
    *go_on = true;
    return true;
}
