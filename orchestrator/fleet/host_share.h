/* This host's number and the number of hosts: from options, PMR_* or the variables of a scheduler.
 *
 * What:    --single, then --host-index and --host-count, then PMR_HOST_INDEX and PMR_HOST_COUNT, then
 *          the variables of exactly one scheduler (the table in host_share.c). The index of a scheduler
 *          may be paired with PMR_HOST_COUNT. Without any of them this is the only host.
 * Owner:   host_share_deinit frees the source.
 * Threads: any.
 * Fails:   ERR_CONFIG if index or count is missing, unusable or ambiguous: every host would process
 *          all files, or some files would belong to no host. The message has the setting that fixes
 *          it. Hosts that claim their work need no number: they ignore a fault that is `incomplete`.
 */
#ifndef ORCHESTRATOR_FLEET_HOST_SHARE_H
#define ORCHESTRATOR_FLEET_HOST_SHARE_H

#include "decon/base/err.h"
#include "base/util.h"

#define HOST_COUNT_MAX 1000000

typedef const char *host_getenv(const char *name);

/* Of the command line. */
typedef struct host_share_options {
    bool single;
    bool index_given, count_given;
    uint64_t index, count;
} host_share_options;

typedef struct host_share {
    unsigned index, count;
    bool given;      /* false: this host's number is not set */
    bool incomplete; /* host_share_find has failed, though all values are well-formed */
    char *source;    /* the options or variables that were used, with their values; NULL: none */
} host_share;

bool host_share_find(const host_share_options *options, host_getenv *getenv_fn, host_share *out,
                     err *e) MUST_USE;
void host_share_deinit(host_share *s);
DEFINE_AUTO(host_share, host_share_deinit)

#endif
