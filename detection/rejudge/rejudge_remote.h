/* Verdicts of a report folder in a store, replaced object by object.
 *
 * What:    rejudge_remote_begin tests whether the store honours conditional writes and marks the
 *          folder's record as in progress; rejudge_remote_write replaces the objects of one training file;
 *          rejudge_remote_end completes the record.
 * Owner:   rejudge_remote_deinit; the other members are borrowed.
 * Threads: one.
 * Fails:   ERR_S3_CHANGED: another program has written an object since it was listed; that
 *          object is left unchanged. ERR_CONFIG: the store does not honour conditions. Errors of
 *          the store.
 *
 * Order for one file, so that each match is in report or near misses at every moment: added near
 * misses are written; the commit object of the new verdict is written, with the provenance of the
 * old one; the commit object of the old verdict is removed; near misses that count now are removed.
 * Between the second and the third step both commit objects exist: for a run such an input is not
 * done, and certify refuses it.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_REMOTE_H
#define DETECTION_REJUDGE_REJUDGE_REMOTE_H

#include "detection/rejudge/file_lines.h"
#include "detection/rejudge/line_store.h"
#include "detection/reports/report_store.h"

#define REJUDGE_RULES_TEXT 65

typedef struct rejudge_remote {
    const report_store *store;
    const char *folder;             /* URI */
    bool has_markers;               /* reports of the orchestrator: clean files have a marker */
    bool is_scan;                   /* the rules are those of the scan */
    char rules[REJUDGE_RULES_TEXT]; /* their digest, in hexadecimal digits */
    char *record_etag;
} rejudge_remote;

void rejudge_remote_deinit(rejudge_remote *r);
DEFINE_AUTO(rejudge_remote, rejudge_remote_deinit)

bool rejudge_remote_begin(rejudge_remote *r, slice record, err *e) MUST_USE;
bool rejudge_remote_write(const rejudge_remote *r, const file_lines *f, const file_change *c,
                          line_store *reports, line_store *near, err *e) MUST_USE;
bool rejudge_remote_end(rejudge_remote *r, slice record, err *e) MUST_USE;

#endif
