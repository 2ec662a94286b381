/* Matches that were manually judged to be false.
 *
 * What:    a file of JSON Lines: eval_key, split, eval_instance_index, and training_file and
 *          training_line where the verdict is for one document only; `verdict` is "false_positive"
 *          or "true_positive". A later line replaces earlier ones of the same matches.
 * Owner:   embedded; suppressions_deinit. Threads: one.
 * Fails:   a file that cannot be read or a faulty line: ERR_CONFIG with the line.
 */
#ifndef DETECTION_AUDIT_SUPPRESSIONS_H
#define DETECTION_AUDIT_SUPPRESSIONS_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"
#include "detection/table/instance_set.h"

#define SUPPRESSION_FALSE "false_positive"
#define SUPPRESSION_TRUE  "true_positive"

typedef struct judged_match {
    const char *eval, *split;
    uint64_t instance;
    const char *file; /* NULL: in every document */
    uint64_t line;    /* from 0 */
} judged_match;

typedef struct suppressions {
    instance_set everywhere, in_documents; /* false positives */
    instance_set true_everywhere, judged;  /* true positives; judged: pairs with a document */
} suppressions;

void suppressions_deinit(suppressions *s);
DEFINE_AUTO(suppressions, suppressions_deinit)

/* With `may_be_new` a missing file counts as empty. */
bool suppressions_read(suppressions *s, const char *path, bool may_be_new, err *e) MUST_USE;
bool suppressions_has(const suppressions *s, const judged_match *m);
bool suppressions_judged(const suppressions *s, const judged_match *m);

/* Appends a verdict to the file. */
bool suppressions_append(const char *path, const judged_match *m, const char *verdict, err *e)
    MUST_USE;

#endif
