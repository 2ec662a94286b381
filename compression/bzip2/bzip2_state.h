/* The bzip2 decoder's state, shared by bzip2.c (streams, marks, blocks in parallel) and bzip2_slow.c
 * (one block byte by byte).
 *
 * Owner:   bzip2_decoder_new; freed with the stage.
 * Threads: the decoder's thread; helpers touch only the blocks that were submitted to them.
 * Fails:   ERR_CODEC_CORRUPT with the raw offset, or the error of the next stage.
 */
#ifndef COMPRESSION_BZIP2_BZIP2_STATE_H
#define COMPRESSION_BZIP2_BZIP2_STATE_H

#include "compression/bzip2/bzip2_block.h"
#include "compression/bzip2/bzip2_window.h"
#include "compression/stream/coder.h"

#define SLOTS_MAX (HELPERS_MAX + 2)
#define CRC_BITS  32u

typedef enum bzip2_part { STREAM_HEADER, MARK, BLOCK, SLOW, SLOW_END } bzip2_part;

typedef struct bzip2_decoder {
    decoder base;
    helpers *helpers;
    bzip2_part part;
    char level;
    uint32_t combined; /* CRC of the blocks whose output was passed on */

    bzip2_window window; /* from the oldest block whose output has not been passed on */
    uint64_t at;         /* raw bit of the mark or block that `part` is about */
    uint64_t search;     /* raw bit where the search for the next mark continues */

    bzip2_block blocks[SLOTS_MAX]; /* a ring, in stream order */
    unsigned slots, first, count;
    bzip2_memory memory;

    bzip2_block slow;
    uint32_t slow_crc;
    uint64_t slow_bytes; /* compressed bytes that `slow` has read */
    uint64_t slow_out;   /* bytes that `slow` has written */
    uint64_t skip;       /* of these, bytes that were passed on before */
} bzip2_decoder;

MUST_USE bool bzip2_fail_at(const bzip2_decoder *b, uint64_t raw_bit, const char *cause, err *e);

/* Passes decoded bytes on to the next stage. */
MUST_USE bool bzip2_emit(bzip2_decoder *b, const char *text, size_t len, err *e);

/* The output of a block was passed on: adds its CRC to that of its stream, and reports the block to
 * codec_options.on_block. */
MUST_USE bool bzip2_end_block(bzip2_decoder *b, uint32_t crc, const codec_block *block, err *e);

/* ---- bzip2_slow.c ---- */

/* Enters SLOW: decodes the block whose mark begins at bit `start`; its first `skip` bytes of output
 * were passed on before. */
void bzip2_slow_start(bzip2_decoder *b, uint64_t start, uint64_t skip);

/* The parts SLOW and SLOW_END. They set `go_on` if the window has more to process. */
MUST_USE bool bzip2_slow(bzip2_decoder *b, bool *go_on, err *e);
MUST_USE bool bzip2_slow_end(bzip2_decoder *b, bool *go_on, err *e);

#endif
