/* Counting the lines of a text that streams by.
 *
 * What:    physical lines, blank ones (JSON's white space only), the longest. A last line without
 *          '\n' counts; nothing behind a last '\n' does.
 * Owner:   embedded; {.blank = true} is its start. Threads: one at a time. Fails: never.
 */
#ifndef COMPRESSION_JSONL_LINECOUNT_H
#define COMPRESSION_JSONL_LINECOUNT_H

#include "decon/base/buf.h"

typedef struct linecount {
    uint64_t lines;
    uint64_t blank_lines;
    uint64_t longest_line_bytes; /* without its '\n' */
    uint64_t line_bytes;         /* of the line under way, maintained by linecount_feed only */
    bool blank;                  /* the line under way, so far */
} linecount;

void linecount_feed(linecount *c, slice text);
void linecount_finish(linecount *c);
/* One line has ended; for callers that find the ends themselves. */
void linecount_add(linecount *c, uint64_t line_bytes, bool blank);

#endif
