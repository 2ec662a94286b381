/* The compressed bytes that a bzip2 decoder may still need.
 *
 * Positions are bits of the raw input, so that they stay valid while the window moves.
 *
 * Owner:   the decoder, embedded; zero-initialised, bzip2_window_deinit frees it.
 * Threads: the decoder's.
 * Fails:   never (xcalloc).
 */
#ifndef COMPRESSION_BZIP2_BZIP2_WINDOW_H
#define COMPRESSION_BZIP2_BZIP2_WINDOW_H

#include "base/util.h"
#include "decon/base/buf.h"

typedef struct bzip2_window {
    unsigned char *data;
    size_t len, capacity;
    uint64_t start; /* raw offset of data[0] */
} bzip2_window;

void bzip2_window_deinit(bzip2_window *w);
void bzip2_window_add(bzip2_window *w, slice piece);

/* Drops the bytes before the raw offset `oldest`, if that frees at least `least` bytes. */
void bzip2_window_trim(bzip2_window *w, uint64_t oldest, size_t least);

/* The whole window; valid until the next call that changes it. */
slice bzip2_window_slice(const bzip2_window *w);

/* A raw bit's position within the window, in bits. */
uint64_t bzip2_window_bit(const bzip2_window *w, uint64_t raw_bit);

/* The number of bits in the window after `raw_bit`. */
uint64_t bzip2_window_bits_from(const bzip2_window *w, uint64_t raw_bit);

#endif
