/* One object or file on its way: up, down, or inside the store; then, for mv, the source's removal.
 *
 * What:    transfer_begin waits for room among the jobs and starts it; what fails is printed with
 *          both names, and the others go on.
 * Owner:   transfer_begin takes the plan over.
 * Threads: the loop's.
 * Fails:   transfer_begin: when interrupted. The rest is printed and counted.
 */
#ifndef S3_CLI_TRANSFER_TRANSFER_H
#define S3_CLI_TRANSFER_TRANSFER_H

#include "base/util.h"
#include "s3/cli/session/jobs.h"
#include "s3/cli/source/location.h"

typedef struct transfer_plan {
    place from, to;
    bool size_known; /* size and time of an object, as listed */
    uint64_t size_bytes;
    int64_t modified_s;
    bool move;      /* the source is removed when its copy stands */
    char *etag;     /* the version that a move copies, and removes; NULL: not known yet */
    bool keep_time; /* a file gets the object's time */
    bool planned;   /* counted by the source already */
    const char *operation;
    char *reason; /* for the result's line; or NULL */
} transfer_plan;

void transfer_plan_deinit(transfer_plan *p);
DEFINE_AUTO(transfer_plan, transfer_plan_deinit)

bool transfer_begin(cli *c, transfer_plan *give, err *e) MUST_USE;

/* s3/cli/transfer/partial_file.c: files that downloads write before they have their names. */
typedef struct partial {
    int fd; /* -1: none */
    char *path, *ranges_path;
} partial;

/* clang-format off */
#define PARTIAL_INIT {.fd = -1}
/* clang-format on */
/* Goes on with what an earlier run left for the same target, unless another one is at it. */
bool partial_open(partial *p, const char *target, err *e) MUST_USE;
/* `synced_dir`: it is on the disk when that is done, with its name and those of the folders above it; keeps
 * the folder for which this is known (malloc'ed). NULL: nothing is synced. */
bool partial_commit(partial *p, const char *target, char **synced_dir, err *e) MUST_USE;
/* Of a download that failed: finished ranges stay for the next run, anything else is removed. True
 * when something stays. */
bool partial_abandon(partial *p);

#endif
