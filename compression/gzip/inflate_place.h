/* Stops and positions of the native DEFLATE decoder, to copy compressed data without encoding it.
 *
 * What:    inflater_run returns INFLATE_STOP at the first boundary between symbols at which at
 *          least `text` bytes of the stream are decoded and, optionally, where the bytes of a
 *          stored block begin. inflater_place then gives the position in bits.
 * Owner:   positions are values. The history is borrowed until the next call of inflater_run.
 * Threads: one at a time, as for the inflater.
 * Fails:   never. Only for inflaters from inflater_native_new.
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
    uint64_t bits; /* of the stream, consumed */
    uint64_t text; /* bytes decoded */
    /* Start of the current block: of its header, its text, and its symbols or stored bytes. */
    uint64_t block_bits, block_text, content_bits;
    bool is_last;
    unsigned stored_left;  /* bytes of a stored block not yet decoded */
    unsigned end_code;     /* the end-of-block symbol, first bit lowest */
    unsigned end_code_len; /* bits */
} inflate_place;

#define INFLATE_NO_STOP UINT64_MAX

/* Valid for the next call, or until inflater_reset. Already decoded text stops that call at
 * once. */
void inflater_stop(inflater *f, uint64_t text, bool at_stored);
inflate_place inflater_place(const inflater *f);
/* The text before the position: the last 32 KiB, or all of the stream. */
slice inflater_history(const inflater *f);

#endif
#endif
