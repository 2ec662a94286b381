/* Prints a review on the terminal: bars, then the best examples of each set with their marks in
 * colour.
 *
 * What:    review_print writes it; review_print_json the same as one JSON object.
 * Owner:   nothing is kept. Threads: one. Fails: never (as `out` does).
 *
 * The content of reports is untrusted: control characters, and those that change the writing
 * direction, are replaced by a sign and never reach the terminal.
 */
#ifndef DETECTION_REVIEW_REVIEW_TERMINAL_H
#define DETECTION_REVIEW_REVIEW_TERMINAL_H

#include "detection/review/review_read.h"

struct review_audit;

typedef struct review_look {
    size_t width; /* columns */
    bool color;
    bool blocks;                      /* bars of block characters; else of # */
    bool stats;                       /* figures only, no examples */
    bool dumped;                      /* the examples have been written already */
    const struct review_audit *audit; /* or NULL */
} review_look;

void review_print(const review *r, const review_look *look, FILE *out);
/* One example with the name of its set. */
void review_print_example(const review_set *s, const review_example *x, const review_look *look,
                          FILE *out);
void review_print_json(const review *r, const struct review_audit *audit, FILE *out);

#endif
