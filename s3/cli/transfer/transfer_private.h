/* State of a transfer, shared by transfer.c (decision, reporting, moving) and transfer_start.c
 * (download, upload, copy, upload from a pipe).
 *
 * What:    one source and its target, as a job of the command.
 * Owner:   the jobs own it; transfer_begin creates it.
 * Threads: the loop's.
 * Fails:   by transfer_failed, once, which ends it.
 */
#ifndef S3_CLI_TRANSFER_TRANSFER_PRIVATE_H
#define S3_CLI_TRANSFER_TRANSFER_PRIVATE_H

#include <sys/stat.h>

#include "base/util.h"
#include "s3/cli/transfer/stream_input.h"
#include "s3/cli/session/progress.h"
#include "s3/cli/transfer/transfer.h"
#include "s3/cli/transfer/verification.h"

typedef struct transfer {
    job job; /* first */
    transfer_plan plan;
    int fd;         /* an upload's source, or a device to write to; -1: none */
    struct stat st; /* the file when it was opened */
    partial file;   /* of a download */
    input *input;   /* of an upload from a pipe */
    uint64_t moved_bytes;
    verification *checking; /* in progress; or NULL */
    bool verified, timed;   /* --verify has passed; `modified` is known */
    struct timespec modified;
    s3_fields kept; /* headers of a source in another store */
    char *tags;     /* of a source in another store; NULL: none */
    bool ended;     /* succeeded or failed; else cancelled */
} transfer;

bool transfer_start_its_way(transfer *t, err *e) MUST_USE; /* transfer_start.c */
/* Uploads the file t->fd, of which t->st is known. */
bool transfer_put(transfer *t, err *e) MUST_USE;
void transfer_between_stores(transfer *t); /* between_stores.c */

/* --no-clobber alone: an existing target is never replaced. */
bool transfer_keeps_existing(const cli *c);
progress_numbers *transfer_numbers(const transfer *t);
/* Counts transferred bytes as they move; bytes that are downloaded again are subtracted. */
void transfer_moved(transfer *t, uint64_t bytes);
/* The total is exact from now on, regardless of the plan. */
void transfer_settle_size(transfer *t, uint64_t size_bytes);
void transfer_keep_etag(transfer *t, const char *etag);
bool transfer_same_file(const struct stat *a, const struct stat *b);
/* Both end the transfer, at once or after the removal of the source. */
void transfer_finish(transfer *t);
void transfer_failed(transfer *t, const err *error);

#endif
