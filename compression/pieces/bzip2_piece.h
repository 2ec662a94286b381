/* One block of a bzip2 file decoded, and text encoded as blocks, at any bit.
 *
 * What:    text is encoded by libbz2, one block at a time: no block exceeds the level of its stream.
 * Owner:   bzip2_piece_init / _deinit, embedded. The writer is the caller's.
 * Threads: one at a time.
 * Fails:   if the writer or the callback fails; ERR_CODEC_CORRUPT. Out of memory ends the process.
 * Memory:  7.6 MiB while it encodes, 6 MiB while it decodes, and the compressed block.
 */
#ifndef COMPRESSION_PIECES_BZIP2_PIECE_H
#define COMPRESSION_PIECES_BZIP2_PIECE_H

#include "compression/bzip2/bzip2_block.h"
#include "compression/pieces/bzip2_writer.h"

typedef struct bzip2_piece {
    char level;      /* of the stream: '1' to '9' */
    uint32_t crc;    /* of the blocks of the stream so far */
    unsigned filled; /* bytes of the block that is being encoded, its runs counted as encoded */
    int last;        /* its last byte, and how often it was repeated */
    unsigned run;
    bz_stream bz;
    bool open;
    buf out; /* a stream of one block */
    bzip2_memory memory;
    bzip2_block block;
} bzip2_piece;

void bzip2_piece_init(bzip2_piece *p);
void bzip2_piece_deinit(bzip2_piece *p);

void bzip2_piece_begin_stream(bzip2_piece *p, char level);
/* Adds the CRC of a block to that of the stream. */
void bzip2_piece_add_crc(bzip2_piece *p, uint32_t crc);

/* Decodes the block at bits [from, to) of the file and passes its text on. */
typedef bool (*bzip2_output)(void *ctx, slice text, err *e);
bool bzip2_piece_decode(bzip2_piece *p, int in, uint64_t from, uint64_t to, bzip2_output on_text,
                        void *ctx, err *e) MUST_USE;

/* Encodes text; writes a block when it is full. */
bool bzip2_piece_add(bzip2_piece *p, slice text, bzip2_writer *w, err *e) MUST_USE;
/* Writes the rest as a block, unless there is none. */
bool bzip2_piece_end(bzip2_piece *p, bzip2_writer *w, err *e) MUST_USE;

#endif
