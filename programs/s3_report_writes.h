/* Conditional writes of reports in S3: the second half of s3_reports.h.
 *
 * What:    the operations of report_store that change a folder. Each object is replaced or removed only
 *          in the version that was named.
 * Owner:   *etag is the caller's. Threads: one.
 * Fails:   ERR_S3_CHANGED: it is another version; errors of the store, after retries.
 */
#ifndef PROGRAMS_S3_REPORT_WRITES_H
#define PROGRAMS_S3_REPORT_WRITES_H

#include "detection/reports/report_store.h"

bool s3_report_check_writes(void *ctx, const char *uri, const char *name, err *e) MUST_USE;
bool s3_report_write(void *ctx, const char *uri, const report_store_write *w, char **etag, err *e)
    MUST_USE;
bool s3_report_find(void *ctx, const char *uri, const char *name, char **etag, err *e) MUST_USE;
bool s3_report_remove(void *ctx, const char *uri, const char *name, const char *etag, err *e)
    MUST_USE;

#endif
