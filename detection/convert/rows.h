/* The rows of a benchmark's file: JSON Lines, a JSON array, or CSV, plain or compressed.
 *
 * What:    rows_each passes on each row as the text of a JSON object.
 * Owner:   the text is valid during the call of `row`. Threads: any.
 * Fails:   with the path: another format, a file of JSON or CSV beyond 1 GiB, invalid UTF-8, a row
 *          that is not an object; errors set by `row`.
 */
#ifndef DETECTION_CONVERT_ROWS_H
#define DETECTION_CONVERT_ROWS_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

/* By its suffix, compressed or not. */
bool rows_can_read(const char *name);

/* `line`: of the file, from 1; of an array, the element's number. */
bool rows_each(const char *path, bool (*row)(void *ctx, slice object, uint64_t line, err *e),
               void *ctx, err *e) MUST_USE;

#endif
