/* Where the parts of an object lie that was put together from parts: `16777216*3,1234`.
 *
 * What:    a line of text in the object's metadata: sizes in bytes, with how many parts in a row have
 *          that size. An object of one piece has none.
 * Owner:   the caller's text.
 * Threads: any.
 * Fails:   part_sizes_add where the line would be too long (parts of many sizes).
 */
#ifndef S3_SERVE_STORE_PART_SIZES_H
#define S3_SERVE_STORE_PART_SIZES_H

#include "base/util.h"

#define PART_SIZES_MAX 256 /* with its NUL */

typedef struct part_place {
    uint64_t offset, len_bytes; /* of the part that was asked for; len 0: there is none such */
    uint64_t count;             /* of all parts */
} part_place;

bool part_sizes_add(char text[PART_SIZES_MAX], uint64_t size_bytes) MUST_USE;
/* Parts count from 1; false where the text is none of these lines. */
bool part_sizes_find(const char *text, uint64_t number, part_place *out) MUST_USE;

#endif
