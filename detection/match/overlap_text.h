/* The excerpt of a document that a report line shows, with its parts in brackets.
 *
 * What:    up to 30 tokens (OVERLAP_TOKENS_BEFORE) before, passage, question, answers, up to 60
 *          tokens after.
 * Owner:   the text is appended to the caller's buf. Threads: any. Fails: as the buf does.
 */
#ifndef DETECTION_MATCH_OVERLAP_TEXT_H
#define DETECTION_MATCH_OVERLAP_TEXT_H

#include "detection/match/match.h"

#define OVERLAP_TOKENS_BEFORE 30
#define OVERLAP_TOKENS_BEHIND 60

void overlap_text(const match *m, buf *out);

#endif
