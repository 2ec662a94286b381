/* State of the checker, shared by its two readers.
 *
 * What:    jsonl_exact.c reads byte by byte, stops and resumes at any byte, and is the only reader
 *          that reports faults. jsonl_fast.c skips whole windows of valid text and leaves the same
 *          state as if the exact reader had read them.
 * Owner:   embedded in jsonl.c's object.
 * Threads: one at a time.
 * Fails:   by `failed` and the recorded fault, which jsonl.c reports.
 */
#ifndef COMPRESSION_JSONL_JSONL_STATE_H
#define COMPRESSION_JSONL_JSONL_STATE_H

#include "compression/jsonl/json_window.h"
#include "decon/compression/jsonl.h"
#include "compression/keys/keypath.h"
#include "compression/jsonl/linecount.h"
#include "compression/jsonl/json_number.h"
#include "compression/jsonl/utf8.h"

typedef enum jsonl_state {
    LINE_START,
    BYTE_ORDER_MARK,
    FIRST_KEY,
    NEXT_KEY,
    COLON,
    FIRST_ELEMENT,
    VALUE,
    STRING,
    ESCAPE,
    HEX,
    NUMBER,
    LITERAL,
    AFTER_MEMBER,
    AFTER_ELEMENT,
    LINE_END,
} jsonl_state;

struct jsonl {
    jsonl_state state;
    uint64_t max_line_bytes;
    size_t max_depth, fast_depth; /* fast_depth: the limit of jsonl_fast.c */
    bool refuse_lone_surrogates;

    uint64_t offset;     /* of the current piece, in the text */
    const char *piece;   /* its first byte, during a call */
    uint64_t line_start; /* offset of the line's first byte */
    linecount counts;
    bool line_is_beyond; /* the detection server skips the line */
    uint64_t unscannable_lines, skipped_lines;
    uint64_t lone_surrogates;

    size_t depth;            /* open containers */
    uint64_t *objects;       /* max_depth bits: 1 for an object */
    jsonl_state after_value; /* after a value, by the innermost container */

    bool string_is_key;
    uint64_t key_offset; /* of the last key's quote */
    utf8 utf8;
    uint64_t escape_offset; /* of the last backslash */
    unsigned hex_left, hex_value;
    unsigned high;        /* the high surrogate directly before, or 0 */
    uint64_t high_offset; /* of its backslash */
    number_state number;
    number_size number_size;
    const char *literal; /* its remaining letters */
    unsigned mark_bytes; /* of the byte-order mark, so far */
    keypath keys;

    const json_indexer *indexer; /* NULL: exact reader only */
    json_window window;

    bool failed;
    err_code fault_code;
    uint64_t fault_offset;
    char fault_cause[160];
};

static inline uint64_t jsonl_offset_of(const jsonl *j, const char *p)
{
    return j->offset + (uint64_t)(p - j->piece);
}

static inline bool jsonl_in_object(const jsonl *j)
{
    return j->after_value == AFTER_MEMBER;
}

static inline void jsonl_push(jsonl *j, bool object)
{
    uint64_t bit = (uint64_t)1 << (j->depth % 64);
    uint64_t *word = &j->objects[j->depth / 64];
    *word = object ? *word | bit : *word & ~bit;
    j->depth++;
    j->after_value = object ? AFTER_MEMBER : AFTER_ELEMENT;
    j->state = object ? FIRST_KEY : FIRST_ELEMENT;
    if (object && j->keys.seen)
        keyset_open(j->keys.seen);
}

static inline void jsonl_pop(jsonl *j)
{
    if (j->keys.seen && jsonl_in_object(j))
        keyset_close(j->keys.seen);
    keypath_close(&j->keys, j->depth);
    size_t at = --j->depth - 1; /* of the enclosing container */
    if (j->depth == 0)
        j->after_value = LINE_END;
    else
        j->after_value = j->objects[at / 64] >> (at % 64) & 1 ? AFTER_MEMBER : AFTER_ELEMENT;
    j->state = j->after_value;
}

void jsonl_end_line(jsonl *j, uint64_t end); /* offset of its '\n', or of the end of the text */

/* Reads according to the state from `p`: at least one byte, at most up to `stop`. */
const char *jsonl_step(jsonl *j, const char *p, const char *stop);
/* Reads [p, end) byte by byte, or up to a fault. */
const char *jsonl_read_exactly(jsonl *j, const char *p, const char *end);
/* Reads from p in whole windows; returns the start of the unread rest. */
const char *jsonl_read_windows(jsonl *j, const char *p, const char *end);
/* Ends the text: a fault if a line is incomplete. */
void jsonl_check_end(jsonl *j);

#endif
