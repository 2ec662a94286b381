/* Adds to a line of a report the scan that its scores are of.
 *
 * What:    merge_put_line appends the line with a member `scored_by`, placed in the order of keys;
 *          an existing one is kept.
 * Owner:   nothing is kept. Threads: any. Fails: ERR_PARSE for text that is not a JSON object.
 */
#ifndef DETECTION_MERGE_MERGE_LINES_H
#define DETECTION_MERGE_MERGE_LINES_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

#define SCORED_BY "scored_by"

bool merge_put_line(slice line, const char *fingerprint, buf *out, err *e) MUST_USE;

#endif
