/* Values of a benchmark's row, by the paths that evals.yaml writes: `answer`, `answers.text.0`.
 *
 * What:    field_find follows members and indices; field_collect also goes into every element of an
 *          array where a member is named; field_text yields a value's text.
 * Owner:   nodes belong to the tree; field_list_deinit. Threads: any. Fails: never.
 */
#ifndef DETECTION_CONVERT_FIELD_H
#define DETECTION_CONVERT_FIELD_H

#include "base/json/json_tree.h"

typedef struct field_list {
    const json_node **nodes;
    size_t count, capacity;
} field_list;

void field_list_deinit(field_list *l);
DEFINE_AUTO(field_list, field_list_deinit)

/* NULL: absent, or null. */
const json_node *field_find(const json_tree *t, const json_node *from, slice path);
/* An array at the end of a path yields its elements. */
void field_collect(const json_tree *t, const json_node *from, slice path, field_list *out);
/* Appends strings unescaped, numbers and booleans as written, and the values of arrays and objects
 * separated by `between`. False: nothing was appended. */
bool field_text(const json_tree *t, const json_node *node, const char *between, buf *out);

#endif
