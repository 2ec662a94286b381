/* Two scans of the same files whose reports may be merged.
 *
 * What:    merge_scans_read takes the records of both folders: the settings must be the same, except
 *          for the evaluation records, and the second scan must have reported some sets only
 *          (report_sets). merge_record_write writes _decon/merge.json.
 * Owner:   merge_scans_deinit. Threads: one.
 * Fails:   ERR_USAGE if the folders cannot be merged; ERR_IO.
 */
#ifndef DETECTION_MERGE_MERGE_SCANS_H
#define DETECTION_MERGE_MERGE_SCANS_H

#include "detection/audit/run_facts.h"
#include "detection/audit/run_settings.h"

typedef struct merge_scans {
    const char *folders[2]; /* of the reports so far; of the sets that are added */
    run_settings settings[2];
    char *fingerprints[2];
    char **sets; /* that the second scan has reported, NULL-terminated */
} merge_scans;

bool merge_scans_read(merge_scans *s, const report_store *store, const char *old_folder,
                      const char *new_folder, err *e) MUST_USE;
bool merge_scans_adds(const merge_scans *s, const char *set); /* one of `sets` */
void merge_scans_deinit(merge_scans *s);
DEFINE_AUTO(merge_scans, merge_scans_deinit)

/* `files`: of the folder of the reports so far. */
bool merge_record_write(const merge_scans *s, const run_facts *files, const char *folder, err *e)
    MUST_USE;

#endif
