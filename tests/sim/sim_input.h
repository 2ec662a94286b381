/* The input of the simulated fleet as its hosts see it: the real object table and the real division into slices.
 *
 * What:    one listing for all hosts, as an input list gives it to each of them.
 * Owner:   sim_input_deinit.
 * Threads: one.
 * Fails:   by abort: the simulation is wrong.
 */
#ifndef TESTS_SIM_SIM_INPUT_H
#define TESTS_SIM_SIM_INPUT_H

#include "orchestrator/plan/plan.h"
#include "tests/sim/sim_model.h"

#define SIM_RESULT_SUFFIX ".clean"

typedef struct sim_input {
    places places;
    listing listing;
    plan_slices slices;
} sim_input;

void sim_input_make(const sim_world *w, uint32_t slice_count, sim_input *out);
void sim_input_deinit(sim_input *in);
/* The plan of one slice, largest file first, as app_claim_slice.c makes it. */
void sim_input_plan(const sim_input *in, uint32_t rest, bool (*takes)(void *ctx, const char *key),
                    void *ctx, plan *out);
/* The number of the file that a key of an input or of a result belongs to; UINT32_MAX: none. */
uint32_t sim_input_file(const char *key);

#endif
