/* The answers of a row, by the methods of evals.yaml: a field, expand_choices, expand_prefix,
 * indexed.
 *
 * What:    answers_find tries the configured methods in order; the first that yields an answer
 *          counts.
 * Owner:   answer_list_deinit. Threads: any. Fails: never.
 */
#ifndef DETECTION_CONVERT_CHOICES_H
#define DETECTION_CONVERT_CHOICES_H

#include "decon/base/buf.h"
#include "base/json/json_tree.h"

typedef struct answer_item {
    buf text;
    int is_correct; /* -1: not known */
} answer_item;

typedef struct answer_list {
    answer_item *items;
    size_t count, capacity;
    bool are_choices; /* of one question: their number is not a sub_index */
} answer_list;

void answer_list_deinit(answer_list *l);
DEFINE_AUTO(answer_list, answer_list_deinit)

/* `config`: the value of the key `answers`; NULL: none. */
void answers_find(const json_tree *t, const json_node *config, const json_tree *row,
                  answer_list *out);

#endif
