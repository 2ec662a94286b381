/* The excerpt of a document that a report line shows, with its parts in brackets.
 *
 * What:    up to 30 tokens before, passage, question, answers, up to 60 tokens behind.
 * Owner:   the text is appended to the caller's buf. Threads: any. Fails: as the buf does.
 */
#ifndef SERVER_OVERLAP_TEXT_H
#define SERVER_OVERLAP_TEXT_H

#include "server/match.h"

void overlap_text(const match *m, buf *out);

#endif
