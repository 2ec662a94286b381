/* Parameters shared by all hosts of a claim run: the object `_decon/claims/plan.json`.
 *
 * What:    number of slices, settings fingerprint and input list, fixed by the first host; and the round:
 *          a run after a complete one begins a new round.
 * Owner:   claim_plan_deinit frees the strings.
 * Threads: any.
 * Fails:   claim_plan_read: ERR_PARSE; claim_plan_match: ERR_CONFIG with what differs.
 */
#ifndef ORCHESTRATOR_CLAIM_CLAIM_PLAN_H
#define ORCHESTRATOR_CLAIM_CLAIM_PLAN_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

#define CLAIM_FOLDER    "claims/" /* below RUN_RECORDS_FOLDER */
#define CLAIM_PLAN_NAME CLAIM_FOLDER "plan.json"

typedef struct claim_plan {
    uint64_t round; /* from 1 */
    char *nonce;    /* 32 hexadecimal digits, of the host that wrote it; NULL: not written yet */
    uint32_t slices;
    uint32_t used;     /* slices with inputs, according to the first host */
    char *fingerprint; /* of the detection settings; "": not reported */
    char *input;       /* URI of the input folder */
    char *lists;       /* SHA-256 of the input lists; "": each host lists the input */
} claim_plan;

void claim_plan_deinit(claim_plan *p);
DEFINE_AUTO(claim_plan, claim_plan_deinit)

/* max(1,024, 16 x hosts). */
uint32_t claim_plan_slices(uint64_t host_count);

/* `nonce`: of the host that writes it. */
void claim_plan_write(const claim_plan *p, const char *nonce, buf *out);
bool claim_plan_read(slice text, claim_plan *out, err *e) MUST_USE;
/* "3-1a2b3c4d/": the folder of the round, in the folder of the plan. No two plans have the same
 * folder, so that leftovers of an abandoned run are not mistaken for another's work. */
char *claim_plan_folder(const claim_plan *p) MUST_USE;
/* Compares this host's plan with the round in progress. `difference`: text on how the settings
 * differ; NULL: the message has their fingerprints. */
bool claim_plan_match(const claim_plan *mine, const claim_plan *found, const char *name,
                      const char *difference, err *e) MUST_USE;

#endif
