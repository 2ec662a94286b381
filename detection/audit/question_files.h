/* Lists of found or clean questions, for other programs.
 *
 * What:    question_put_found lists the questions that were found, as CSV or JSON;
 *          question_put_clean the instances without a match, as evaluation programs read them.
 * Owner:   text is appended to the caller's buf. Threads: one. Fails: as the buf does (overflow).
 * The table is sorted.
 */
#ifndef DETECTION_AUDIT_QUESTION_FILES_H
#define DETECTION_AUDIT_QUESTION_FILES_H

#include "decon/base/buf.h"
#include "detection/audit/question_table.h"

/* CSV with a head line: eval_key, split, eval_instance_index, documents, best_score. */
void question_put_found_csv(const question_table *t, buf *out);
/* An array of objects with the same keys. */
void question_put_found_json(const question_table *t, buf *out);

/* {"set": {"split": [instances]}}; of one split {"set": [instances]}, which lm-evaluation-harness
 * takes with --samples. `split` NULL: all. */
void question_put_clean(const question_table *t, const char *split, buf *out);

#endif
