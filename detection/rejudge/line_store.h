/* Text of report lines, on disk.
 *
 * What:    lines are appended to an unnamed file, and copied from there to files.
 * Owner:   line_store_init / _deinit. Threads: one. Fails: ERR_IO, ERR_NO_SPACE.
 */
#ifndef DETECTION_REJUDGE_LINE_STORE_H
#define DETECTION_REJUDGE_LINE_STORE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef struct line_store {
    const char *near; /* the file is created in the directory of this path; borrowed */
    int fd;           /* -1: not yet */
    uint64_t len;     /* bytes of the file */
    buf pending;
} line_store;

void line_store_init(line_store *s, const char *near);
void line_store_deinit(line_store *s);
DEFINE_AUTO(line_store, line_store_deinit)

/* *offset: where the text begins; it is stored without a newline. */
bool line_store_add(line_store *s, slice text, uint64_t *offset, err *e) MUST_USE;
/* Replaces the content of `out`. */
bool line_store_get(line_store *s, uint64_t offset, size_t len, buf *out, err *e) MUST_USE;
bool line_store_empty(line_store *s, err *e) MUST_USE;

#endif
