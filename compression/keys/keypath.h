/* The content key of a line: is there a string under this dotted path?
 *
 * What:    follows the keys of a JSON object as they stream by. The path is split at each '.'; a
 *          part selects a member of an object, never of an array. Of equal keys the last counts.
 *          Also notes a sample of the keys that it meets along the path, for the message when no line
 *          has it; and gathers all keys, where none may stand twice.
 * Owner:   embedded; keypath_init / keypath_deinit. Threads: one at a time.
 * Fails:   never.
 */
#ifndef COMPRESSION_KEYS_KEYPATH_H
#define COMPRESSION_KEYS_KEYPATH_H

#include "compression/keys/keyset.h"

typedef struct keypath {
    char *text;   /* "meta.text" */
    slice *parts; /* into text */
    size_t part_count;
    bool plain; /* it stands in a text as it is: nothing in it need be escaped */

    /* This line. */
    bool found;      /* the path leads to a string */
    size_t on_depth; /* depth of the innermost open object that lies on the path; top level: 1 */

    /* This key. */
    bool active;      /* its bytes are wanted */
    bool comparing;   /* it lies in the object at on_depth */
    bool matches;     /* so far it equals the part */
    size_t compared;  /* bytes of the part */
    unsigned high;    /* a high surrogate that waits for its low one, or 0 */
    size_t name_from; /* where it begins in `names`, or NOT_NOTED */

    /* Keys of the first lines, ", " between them, each once: "id, meta, meta.body". */
    bool noting;
    size_t noted_lines;
    buf names;

    keyset *seen; /* NULL: a key may stand twice */
} keypath;

void keypath_init(keypath *k, const char *path, bool refuse_duplicates);
void keypath_deinit(keypath *k);

void keypath_line_end(keypath *k);
/* A key of the object at this depth; then its bytes and its \u units, in order, while `active`. */
void keypath_key_begin(keypath *k, size_t depth);
void keypath_key_bytes(keypath *k, slice bytes);  /* as they stand in the text, without escapes */
void keypath_key_unit(keypath *k, unsigned unit); /* an escape's UTF-16 code unit */
keyset_result keypath_key_end(keypath *k);

/* The part that keys of the object at on_depth are compared with. */
static inline slice keypath_part(const keypath *k)
{
    return k->parts[k->on_depth - 1];
}

static inline void keypath_line_begin(keypath *k)
{
    k->found = false;
    k->matches = false;
    k->on_depth = 1;
}

/* The value of the last key at this depth begins with this byte. */
static inline void keypath_value(keypath *k, size_t depth, char first)
{
    if (!k->matches || depth != k->on_depth)
        return;
    k->matches = false;
    bool is_last_part = k->on_depth == k->part_count;
    k->found = is_last_part && first == '"';
    k->on_depth += !is_last_part && first == '{';
}

/* The container at this depth ends. */
static inline void keypath_close(keypath *k, size_t depth)
{
    k->on_depth -= depth == k->on_depth && depth > 1;
}

#endif
