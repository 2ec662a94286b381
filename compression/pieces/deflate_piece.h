/* A piece of a DEFLATE stream, encoded by zlib, that begins and ends at any bit and is not the last.
 *
 * What:    the piece may refer to the text before it (the history). It begins with the bits of the
 *          writer's incomplete byte, so that stored blocks in it are aligned, and leaves the bits
 *          of its last byte there.
 * Owner:   embedded, zeroed; deflate_piece_deinit. The writer is the caller's.
 * Threads: one at a time.
 * Fails:   if the writer fails. Without memory for zlib the process ends.
 */
#ifndef COMPRESSION_PIECES_DEFLATE_PIECE_H
#define COMPRESSION_PIECES_DEFLATE_PIECE_H

#include "compression/pieces/bit_writer.h"

#include <zlib.h>

typedef struct deflate_piece {
    z_stream z;
    int level; /* 0: z is not initialised */
} deflate_piece;

void deflate_piece_deinit(deflate_piece *p);
bool deflate_piece_begin(deflate_piece *p, int level, slice history, bit_writer *w, err *e)
    MUST_USE;
bool deflate_piece_add(deflate_piece *p, slice text, bit_writer *w, err *e) MUST_USE;
bool deflate_piece_end(deflate_piece *p, bit_writer *w, err *e) MUST_USE;

#endif
