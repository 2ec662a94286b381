/* Byte ranges of a partial download, recorded on disk for the next run.
 *
 * What:    a small text file beside the partial one: bucket, key, ETag, size and the finished
 *          ranges. A range is in it only after its bytes were fdatasync'ed; it is written under
 *          another name and renamed, so the record is always complete, old or new.
 * Owner:   s3_resume_deinit; saving is an operation (base/op.h).
 * Threads: the transport's; a worker syncs and writes. The transport's thread renames, so that a
 *          record that was removed meanwhile is not restored.
 * Fails:   a record that cannot be read or does not match is ignored; a failed write is reported
 *          once, and the download continues.
 */
#ifndef S3_GET_RESUME_H
#define S3_GET_RESUME_H

#include "base/security/fs_below.h"
#include "base/op.h"
#include "s3/get/byte_ranges.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct s3_resume {
    char *etag;
    uint64_t size;
    s3_extents have;
} s3_resume;

void s3_resume_deinit(s3_resume *r);
DEFINE_AUTO(s3_resume, s3_resume_deinit)

/* Location of the record: `path` below root_fd, as in fs_below.h. */
typedef struct s3_resume_place {
    int root_fd;
    const char *path;
} s3_resume_place;

/* False: there is no usable record for this object, or it is a link or another user's file.
 * `fd` is the partial file. */
bool s3_resume_load(s3_resume_place place, const char *bucket, const char *key, int fd,
                    s3_resume *out) MUST_USE;

/* After a cancel no record is written. */
op *s3_resume_save(s3_client *c, s3_resume_place place, const char *bucket, const char *key, int fd,
                   const s3_resume *what, s3_done on_done, void *ctx);

#endif
