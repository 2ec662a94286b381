/* The examples of a review, as cards of the page: the inner face of review_html.c.
 *
 * What:    a section for each evaluation set, a card for each of its best examples.
 * Owner:   text goes to the caller's buf; names are borrowed from the review, the list of them is
 *          released by its owner with free. Threads: any. Fails: as the buf does (overflow).
 */
#ifndef DETECTION_REVIEW_REVIEW_CARDS_H
#define DETECTION_REVIEW_REVIEW_CARDS_H

#include "detection/review/review_read.h"

/* Files are numbered in the order of their examples: only those can be chosen. */
typedef struct review_names {
    const char **names;
    size_t count, capacity;
} review_names;

/* Appends the set's section, and to `files` those of its files that are new there. */
void review_cards_put_set(const review_set *s, size_t number, review_names *files, buf *out);

#endif
