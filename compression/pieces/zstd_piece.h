/* Decodes one zstd frame, and encodes its remaining text as one frame.
 *
 * What:    the new frame has its content size in the header if the input frame has it: the header
 *          is written with space for it, which is filled at the end.
 * Owner:   zstd_piece_new / zstd_piece_free; contexts are kept from frame to frame.
 * Threads: one at a time.
 * Fails:   ERR_CODEC_CORRUPT, ERR_IO; what the callbacks set. Out of memory ends the process.
 */
#ifndef COMPRESSION_PIECES_ZSTD_PIECE_H
#define COMPRESSION_PIECES_ZSTD_PIECE_H

#include "compression/pieces/zstd_frame.h"
#include "decon/base/buf.h"

typedef struct zstd_piece zstd_piece;
typedef bool (*zstd_output)(void *ctx, slice data, err *e);

zstd_piece *zstd_piece_new(void) MUST_USE;
void zstd_piece_free(zstd_piece *p); /* NULL is allowed */

/* Decodes the frame and passes its text on; an error of `on_text` ends it. */
bool zstd_decode_frame(zstd_piece *p, int fd, const zstd_frame *frame, zstd_output on_text,
                       void *ctx, err *e) MUST_USE;

/* Encodes a frame with the parameters of `like`. */
bool zstd_piece_begin(zstd_piece *p, const zstd_frame *like, zstd_output on_output, void *ctx,
                      err *e) MUST_USE;
bool zstd_piece_add(zstd_piece *p, slice text, err *e) MUST_USE;
typedef struct zstd_piece_facts {
    uint64_t text_bytes;
    uint8_t checksum[4]; /* where the frame has one: its last bytes */
} zstd_piece_facts;

/* The frame begins at `head_at` of `out`. */
bool zstd_piece_end(zstd_piece *p, int out, uint64_t head_at, zstd_piece_facts *facts, err *e)
    MUST_USE;

#endif
