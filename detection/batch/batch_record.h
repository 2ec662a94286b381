/* The record of a batch: _decon/detect.json in the folder of reports.
 *
 * What:    settings with their fingerprint, how many files and lines were checked, and how many records
 *          and questions of each evaluation set they were compared with. `decon compare` and `decon
 *          review` read it. It describes the last batch that wrote to the folder.
 * Owner:   nothing is kept. Threads: one. Fails: ERR_IO.
 */
#ifndef DETECTION_BATCH_BATCH_RECORD_H
#define DETECTION_BATCH_BATCH_RECORD_H

#include "base/util.h"
#include "detection/config/config.h"

#define BATCH_RECORD_DIR "_decon"

typedef struct detect_totals {
    size_t files, clean, contaminated, failed, skipped;
    uint64_t lines, unread_lines, contaminated_lines, matches, near_misses, text_bytes;
    uint64_t ms;
} detect_totals;

bool batch_record_write(const server_config *c, const ngram_index *x, const detect_totals *t,
                        err *e) MUST_USE;

#endif
