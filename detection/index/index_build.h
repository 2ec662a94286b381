/* Adding records to an index, and freezing it: shared by index.c, index_build.c and index_freeze.c.
 *
 * What:    memory that is only needed while records are added; records that other threads prepared.
 * Owner:   the index until index_freeze.
 * Threads: the building one.
 * Fails:   never.
 */
#ifndef DETECTION_INDEX_INDEX_BUILD_H
#define DETECTION_INDEX_INDEX_BUILD_H

#include "base/util.h"
#include "detection/index/eval_filter.h"
#include "detection/index/prepare.h"
#include "detection/table/ngram_rows.h"

typedef struct index_build {
    preparer preparer; /* of index_add */
    arena prepared;    /* the record of index_add */
    eval_filter filter;
    ngram_rows rows;  /* of questions, answers and passages, record by record */
    unsigned helpers; /* further threads that index_freeze may use */
} index_build;

index_build *index_build_new(const detect_settings *settings) MUST_USE;
void index_build_free(index_build *b); /* NULL is allowed */

/* Records are committed in their order. One without tokens was prepared by the index's own preparer. */
void index_commit(ngram_index *x, prepared_record *p);

#endif
