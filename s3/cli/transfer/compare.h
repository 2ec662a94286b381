/* Does a file or object have to go again: what sync decides, and why.
 *
 * What:    compares two entries of one name.
 * Owner:   the reason is static, or written into the caller's buffer.
 * Threads: the loop's (comparing checksums reads the local file, letting jobs go on meanwhile).
 * Fails:   a file that cannot be read.
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
    COMPARE_CHECKSUM    /* size, then ETags, or the file's MD5 against one */
} compare_by;

typedef struct comparison {
    const entry *from, *to;
    bool from_is_object, to_is_object;
    compare_by by;
} comparison;

/* *differs: it has to go, and `reason` says why. */
bool compare_entries(cli *c, const comparison *k, bool *differs, char reason[REASON_SIZE], err *e)
    MUST_USE;

/* The ETag that S3 gives a file uploaded in parts of this size (or, where it has fewer bytes or
 * part_bytes is 0, in one request): without quotes. */
#define COMPARE_ETAG_SIZE 48
bool compare_file_etag(cli *c, const char *path, uint64_t part_bytes, char out[COMPARE_ETAG_SIZE],
                       err *e) MUST_USE;

#endif
