/* Inputs and outputs from the store's listing, and the states of inputs.
 *
 * What:    all inputs with one byte of state each, and of each output the hash of its key with its
 *          time. An input is done by the rule of the plan (plan_outputs_make_done).
 * Owner:   status_table_deinit. Places outlive the table.
 * Threads: loop.
 * Fails:   never.
 * Memory: an input's key and 70 bytes more; 16 bytes for each output, at most three times that
 * while the table of outputs grows. A million inputs with two outputs each and keys of 60 bytes
 * need less than 250 MiB.
 */
#ifndef ORCHESTRATOR_STATUS_STATUS_TABLE_H
#define ORCHESTRATOR_STATUS_STATUS_TABLE_H

#include "base/util.h"
#include "orchestrator/config/remote_paths.h"
#include "orchestrator/plan/object_table.h"

enum { /* bits of an input's state */
       INPUT_DONE = 1,
       INPUT_CONTAMINATED = 2, /* its commit object is a report */
       INPUT_REFUSED = 4,  /* another input has the same outputs, or the name is that of a record */
       INPUT_FAILED = 8,   /* not done, and a failure of this version is newer than any commit */
       INPUT_COUNTED = 16, /* its lines are known */
};

typedef struct output_slot {
    uint64_t hash; /* of the key; 0: free */
    int64_t modified_s;
} output_slot;

typedef struct status_table {
    const places *places;
    const char *const *lists; /* that name the inputs, NULL-terminated; NULL: the folder does */
    listed_array inputs;
    /* Of inputs->sorted[i], after status_table_judge: */
    uint8_t *state;
    /* LastModified of the commit object of one that is done; of another the time of the newest
     * commit that the ledger has of it, or 0. */
    uint32_t *committed_s;
    output_slot *outputs;
    size_t output_count, output_capacity;
} status_table;

/* Objects of the three folders, in any order; those that are neither inputs nor outputs are ignored. */
void status_table_add_input(status_table *t, const s3_object *object);
/* Adds all inputs of a list at once; `from` is then empty. */
void status_table_take_inputs(status_table *t, listed_array *from);
void status_table_add_output(status_table *t, const s3_object *object);
/* Sorts the inputs by key and finds their states; nothing is added afterwards. Outputs are freed. */
void status_table_judge(status_table *t, bool purify);
/* The index in inputs->sorted; SIZE_MAX: no such input. */
size_t status_table_find(const status_table *t, const char *key);
/* The key of the commit object of an input that is done. */
char *status_table_commit_key(const status_table *t, size_t index) MUST_USE;
void status_table_deinit(status_table *t);
DEFINE_AUTO(status_table, status_table_deinit)

#endif
