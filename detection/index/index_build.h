/* The parts of index building that index.c and index_build.c share.
 *
 * What:    memory that is only needed while records are added.
 * Owner:   the index until index_freeze. Threads: the building one. Fails: never.
 */
#ifndef DETECTION_INDEX_INDEX_BUILD_H
#define DETECTION_INDEX_INDEX_BUILD_H

#include "base/util.h"
#include "detection/index/eval_filter.h"

typedef struct index_scratch {
    buf question, answer, passage; /* normalised */
    buf combined;
    token_list tokens;
    eval_filter filter;
    uint32_t *ids;
    size_t id_capacity;
} index_scratch;

index_scratch *index_scratch_new(const detect_settings *settings) MUST_USE;
void index_scratch_free(index_scratch *s);

#endif
