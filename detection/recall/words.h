/* Words of a text: runs of bytes other than ASCII white space.
 *
 * What:    words_next walks over them. Owner: nothing. Threads: any. Fails: never.
 */
#ifndef DETECTION_RECALL_WORDS_H
#define DETECTION_RECALL_WORDS_H

#include "decon/base/buf.h"

/* The next word from *at on, empty at the end; *at moves to its end. */
slice words_next(slice text, size_t *at);
size_t words_count(slice text);

#endif
