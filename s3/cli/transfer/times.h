/* Modification times of files, kept with objects (--preserve-times).
 *
 * What:    the metadata `mtime`: seconds since 1970 with up to nine decimals, as rclone and s3fs
 *          write it.
 * Owner:   everything is borrowed.
 * Threads: any.
 * Fails:   an object without a usable `mtime` has the time of its upload.
 */
#ifndef S3_CLI_TRANSFER_TIMES_H
#define S3_CLI_TRANSFER_TIMES_H

#include <sys/stat.h>

#include "decon/s3/s3.h"
#include "s3/protocol/metadata.h"

void times_add(const struct stat *st, s3_fields *fields);
void times_of_object(const s3_object *object, struct timespec *modified);

#endif
