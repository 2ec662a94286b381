/* Which records' questions hold an n-gram: lists of record numbers, ascending.
 *
 * What:    fills the index's list_of, list_start and posts from the records' question_ids. N-grams that
 *          the same records hold share a list: those of one record's own words, or of a template.
 * Owner:   the index. Threads: one, while the index is frozen. Fails: never.
 */
#ifndef DETECTION_INDEX_RECORD_LISTS_H
#define DETECTION_INDEX_RECORD_LISTS_H

#include "detection/index/index.h"

size_t record_lists_make(ngram_index *x);

#endif
