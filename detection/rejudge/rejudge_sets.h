/* Whether the sets of --eval exist.
 *
 * What:    rejudge_sets_check compares the patterns with the sets of the folder's records and of its
 *          reports and near misses.
 * Owner:   nothing is kept. Threads: one.
 * Fails:   ERR_USAGE for a pattern that no set fits; as reading reports does.
 */
#ifndef DETECTION_REJUDGE_REJUDGE_SETS_H
#define DETECTION_REJUDGE_REJUDGE_SETS_H

#include "detection/rejudge/rejudge_run.h"

/* `rules` are those of the options. */
bool rejudge_sets_check(const rejudge_options *options, rejudge_rules *rules, err *e) MUST_USE;

#endif
