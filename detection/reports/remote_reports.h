/* Reports of a store; internal interface of report_files.c.
 *
 * What:    the operations of report_files.h for URIs. Reports are decoded by their first bytes.
 * Owner, threads: as report_files.h.
 * Fails:   as report_files.h; a URI without objects below it is ERR_USAGE.
 */
#ifndef DETECTION_REPORTS_REMOTE_REPORTS_H
#define DETECTION_REPORTS_REMOTE_REPORTS_H

#include "detection/reports/report_files.h"

bool remote_reports_read(const report_store *store, const char *uri, const report_reader *reader,
                         uint64_t *count, err *e) MUST_USE;
bool remote_report_text(const report_store *store, const char *folder, const char *name,
                        size_t max_bytes, buf *out, bool *found, err *e) MUST_USE;
bool remote_report_names(const report_store *store, const char *uri,
                         bool (*each)(void *ctx, const char *name, err *e), void *ctx, err *e)
    MUST_USE;

#endif
