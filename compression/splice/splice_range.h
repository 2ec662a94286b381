/* The removed ranges during splicing: internal interface of compression/splice.
 *
 * What:    checks of their order, and a cursor that all formats but gzip share.
 * Owner:   a cursor is zeroed, then `ranges` is set; they are borrowed.
 * Threads: one at a time.
 * Fails:   ERR_LIMIT where ranges are not in order or lie beyond the text; what the callbacks set.
 */
#ifndef COMPRESSION_SPLICE_SPLICE_RANGE_H
#define COMPRESSION_SPLICE_SPLICE_RANGE_H

#include "compression/splice/splice.h"

bool splice_range_check(splice_range before, splice_range next, err *e) MUST_USE;
bool splice_range_beyond(err *e);                                /* sets the error */
bool splice_ranges_end(const splice_ranges *r, err *e) MUST_USE; /* no range is left */

typedef struct splice_cursor {
    const splice_ranges *ranges;
    splice_range next; /* the current removed range, or else the next one */
} splice_cursor;

/* Moves to the first range that ends beyond `at`. */
bool splice_cursor_to(splice_cursor *c, uint64_t at, err *e) MUST_USE;
/* Passes on the kept parts of `text`, which begins at byte `from` of the file's text. */
bool splice_cursor_keep(splice_cursor *c, slice text, uint64_t from,
                        bool (*keep)(void *ctx, slice part, err *e), void *ctx, err *e) MUST_USE;

#endif
