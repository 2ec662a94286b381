/* The content key of a line: is there a string under this dotted path?
 *
 * What:    follows the keys of a JSON object as they stream by. The path is split at each '.'; a
 *          part selects a member of an object, never of an array. Of equal keys the last counts.
 *          Also notes the first line's top-level keys, for the message when no line has the path.
 * Owner:   embedded; keypath_init / keypath_deinit. Threads: one at a time.
 * Fails:   never.
 */
#ifndef COMPRESSION_KEYPATH_H
#define COMPRESSION_KEYPATH_H

#include "base/buf.h"

typedef struct keypath {
    char *text;   /* "meta.text" */
    slice *parts; /* into text */
    size_t part_count;

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

    /* The first line's keys, ", " between them. */
    bool noting;
    buf names;
} keypath;

void keypath_init(keypath *k, const char *path);
void keypath_deinit(keypath *k);

void keypath_line_begin(keypath *k);
void keypath_line_end(keypath *k);
/* A key of the object at this depth; then its bytes and its \u units, in order. */
void keypath_key_begin(keypath *k, size_t depth);
void keypath_key_bytes(keypath *k, slice bytes);  /* as they stand in the text, without escapes */
void keypath_key_unit(keypath *k, unsigned unit); /* an escape's UTF-16 code unit */
void keypath_key_end(keypath *k);
/* The value of the last key at this depth begins with this byte. */
void keypath_value(keypath *k, size_t depth, char first);
void keypath_close(keypath *k, size_t depth); /* the container at this depth ends */

#endif
