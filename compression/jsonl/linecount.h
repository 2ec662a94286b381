/* Counts the lines of a stream.
 *
 * What:    physical lines, blank ones (JSON white space only), the longest. A last line without
 *          '\n' counts; nothing after a last '\n' does not.
 * Owner:   embedded; initialised with {.blank = true}. Threads: one at a time. Fails: never.
 */
#ifndef COMPRESSION_JSONL_LINECOUNT_H
#define COMPRESSION_JSONL_LINECOUNT_H

#include "decon/base/buf.h"

typedef struct linecount {
    uint64_t lines;
    uint64_t blank_lines;
    uint64_t longest_line_bytes; /* excluding its '\n' */
    uint64_t line_bytes;         /* of the current line, used by linecount_feed only */
    bool blank;                  /* the current line, so far */
} linecount;

void linecount_feed(linecount *c, slice text);
void linecount_finish(linecount *c);
/* Counts one line, for callers that find line ends themselves. */
void linecount_add(linecount *c, uint64_t line_bytes, bool blank);

#endif
