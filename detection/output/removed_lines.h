/* Ranges of a file's text that are omitted from its cleaned copy, in order.
 *
 * What:    ranges are added while the file is read, and read by splice_file afterwards. Adjacent
 *          ranges are merged. More than 64 KiB of them are stored in an unnamed file.
 * Owner:   removed_lines_init / _deinit; `near` is borrowed.
 * Threads: one at a time.
 * Fails:   ERR_IO, ERR_NO_SPACE.
 */
#ifndef DETECTION_OUTPUT_REMOVED_LINES_H
#define DETECTION_OUTPUT_REMOVED_LINES_H

#include "base/util.h"
#include "compression/splice/splice.h"

typedef struct removed_lines {
    const char *near; /* the file is created in the directory of this path */
    int fd;           /* -1: all ranges are in memory */
    buf pending;
    splice_range last; /* not in `pending`: may still be extended */
    uint64_t read;     /* bytes of the file */
    size_t at;         /* bytes of `pending` that were read */
} removed_lines;

void removed_lines_init(removed_lines *r, const char *near);
void removed_lines_deinit(removed_lines *r);
bool removed_lines_add(removed_lines *r, splice_range range, err *e) MUST_USE;
/* All ranges are added; they can be read once. */
bool removed_lines_end(removed_lines *r, splice_ranges *out, err *e) MUST_USE;

#endif
