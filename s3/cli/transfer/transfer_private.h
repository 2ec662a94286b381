/* What the rooms of a transfer share: transfer.c (is it wanted, telling, moving) and transfer_ways.c
 * (down, up, across, from a pipe).
 *
 * What:    one source on its way to its target, as a job of the command.
 * Owner:   the jobs own it; transfer_begin makes it.
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

typedef struct transfer {
    job job; /* first */
    transfer_plan plan;
    int fd;         /* of an upload's source, or of a device to be written; -1: none */
    struct stat st; /* what it was when it was opened */
    partial file;   /* of a download */
    input *input;   /* of an upload from a pipe */
    uint64_t moved_bytes;
    bool ended; /* well or not: else it was cancelled */
} transfer;

bool transfer_start_its_way(transfer *t, err *e) MUST_USE; /* transfer_ways.c */

progress_numbers *transfer_numbers(const transfer *t);
/* What is under way counts as it moves; what is loaded afresh is taken off again. */
void transfer_moved(transfer *t, uint64_t bytes);
/* The total is right from here on, whatever the plan said. */
void transfer_settle_size(transfer *t, uint64_t size_bytes);
void transfer_keep_etag(transfer *t, const char *etag);
bool transfer_same_file(const struct stat *a, const struct stat *b);
/* Both end it, at once or, where a source is to be removed, behind that. */
void transfer_finish(transfer *t);
void transfer_failed(transfer *t, const err *error);

#endif
