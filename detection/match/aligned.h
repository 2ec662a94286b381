/* Matches of copies in which words were changed, where recall is high.
 *
 * What:    aligned_matches reads a document once more, by alignment (detection/align), and reports what
 *          scores enough and was not reported at that place before. Scores weigh tokens instead of
 *          n-grams, and short records need evidence instead of a perfect match.
 * Owner:   all memory is the matcher's. Threads: as the matcher. Fails: as match_document.
 */
#ifndef DETECTION_MATCH_ALIGNED_H
#define DETECTION_MATCH_ALIGNED_H

#include "detection/match/match.h"

/* What must match at the least, of question, answer and passage: the weight of so many tokens that
 * only one record has. */
#define ALIGNED_EVIDENCE 4.0f
/* What a replaced word in the middle of a copy counts for. */
#define ALIGNED_REPLACED 0.5f

bool aligned_matches(matcher *m, slice text, err *e) MUST_USE;
/* A match that is going to be reported: its question is not reported there again. */
void aligned_remember(matcher *m, const match *found, bool is_near);

#endif
