/* Finds the boundaries of the parts of an .xz block.
 *
 * What:    follows the chunks of LZMA2 and the padding and check after them, without decoding, so
 *          that a decoder can be given one part at a time. Does not validate: liblzma does.
 * Owner:   embedded; xz_parts_start. Threads: one at a time. Fails: never.
 * Sources: the .xz file format 1.2, section 3; LZMA2's chunk headers as in liblzma.
 */
#ifndef COMPRESSION_XZ_XZ_PARTS_H
#define COMPRESSION_XZ_XZ_PARTS_H

#include "decon/base/buf.h"

typedef enum xz_part {
    XZ_CHUNK_CONTROL, /* 1 byte; 0 ends the block's data */
    XZ_CHUNK_HEADER,  /* sizes, and properties if they change */
    XZ_CHUNK,
    XZ_BLOCK_END, /* padding to four bytes, and the check */
} xz_part;

typedef struct xz_parts {
    xz_part part;
    uint64_t passed; /* bytes of the part consumed */
    uint64_t need;   /* size of the part, determined by earlier bytes */
    unsigned check_bytes;
    unsigned control;
    uint64_t value;      /* the chunk's length field */
    uint64_t data_bytes; /* of the block, for its padding */
} xz_parts;

void xz_parts_start(xz_parts *x, unsigned check_bytes); /* after a block's header */
bool xz_parts_at_start(const xz_parts *x);              /* of a part */
size_t xz_parts_piece(const xz_parts *x, slice data);   /* bytes of data that belong to this part */
void xz_parts_pass(xz_parts *x, slice piece);           /* consumes these bytes of the part */
const char *xz_parts_name(const xz_parts *x);           /* "a chunk is damaged", for messages */

#endif
