/* A window of JSON text, and what one pass of vector code finds in it.
 *
 * What:    an indexer goes through up to JSON_WINDOW_BYTES of text and notes where tokens begin
 *          outside of strings: brackets, ':', ',', '\n', opening quotes, first bytes of numbers and
 *          literals. Inside strings it checks everything: escapes, control characters, UTF-8. It
 *          knows no grammar: jsonl_fast.c holds the tokens against that.
 *          What is not sound is only marked (`odd`): the exact reader then goes over the window and
 *          says what it is. An indexer may mark too much, never too little.
 *          There is one for each instruction set, all from the same loop (json_index.h).
 * Owner:   the caller's; text is borrowed.
 * Threads: any; an indexer has no state but the window.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSON_WINDOW_H
#define COMPRESSION_JSONL_JSON_WINDOW_H

#include "base/util.h"

#define JSON_BLOCK_BYTES   64
#define JSON_WINDOW_BYTES  ((size_t)8 * 1024)
#define JSON_WINDOW_BEHIND 12 /* bytes that can be read behind it: a pair of \u escapes */

typedef struct json_window {
    /* asked */
    const char *text; /* no escape and no UTF-8 sequence is cut in two at its start */
    size_t len;       /* whole blocks; JSON_WINDOW_BEHIND more bytes can be read */
    bool starts_in_string;

    /* found */
    bool odd; /* the exact reader must go over it; the rest is not to be used then */
    bool has_backslashes;
    bool ends_in_string;
    size_t next; /* where to go on in that string: len, or behind an escape or a UTF-8 sequence that
                    goes over the end */
    size_t count;
    uint16_t
        tokens[JSON_WINDOW_BYTES + JSON_BLOCK_BYTES]; /* offsets, ascending; room to overshoot */
} json_window;

typedef struct json_indexer {
    const char *name;
    bool (*supported)(void); /* by the processor at hand */
    void (*index)(json_window *w);
} json_indexer;

extern const json_indexer json_indexer_avx512, json_indexer_avx2, json_indexer_sse42,
    json_indexer_neon, json_indexer_portable;

/* The one of that place among those that this processor can run, best first; NULL: no more. */
const json_indexer *json_indexer_at(size_t place);
/* By name, NULL: the best one. Yields NULL for a name that is none of them. */
const json_indexer *json_indexer_find(const char *name);

#endif
