/* Rewrites the files of one training file.
 *
 * What:    rejudge_write replaces report and near misses so that no match is lost if the program or
 *          the machine ends in between; a file without lines is removed. rejudge_spool writes such lines
 *          to a temporary file without a name.
 * Owner:   nothing is kept. Threads: one. Fails: ERR_IO, ERR_NO_SPACE.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_WRITE_H
#define DETECTION_REJUDGE_REJUDGE_WRITE_H

#include "detection/rejudge/file_lines.h"
#include "detection/rejudge/line_store.h"

typedef enum rejudge_lines {
    WANT_COUNTING,
    WANT_OTHERS,
    WANT_NEAR_OR_OTHERS, /* also those that are still in the file of near misses only */
} rejudge_lines;

/* `reports`, `near`: text of the lines, by their origin. `folder`: the folder of the files. */
bool rejudge_write(const file_lines *f, const char *folder, line_store *reports, line_store *near,
                   err *e) MUST_USE;

/* *fd: the caller's. */
bool rejudge_spool(const file_lines *f, rejudge_lines wanted, line_store *reports, line_store *near,
                   int *fd, uint64_t *size_bytes, err *e) MUST_USE;

#endif
