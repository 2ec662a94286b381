/* The number of distinct lines that matched each evaluation set.
 *
 * What:    names with numbers, sorted by name; adding to an existing name adds the numbers.
 * Owner:   set_counts_deinit frees the names.
 * Threads: any; a value belongs to one thread at a time.
 * Fails:   never. Beyond SET_COUNTS_MAX names all further ones are counted as SET_COUNTS_REST.
 */
#ifndef ORCHESTRATOR_FLEET_SET_COUNTS_H
#define ORCHESTRATOR_FLEET_SET_COUNTS_H

#include "base/util.h"
#include "decon/base/buf.h"

#define SET_COUNTS_MAX  4096
#define SET_COUNTS_REST "(further sets)"

typedef struct set_count {
    char *name;
    uint64_t lines;
} set_count;

typedef struct set_counts {
    set_count *sets;
    size_t count;
} set_counts;

void set_counts_add(set_counts *c, slice name, uint64_t lines);
void set_counts_add_all(set_counts *c, const set_counts *more);
/* {"mmlu":3,"gsm8k":1}; `{}` if there are none. */
void set_counts_write(const set_counts *c, buf *out);
/* Adds the output of set_counts_write; false for other text. */
bool set_counts_read(slice text, set_counts *c) MUST_USE;
void set_counts_deinit(set_counts *c);
DEFINE_AUTO(set_counts, set_counts_deinit)

#endif
