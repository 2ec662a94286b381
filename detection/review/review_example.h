/* One line of a report, and the part of it that is kept as an example.
 *
 * What:    review_line_read parses a line; review_example_new copies what is shown, with long texts
 *          shortened in the middle.
 * Owner:   review_line: review_line_deinit; it borrows the line. review_example_free.
 * Threads: any.
 * Fails:   a line that is not a JSON object in valid UTF-8 with eval_key and contamination_score.
 */
#ifndef DETECTION_REVIEW_REVIEW_EXAMPLE_H
#define DETECTION_REVIEW_REVIEW_EXAMPLE_H

#include "base/util.h"
#include "base/json/json_read.h"
#include "detection/review/review_read.h"

#define REVIEW_KEYS 21

typedef struct review_line {
    double score;
    uint64_t training_line, instance;
    char *eval, *file;       /* file: for display */
    char *split;             /* NULL if absent */
    double question_overlap; /* below 0: absent */
    uint64_t question_tokens, question_start;
    bool is_aligned; /* found by alignment: the length of the question does not matter */
    json_value values[REVIEW_KEYS];
} review_line;

/* `label` names the report: its path below the named folder. */
bool review_line_read(review_line *line, slice text, const char *label, err *e) MUST_USE;
void review_line_deinit(review_line *line);
DEFINE_AUTO(review_line, review_line_deinit)

review_example *review_example_new(const review_line *line, const char *report, size_t order);
void review_example_free(review_example *x);

#endif
