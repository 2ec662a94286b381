/* The normal form of ASCII text, 16 or 64 bytes at a time.
 *
 * What:    the tables of one set of characters, and loops that end at the first character beyond
 *          ASCII, or earlier where few bytes are left. Without vector instructions nothing is converted.
 * Owner:   embedded, constant after _init; text and output are borrowed.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DETECTION_TEXT_NORMALIZE_ASCII_H
#define DETECTION_TEXT_NORMALIZE_ASCII_H

#include "base/util.h"
#include "decon/base/buf.h"

#define NORMALIZE_ASCII_BYTES 64 /* at a time; as many may be written beyond the output's end */

typedef struct normalize_tables normalize_tables;

/* The output so far. A space after a space, or at the beginning, is not kept. */
typedef struct normalize_output {
    char *at;
    char last; /* what the last byte became */
} normalize_output;

typedef struct normalize_loop {
    const char *name; /* of the instruction set */
    bool (*is_usable)(void);
    /* Converts text from `i` on; yields where it stopped. */
    size_t (*convert)(const normalize_tables *t, slice text, size_t i, normalize_output *out);
} normalize_loop;

struct normalize_tables {
    const normalize_loop *loop; /* NULL: none is usable */
    uint8_t ascii[128];         /* what a byte becomes */
    uint8_t spaces
        [16]; /* by the lower half of a byte: a bit for each upper half that becomes a space */
    uint8_t keep[256][8]; /* by a mask of 8 bytes: the places of those that are kept */
};

/* The fastest first; NULL at the end. */
extern const normalize_loop *const normalize_loops[];

void normalize_tables_init(normalize_tables *t, const char ascii[128]);

static inline size_t normalize_ascii(const normalize_tables *t, slice text, size_t i,
                                     normalize_output *out)
{
    return t->loop ? t->loop->convert(t, text, i, out) : i;
}

#endif
