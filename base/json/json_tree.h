/* A JSON text as a tree, for texts whose shape is not known beforehand.
 *
 * What:    checks the text as json_read.h does, then creates a node for each value, in order. Equal
 *          keys stay beside each other; json_tree_member finds the last.
 * Owner:   json_tree_deinit; nodes live in the tree and borrow the text.
 * Threads: any; a tree that has been read is constant.
 * Fails:   as json_read_members; ERR_LIMIT from 4 GiB on.
 */
#ifndef BASE_JSON_JSON_TREE_H
#define BASE_JSON_JSON_TREE_H

#include "decon/base/err.h"
#include "base/util.h"
#include "base/json/json_value.h"

typedef struct json_node {
    json_value value;
    json_value key;       /* of a member; JSON_ABSENT elsewhere */
    uint32_t first, next; /* number of the first child and the next sibling; 0: none */
    uint32_t count;       /* of children */
} json_node;

typedef struct json_tree {
    json_node *nodes; /* the root is the first */
    size_t count, capacity;
} json_tree;

void json_tree_deinit(json_tree *t);
DEFINE_AUTO(json_tree, json_tree_deinit)

/* Replaces the content of the tree. */
bool json_tree_read(json_tree *t, slice text, err *e) MUST_USE;

const json_node *json_tree_root(const json_tree *t);
/* NULL: there is none. */
const json_node *json_tree_first(const json_tree *t, const json_node *parent);
const json_node *json_tree_next(const json_tree *t, const json_node *node);
const json_node *json_tree_member(const json_tree *t, const json_node *object, slice key);
const json_node *json_tree_element(const json_tree *t, const json_node *array, uint64_t index);

/* The key's or a string's content, appended to `out` without escapes. */
void json_node_put_key(const json_node *node, buf *out);
void json_node_put_text(const json_node *node, buf *out);
bool json_node_key_equals(const json_node *node, slice key);

#endif
