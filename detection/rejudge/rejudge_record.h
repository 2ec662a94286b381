/* The records in a folder of reports that was judged again.
 *
 * What:    rejudge_record_write writes _decon/rejudge.json: the rules, the current settings, and
 *          the totals; rejudge_record_put makes its text; rejudge_record_copy copies the records of
 *          the
 *          scan to a new folder.
 * Owner:   nothing is kept. Threads: one. Fails: ERR_IO.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_RECORD_H
#define DETECTION_REJUDGE_REJUDGE_RECORD_H

#include "detection/rejudge/rejudge_run.h"

typedef struct rejudge_record {
    const rejudge_rules *rules;
    const run_settings *scan;
    const rejudge_result *result; /* NULL: it is in progress */
    uint64_t files, lines;        /* that the scan checked; 0: not known */
    const char *suppress;         /* path of the file; or NULL */
    const char *rules_digest;     /* NULL: the rules are those of the scan, or it is not needed */
    const char *time;
} rejudge_record;

#define REJUDGE_RECORD_MAX_BYTES ((size_t)64 << 20)

void rejudge_record_put(const rejudge_record *r, buf *json);
bool rejudge_record_write(const rejudge_record *r, const char *folder, err *e) MUST_USE;
bool rejudge_record_copy(const report_store *store, const char *from, const char *to, err *e)
    MUST_USE;

#endif
