/* DEFLATE (RFC 1951), decoding only: one stream of blocks, in any split of the input.
 *
 * What:    about three times as fast as zlib's, and exact about faults: a fault lies at the bit where
 *          the wrong symbol or field begins, whatever the split, and all symbols before it have been
 *          put out. What is refused is what zlib refuses.
 * Owner:   inflater_new / inflater_free. Input is lent for the length of a call; output lies in the
 *          inflater until the next call.
 * Threads: one at a time.
 * Fails:   by INFLATE_FAULT; inflater_cause then names it.
 * Memory:  INFLATE_BYTES, whatever the stream's length.
 */
#ifndef COMPRESSION_INFLATE_H
#define COMPRESSION_INFLATE_H

#include "base/buf.h"

#define INFLATE_BYTES ((size_t)320 * 1024)

typedef enum inflate_result {
    INFLATE_MORE,  /* all input is consumed; the stream goes on */
    INFLATE_FULL,  /* the output buffer is full: call again */
    INFLATE_END,   /* the last block has ended, the rest of the input is not of this stream */
    INFLATE_FAULT, /* see inflater_cause */
} inflate_result;

typedef struct inflater inflater;

inflater *inflater_new(void) MUST_USE;
void inflater_free(inflater *f);
void inflater_reset(inflater *f); /* another stream begins */

/* Consumes from *data and decodes; *out is what came out of this call, before a fault too. */
inflate_result inflater_run(inflater *f, slice *data, slice *out) MUST_USE;
const char *inflater_cause(const inflater *f);
/* Bits that were taken from the input but not used (at a fault: from the wrong symbol on). */
unsigned inflater_unused_bits(const inflater *f);

#endif
