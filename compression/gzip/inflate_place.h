/* Stops and positions of our own DEFLATE decoder: for copying compressed data instead of encoding it.
 *
 * What:    inflater_run returns INFLATE_STOP at the first boundary between symbols at which at least
 *          `text` bytes of the stream are decoded, and, if asked, where the bytes of a stored block
 *          begin. inflater_place then gives the position to the bit.
 * Owner:   positions are values. The history is borrowed until the next call of inflater_run.
 * Threads: as the inflater's: one at a time.
 * Fails:   never. Only for inflaters of inflater_native_new.
 * Sources: RFC 1951.
 */
#ifndef COMPRESSION_GZIP_INFLATE_PLACE_H
#define COMPRESSION_GZIP_INFLATE_PLACE_H

#include "compression/gzip/inflate.h"

#ifndef DECON_NO_GZIP_NATIVE

typedef enum inflate_within {
    INFLATE_BETWEEN,   /* before the first block, between two, or at the end of the stream */
    INFLATE_IN_STORED, /* in a stored block, before one of its bytes or at its end */
    INFLATE_IN_CODED,  /* in another block, before one of its symbols */
} inflate_within;

typedef struct inflate_place {
    inflate_within within;
    uint64_t bits; /* of the stream that were used up */
    uint64_t text; /* bytes that were decoded */
    /* Of the block: where its header begins, its text, and its symbols or stored bytes. */
    uint64_t block_bits, block_text, content_bits;
    bool is_last;
    unsigned stored_left;  /* bytes of a stored block that were not decoded yet */
    unsigned end_code;     /* the end-of-block symbol, first bit lowest */
    unsigned end_code_len; /* bits */
} inflate_place;

#define INFLATE_NO_STOP UINT64_MAX

/* Holds until the next call, or inflater_reset. Text that is decoded already stops it at once. */
void inflater_stop(inflater *f, uint64_t text, bool at_stored);
inflate_place inflater_place(const inflater *f);
/* The text before the place: the latest 32 KiB, or all of the stream. */
slice inflater_history(const inflater *f);

#endif
#endif
