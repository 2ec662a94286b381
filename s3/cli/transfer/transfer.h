/* One transfer: upload, download, or copy inside the store; then, for mv, removal of the source.
 *
 * What:    transfer_begin waits for a free job and starts it; a failure is printed with both names,
 *          and other transfers continue.
 * Owner:   transfer_begin takes ownership of the plan.
 * Threads: the loop's.
 * Fails:   transfer_begin: if interrupted. Other errors are printed and counted.
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
    bool move;      /* the source is removed after its copy is complete */
    char *etag;     /* the version that a move copies and removes; NULL: unknown yet */
    bool keep_time; /* a file gets the object's time */
    bool planned;   /* already counted by the source */
    const char *operation;
    char *reason; /* for the result's line; or NULL */
} transfer_plan;

void transfer_plan_deinit(transfer_plan *p);
DEFINE_AUTO(transfer_plan, transfer_plan_deinit)

bool transfer_begin(cli *c, transfer_plan *give, err *e) MUST_USE;

/* s3/cli/transfer/partial_file.c: temporary files of downloads. */
typedef struct partial {
    int fd; /* -1: none */
    char *path, *ranges_path;
} partial;

/* clang-format off */
#define PARTIAL_INIT {.fd = -1}
/* clang-format on */
/* Resumes the partial file of an earlier run for the same target, unless another run uses it. */
bool partial_open(partial *p, const char *target, err *e) MUST_USE;
/* `synced_dir`: syncs the file, its name and those of the folders above it; stores the folder for
 * which this is done (malloc'ed). NULL: nothing is synced. */
bool partial_commit(partial *p, const char *target, char **synced_dir, err *e) MUST_USE;
/* For a failed download: keeps finished ranges for the next run, removes anything else. True if
 * something is kept. */
bool partial_abandon(partial *p);

#endif
