/* The doc_ids seen so far, and where each occurred first.
 *
 * What:    a hash table from doc_id to the file and line of its first record.
 * Owner:   embedded; doc_ids_deinit. Threads: one. Fails: never.
 */
#ifndef DETECTION_CONVERT_DOC_IDS_H
#define DETECTION_CONVERT_DOC_IDS_H

#include "base/util.h"

typedef struct doc_place {
    uint64_t doc_id, line; /* line from 1; 0: a free slot */
    size_t file;           /* number in the list of files */
} doc_place;

typedef struct doc_ids {
    doc_place *slots;
    size_t slot_count, count;
    uint64_t highest;
} doc_ids;

void doc_ids_deinit(doc_ids *d);
DEFINE_AUTO(doc_ids, doc_ids_deinit)

/* NULL: it is new, and recorded with this place. Otherwise its first place; valid until the next
 * call. */
const doc_place *doc_ids_add(doc_ids *d, uint64_t doc_id, size_t file, uint64_t line);

#endif
