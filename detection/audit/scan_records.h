/* The records of all scans that a folder's reports are of.
 *
 * What:    scan_records_read reads the scans named in _decon/merge.json, or _decon/detect.json, or all
 *          records of the orchestrator (_decon/settings/); scan_records_add_sets collects the names of
 *          the evaluation sets that they searched for.
 * Owner:   scan_records_deinit. Threads: one.
 * Fails:   never: a record that cannot be read is counted.
 */
#ifndef DETECTION_AUDIT_SCAN_RECORDS_H
#define DETECTION_AUDIT_SCAN_RECORDS_H

#include "detection/audit/run_settings.h"
#include "detection/table/name_table.h"

typedef struct scan_records {
    run_settings *each; /* in the order of the scans, where they are joined */
    size_t count, capacity;
    size_t unreadable;
    bool joined; /* by `decon merge`: each scan read all files */
} scan_records;

void scan_records_read(scan_records *r, const report_store *store, const char *dir);
void scan_records_deinit(scan_records *r);
DEFINE_AUTO(scan_records, scan_records_deinit)

void scan_records_add_sets(const scan_records *r, name_table *names);

/* The text of the folder's records, which changes with each scan, rejudge and merge; appended. */
void scan_records_put_state(const report_store *store, const char *dir, buf *out);

#endif
