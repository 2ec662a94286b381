/* The normal form of ASCII text, 16 bytes at a time.
 *
 * What:    the tables of one set of characters, and a loop that ends at the first character beyond
 *          ASCII, or when fewer than 16 bytes are left. Without SSSE3 it converts nothing.
 * Owner:   embedded, constant after _init; text and output are borrowed.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DETECTION_TEXT_NORMALIZE_ASCII_H
#define DETECTION_TEXT_NORMALIZE_ASCII_H

#include "base/util.h"
#include "decon/base/buf.h"

#define NORMALIZE_ASCII_BYTES 16 /* at a time; as many may be written beyond the output's end */

typedef struct normalize_tables {
    bool usable;
    uint8_t spaces
        [16]; /* by the lower half of a byte: a bit for each upper half that becomes a space */
    uint8_t keep[256][8]; /* by a mask of 8 bytes: the places of those that are kept */
} normalize_tables;

/* The output so far. A space after a space, or at the beginning, is not kept. */
typedef struct normalize_output {
    char *at;
    char last; /* what the last byte became */
} normalize_output;

void normalize_tables_init(normalize_tables *t, const char ascii[128]);
/* Converts text from `i` on; yields where it stopped. */
size_t normalize_ascii(const normalize_tables *t, slice text, size_t i, normalize_output *out);

#endif
