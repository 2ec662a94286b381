/* A line of a report with the scan that its scores are of.
 *
 * What:    merge_put_line appends the line with a member `scored_by`, in the place that the order of
 *          keys gives it; a line that has one keeps it.
 * Owner:   nothing is kept. Threads: any. Fails: ERR_PARSE for text that is no JSON object.
 */
#ifndef DETECTION_MERGE_MERGE_LINES_H
#define DETECTION_MERGE_MERGE_LINES_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

#define SCORED_BY "scored_by"

bool merge_put_line(slice line, const char *fingerprint, buf *out, err *e) MUST_USE;

#endif
