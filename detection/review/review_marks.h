/* The marked parts of a report's training_overlap_text.
 *
 * What:    splits text around ... ⟨passage⟩ ... 【question】 ... ⟦answer⟧ ... around.
 * Owner:   parts are slices of the text. Threads: any.
 * Fails:   never: text without marks is one part (around).
 *
 * A document may contain such brackets itself. The question is the pair whose content is closest in
 * length to the record's question; the passage is the last pair before it, answers are all pairs
 * after it.
 */
#ifndef DETECTION_REVIEW_REVIEW_MARKS_H
#define DETECTION_REVIEW_REVIEW_MARKS_H

#include "decon/base/buf.h"

typedef enum mark_kind { MARK_AROUND, MARK_PASSAGE, MARK_QUESTION, MARK_ANSWER } mark_kind;

typedef struct mark_part {
    mark_kind kind;
    slice text;
} mark_part;

#define MARK_PARTS_MAX 64 /* the text after this number of parts is one part (around) */

/* Returns the number of parts. */
size_t review_marks_split(slice text, slice question, mark_part parts[MARK_PARTS_MAX]);

#endif
