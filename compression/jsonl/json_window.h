/* A window of JSON text and the tokens that one pass of vector code finds in it.
 *
 * What:    an indexer scans up to JSON_WINDOW_BYTES of text and records where tokens begin outside
 *          of strings: brackets, ':', ',', '\n', opening quotes, first bytes of numbers and
 *          literals. Inside strings it checks everything: escapes, control characters, UTF-8. It
 *          does not know the grammar: jsonl_fast.c checks the order of tokens. Invalid text only
 *          sets `odd`: the exact reader then reads the window and reports the fault. An indexer may
 *          set it for valid text, but must set it for invalid text. There is one per instruction
 *          set, all with the same loop (json_index.h).
 * Owner:   the caller's; text is borrowed.
 * Threads: any; an indexer has no state except the window.
 * Fails:   never.
 */
#ifndef COMPRESSION_JSONL_JSON_WINDOW_H
#define COMPRESSION_JSONL_JSON_WINDOW_H

#include "base/util.h"

#define JSON_BLOCK_BYTES   64
#define JSON_WINDOW_BYTES  ((size_t)8 * 1024)
#define JSON_WINDOW_BEHIND 12 /* readable bytes after the window: a pair of \u escapes */

typedef struct json_window {
    /* input */
    const char *text; /* neither an escape nor a UTF-8 sequence is split at its start */
    size_t len;       /* whole blocks; JSON_WINDOW_BEHIND more bytes are readable */
    bool starts_in_string;

    /* output */
    bool odd; /* the exact reader must read the window; the other members are then undefined */
    bool has_backslashes;
    bool ends_in_string;
    size_t next; /* where to continue in that string: len, or after an escape or a UTF-8 sequence
                    that extends beyond the window */
    size_t count;
    /* Offsets, ascending; with space for the values that put_tokens writes beyond its count. */
    uint16_t tokens[JSON_WINDOW_BYTES + JSON_BLOCK_BYTES];
} json_window;

typedef struct json_indexer {
    const char *name;
    bool (*supported)(void); /* by this processor */
    void (*index)(json_window *w);
} json_indexer;

extern const json_indexer json_indexer_avx512, json_indexer_avx2, json_indexer_sse42,
    json_indexer_neon, json_indexer_portable;

/* The indexers that this processor supports, fastest first; NULL after the last one. */
const json_indexer *json_indexer_at(size_t place);
/* By name; NULL: the fastest one. Returns NULL for an unknown name. */
const json_indexer *json_indexer_find(const char *name);

#endif
