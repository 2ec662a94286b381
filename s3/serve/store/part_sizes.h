/* Positions of the parts of a multipart object: `16777216*3,1234`.
 *
 * What:    a line of text in the object's metadata: sizes in bytes, with the number of consecutive
 *          parts of that size. An object without parts has none.
 * Owner:   the caller's text.
 * Threads: any.
 * Fails:   part_sizes_add if the line would be too long (many different sizes).
 */
#ifndef S3_SERVE_STORE_PART_SIZES_H
#define S3_SERVE_STORE_PART_SIZES_H

#include "base/util.h"

#define PART_SIZES_MAX 256 /* with its NUL */

typedef struct part_place {
    uint64_t offset, len_bytes; /* of the requested part; len 0: no such part */
    uint64_t count;             /* of all parts */
} part_place;

bool part_sizes_add(char text[PART_SIZES_MAX], uint64_t size_bytes) MUST_USE;
/* Parts count from 1; false if the text is not valid. */
bool part_sizes_find(const char *text, uint64_t number, part_place *out) MUST_USE;

#endif
