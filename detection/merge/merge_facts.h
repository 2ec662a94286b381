/* Checks that two scans have read the same files, and records what the merged reports are of.
 *
 * What:    merge_facts_check compares files and lines in the records of both folders; where the
 *          orchestrator made one of them, it warns only. merge_facts_write writes
 *          _decon/detect.json: that of the earlier scan, with the evaluation sets of both.
 * Owner:   merge_facts_deinit. Threads: one.
 * Fails:   ERR_USAGE if the scans have read other files, or a folder was judged again by other
 *          rules; ERR_IO.
 */
#ifndef DETECTION_MERGE_MERGE_FACTS_H
#define DETECTION_MERGE_MERGE_FACTS_H

#include "detection/audit/run_facts.h"
#include "detection/merge/merge_scans.h"

typedef struct merge_facts {
    run_facts of[2]; /* of each of the folders */
} merge_facts;

bool merge_facts_check(merge_facts *f, const merge_scans *s, const report_store *store, err *e)
    MUST_USE;
void merge_facts_deinit(merge_facts *f);
DEFINE_AUTO(merge_facts, merge_facts_deinit)

/* Nothing where the earlier scan has no such record. */
bool merge_facts_write(const merge_facts *f, const merge_scans *s, const char *folder, err *e)
    MUST_USE;

#endif
