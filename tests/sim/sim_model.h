/* The simulated files and hosts, and the methods to divide the work.
 *
 * What:    sizes are log-normal (median 20 MiB, sigma 1.2, at most 2 GiB); hosts process one after the other
 *          at their own speed (mean 60 MB/s of compressed input, uniform in 0.5 to 1.5 of it, 2 % of them at
 *          a fifth); 1 % of the hosts die in an hour. The same files, speeds and deaths for each
 *          method.
 * Owner:   sim_world_deinit.
 * Threads: one.
 * Fails:   never.
 */
#ifndef TESTS_SIM_SIM_MODEL_H
#define TESTS_SIM_SIM_MODEL_H

#include "base/util.h"
#include "tests/sim/sim_store.h"

/* The work on files, as measured on the real flow by tests/flow/test_flow_model.c. */
#define SIM_SPEED           60000000 /* bytes of input a second, of the average host */
#define SIM_NETWORK         600000000
#define SIM_FILE_OVERHEAD_S 0.02 /* of a file, beside its bytes: at most */
#define SIM_FILE_REQUESTS   4
#define SIM_RUN_S           4.4 /* of a run, beside its files: the first file alone, the last poll */

#define SIM_LIST_PAGE_S     0.06 /* of the input: 1,000 keys */
#define SIM_LIST_ROWS_S     3.0  /* to read a million rows of an input list */
#define SIM_NEVER_S         1e18
#define SIM_RESTART_S       3600.0 /* hash: until an operator restarts a dead host's share */
#define SIM_REQUEUE_S       120.0  /* shares: until the scheduler restarts a dead host's task */
#define SIM_SHARES_PER_HOST 24

typedef struct sim_host {
    double speed;  /* bytes a second */
    double dies_s; /* SIM_NEVER_S: after the end */
} sim_host;

typedef struct sim_world {
    uint32_t file_count, host_count;
    uint32_t *kib; /* size of each file */
    sim_host *hosts;
} sim_world;

typedef struct sim_result {
    const char *way;
    double end_s;          /* all files are done */
    double busy_s;         /* sum over the hosts */
    double *host_end_s;    /* of each host: end of its last file */
    sim_requests requests; /* for dividing the work, not for the files */
    uint64_t twice, lost;  /* files: done twice; begun by a host that died */
} sim_result;

void sim_world_make(uint32_t files, uint32_t hosts, uint64_t seed, sim_world *out);
void sim_world_deinit(sim_world *w);
double sim_ideal_s(const sim_world *w); /* all bytes over all speeds, no deaths */
double sim_file_s(const sim_world *w, uint32_t file, const sim_host *h);

#define SIM_KEY_BYTES  40
#define SIM_ETAG_BYTES 40
void sim_key(uint32_t file, char out[SIM_KEY_BYTES]);
void sim_etag(uint32_t file, char out[SIM_ETAG_BYTES]);

/* host_end_s of the result has host_count members, and is the caller's. */
void sim_hash(const sim_world *w, sim_result *out);
void sim_shares(const sim_world *w, sim_result *out);
void sim_shares_list(const sim_world *w, sim_result *out); /* with --input-list */
void sim_claim(const sim_world *w, sim_result *out);       /* sim_claim.c: the real claims */

#endif
