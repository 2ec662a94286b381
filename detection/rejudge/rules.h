/* Which matches count under the rules of `decon rejudge`.
 *
 * What:    rejudge_rules_make compares the threshold with the settings of the scan;
 *          rejudge_rules_count decides about one line of a report. At the scan's own threshold exactly
 *          the scan's matches count.
 * Owner:   all members are borrowed. Threads: one.
 * Fails:   ERR_USAGE, if the scan did not keep the scores that the threshold needs, or its settings
 *          are unknown.
 */
#ifndef DETECTION_REJUDGE_RULES_H
#define DETECTION_REJUDGE_RULES_H

#include "detection/audit/run_settings.h"
#include "detection/audit/suppressions.h"
#include "detection/index/score.h"
#include "detection/review/review_example.h"
#include "detection/table/name_table.h"

typedef struct rejudge_rules {
    float threshold;      /* the new one */
    float scan_threshold; /* of the scan that made the reports */
    float kept_from;      /* the lowest scores that the scan kept */
    score_decay decay;    /* of the scan */
    bool knows_decay;
    char *const *sets;      /* patterns; empty: all sets */
    name_table *known_sets; /* gets the sets of all lines; or NULL */
    const suppressions *suppressed;
} rejudge_rules;

/* `threshold`, `scan_threshold`: below 0: not given. */
bool rejudge_rules_make(rejudge_rules *r, const run_settings *scan, double threshold,
                        double scan_threshold, err *e) MUST_USE;
bool rejudge_rules_count(const rejudge_rules *r, const review_line *line);

#endif
