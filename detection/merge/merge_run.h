/* Merges the reports of two scans into one folder.
 *
 * What:    merge_run reads the reports and near misses of both folders and writes, for each training
 *          file, the matches of both, by training line; each line names the scan of its scores.
 * Owner:   merge_result_deinit; the scans are borrowed.
 * Threads: one.
 * Fails:   ERR_USAGE if a set of the second folder also has matches in the first; ERR_PARSE if a
 *          report has a bad line; errors of reading and writing files.
 * Memory:  56 bytes for each match. Text is on disk.
 */
#ifndef DETECTION_MERGE_MERGE_RUN_H
#define DETECTION_MERGE_MERGE_RUN_H

#include "base/util.h"
#include "detection/merge/merge_scans.h"

typedef struct merge_change {
    char *name;           /* of the training file, as reports have it */
    uint64_t lines_added; /* contaminated only by the added sets */
} merge_change;

typedef struct merge_result {
    merge_change *changes; /* files with such lines, in the order of names */
    size_t count, capacity;
    uint64_t files, contaminated; /* with matches or near misses; with matches */
    uint64_t matches, matches_added, lines, lines_added;
} merge_result;

void merge_result_deinit(merge_result *r);
DEFINE_AUTO(merge_result, merge_result_deinit)

/* `output`: an existing, empty folder. */
bool merge_run(const merge_scans *scans, const report_store *store, const char *output,
               merge_result *out, err *e) MUST_USE;

#endif
