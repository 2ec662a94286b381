/* Finds copies in which words were changed, with recall: high.
 *
 * What:    aligned_matches scans a document again, by alignment (detection/align), and reports
 *          matches with a sufficient score that were not reported at that place before. Scores
 *          weigh tokens instead of n-grams, and short records need evidence instead of a perfect
 *          match.
 * Owner:   all memory is the matcher's. Threads: as the matcher. Fails: as match_document.
 */
#ifndef DETECTION_MATCH_ALIGNED_H
#define DETECTION_MATCH_ALIGNED_H

#include "detection/match/match.h"

/* The minimum that must match of question, answer and passage together: the weight of this many
 * tokens that only one record has. */
#define ALIGNED_EVIDENCE 4.0f
/* The share of its weight that a replaced word inside a copy counts for. */
#define ALIGNED_REPLACED 0.5f

bool aligned_matches(matcher *m, slice text, err *e) MUST_USE;
/* A match that is going to be reported: its question is not reported there again. */
void aligned_remember(matcher *m, const match *found, bool is_near);

#endif
