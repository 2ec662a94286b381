/* Files of an existing folder as objects: their keys are their paths below the bucket's folder.
 *
 * What:    opens, replaces and removes such files, component by component and without following
 *          links: nothing outside the bucket's folder is accessed.
 * Owner:   the caller's paths and descriptors.
 * Threads: any; changes under the store's lock.
 * Fails:   by s3_refuse (NoSuchKey; InvalidArgument for keys that are not paths of files: empty
 *          components, `.` and `..`, a folder's name), ERR_IO.
 */
#ifndef S3_SERVE_STORE_FOLDER_H
#define S3_SERVE_STORE_FOLDER_H

#include <sys/stat.h>

#include "s3/serve/store/store.h"

#define FOLDER_STATE ".decon-s3" /* data of the server inside an adopted folder */

typedef enum root_kind { ROOT_STORE, ROOT_FOLDER } root_kind;
/* A store is a missing or empty folder, or one that a server has created. */
bool folder_root_kind(const char *root, root_kind *out, err *e) MUST_USE;

/* A regular file; -1: NoSuchKey and other errors. */
int folder_open(const char *bucket_path, slice key, err *e) MUST_USE;
/* Properties of a file that the server did not write: its ETag changes with the file. */
void folder_describe(const struct stat *st, object_meta *meta);
/* Modification time in nanoseconds. */
int64_t folder_changed_ns(const struct stat *st);

/* Whether a file can be created there; creates the folders above it. */
bool folder_prepare(const char *bucket_path, slice key, int *dir_fd, err *e) MUST_USE;
bool folder_place(int dir_fd, slice key, const char *temp_path, err *e) MUST_USE;
bool folder_remove(const char *bucket_path, slice key, err *e) MUST_USE;

/* Removes a folder that contains only folders; else BucketNotEmpty. */
bool folder_remove_empty(const char *path, err *e) MUST_USE;

#endif
