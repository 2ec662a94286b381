/* Finds the content key of a line: is there a string at this dotted path?
 *
 * What:    follows the keys of a JSON object as a stream. The path is split at each '.'; each part
 *          selects a member of an object, never of an array. Of duplicate keys the last one counts.
 *          Also collects a sample of the keys along the path, for the message if no line has it,
 *          and all keys if duplicates are refused.
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
    bool plain; /* the path has no character that JSON must escape */

    /* This line. */
    bool found;      /* the path leads to a string */
    size_t on_depth; /* depth of the innermost open object on the path; top level: 1 */

    /* This key. */
    bool active;      /* its bytes are needed */
    bool comparing;   /* it is in the object at on_depth */
    bool matches;     /* equals the part so far */
    size_t compared;  /* bytes of the part */
    unsigned high;    /* a high surrogate that waits for its low one, or 0 */
    size_t name_from; /* where it begins in `names`, or NOT_NOTED */

    /* Sample of keys of the first lines, separated by ", ", without duplicates: "id,
     * meta, meta.body". */
    bool noting;
    size_t noted_lines;
    buf names;

    keyset *seen; /* NULL: duplicate keys are allowed */
} keypath;

void keypath_init(keypath *k, const char *path, bool refuse_duplicates);
void keypath_deinit(keypath *k);

void keypath_line_end(keypath *k);
/* Begins a key of the object at this depth; then its bytes and its \u units follow, in
 * order, while `active`. */
void keypath_key_begin(keypath *k, size_t depth);
void keypath_key_bytes(keypath *k, slice bytes);  /* raw text without escapes */
void keypath_key_unit(keypath *k, unsigned unit); /* UTF-16 code unit of an escape */
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

/* The value of the last key at this depth begins with the byte `first`. */
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
