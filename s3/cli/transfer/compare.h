/* Decides whether sync copies a file or object, and why.
 *
 * What:    compares two entries with the same name.
 * Owner:   the reason is static, or written into the caller's buffer.
 * Threads: the loop's (comparing checksums reads the local file; jobs proceed meanwhile).
 * Fails:   if a file cannot be read.
 */
#ifndef S3_CLI_TRANSFER_COMPARE_H
#define S3_CLI_TRANSFER_COMPARE_H

#include "base/util.h"
#include "s3/cli/source/source.h"

#define REASON_SIZE 160

typedef enum compare_by {
    COMPARE_TIME,       /* size, then whether the source is newer */
    COMPARE_EXACT_TIME, /* size, then whether the times differ */
    COMPARE_SIZE,       /* size only */
    COMPARE_CHECKSUM    /* size, then ETags, or a file's MD5 and an ETag */
} compare_by;

typedef struct comparison {
    const entry *from, *to;
    bool from_is_object, to_is_object;
    compare_by by;
} comparison;

/* *differs: copy it; `reason` is the cause. */
bool compare_entries(cli *c, const comparison *k, bool *differs, char reason[REASON_SIZE], err *e)
    MUST_USE;

/* The ETag, without quotes, of a file uploaded to S3 in parts of this size (or in one request if it
 * is smaller or part_bytes is 0). */
#define COMPARE_ETAG_SIZE 48
bool compare_file_etag(cli *c, const char *path, uint64_t part_bytes, char out[COMPARE_ETAG_SIZE],
                       err *e) MUST_USE;

#endif
