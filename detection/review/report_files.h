/* The reports below a folder.
 *
 * What:    report_files_each finds *.report.jsonl, and *-simple-*.jsonl of the reference program,
 *          compressed or not.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   a path that cannot be read is ERR_USAGE or ERR_IO.
 */
#ifndef DETECTION_REVIEW_REPORT_FILES_H
#define DETECTION_REVIEW_REPORT_FILES_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

#define REPORT_LINE_MAX_BYTES ((size_t)64 << 20)

/* A report is the path itself where it is no folder. `label`: its path below the folder, without the
 * suffixes; malloc'ed for the time of the call. *count grows with each report. */
bool report_files_each(const char *path,
                       void (*each)(void *ctx, const char *path, const char *label), void *ctx,
                       uint64_t *count, err *e) MUST_USE;

#endif
