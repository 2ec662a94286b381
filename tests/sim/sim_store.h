/* The store of the simulation: objects below one folder, conditional writes, listings in pages of 1,000.
 *
 * What:    answers the requests of claims, and HEAD of results, which come from the callback
 *          `result`; replies take SIM_LATENCY_MS. Requests are counted by price class.
 * Owner:   sim_store_new / sim_store_free; a reply's text lives until the next request.
 * Threads: one.
 * Fails:   by abort: the simulation is wrong.
 */
#ifndef TESTS_SIM_SIM_STORE_H
#define TESTS_SIM_SIM_STORE_H

#include "tests/fake/transport.h"

#define SIM_STORE_URL  "http://store.test/"
#define SIM_BUCKET     "b"
#define SIM_RESULTS    "rep/part-" /* prefix of result keys */
#define SIM_LATENCY_MS 30

typedef struct sim_requests {
    uint64_t writes, lists; /* PUT, LIST: one price */
    uint64_t reads;         /* GET, HEAD */
} sim_requests;

typedef struct sim_store sim_store;

/* The metadata of the result with this key, borrowed until the next call; false: it does not
 * exist. */
typedef bool sim_store_result(void *ctx, const char *key, const http_header **metadata,
                              size_t *count);

sim_store *sim_store_new(sim_store_result *result, void *ctx);
void sim_store_free(sim_store *s);
void sim_store_answer(void *ctx, const fake_request *r, fake_reply *reply);
sim_requests sim_store_requests(const sim_store *s);

#endif
