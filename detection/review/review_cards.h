/* The examples of a review, as cards of the page; internal interface of review_html.c.
 *
 * What:    a section per evaluation set, a card per example.
 * Owner:   text goes to the caller's buf; names are borrowed from the review, their list is freed
 *          by its owner. Threads: any. Fails: when the buf overflows.
 */
#ifndef DETECTION_REVIEW_REVIEW_CARDS_H
#define DETECTION_REVIEW_REVIEW_CARDS_H

#include "detection/review/review_read.h"

/* Files are numbered in the order of their examples: only those can be selected. */
typedef struct review_names {
    const char **names;
    size_t count, capacity;
} review_names;

/* Appends the set's section, and to `files` those of its files that are not in it yet. */
void review_cards_put_set(const review_set *s, size_t number, review_names *files, buf *out);

#endif
