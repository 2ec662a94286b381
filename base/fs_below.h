/* Files named by an open directory and a path below it; no symbolic link below it is followed.
 *
 * What:    every `path` is relative, without empty, `.` and `..` segments, and is resolved below
 *          `root_fd` (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS; segment by segment where
 *          the kernel has no openat2). With root_fd AT_FDCWD the path may be any: its directories
 *          are resolved as usual, and only its last name is not followed.
 * Owner:   returned descriptors and strings are the caller's; root_fd stays the caller's.
 * Threads: any (blocking calls).
 * Fails:   err with ERR_IO (ERR_NO_SPACE when the disk is full) and errno; nothing is changed then.
 */
#ifndef BASE_FS_BELOW_H
#define BASE_FS_BELOW_H

#include <fcntl.h>
#include <sys/types.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

/* -1 with errno set: ELOOP or ENOTDIR for a link, EXDEV for a path that is not below. O_CLOEXEC and
 * O_NOFOLLOW are always added. */
int fs_below_open(int root_fd, const char *path, int flags, mode_t mode) MUST_USE;
/* The same without openat2. */
int fs_below_open_by_steps(int root_fd, const char *path, int flags, mode_t mode) MUST_USE;

/* What a file was when it was looked at. */
typedef struct fs_identity {
    uint64_t device, inode, size_bytes;
    int64_t modified_s, modified_ns;
    uint32_t owner;
} fs_identity;
bool fs_identity_of(int fd, fs_identity *out);
bool fs_identity_equal(const fs_identity *a, const fs_identity *b);

/* A regular file with exactly one link, opened for reading. Anything else is not opened: a FIFO
 * cannot block, a device is not touched. -1 with *e set; e->sys_errno is ENOENT where it is absent. */
int fs_below_open_file(int root_fd, const char *path, fs_identity *out, err *e) MUST_USE;
/* Removes that file if it still is the same one; absent is fine. */
bool fs_below_remove_same(int root_fd, const char *path, const fs_identity *same, err *e) MUST_USE;

/* Reads a file of this user as fs_below_open_file opens it. */
bool fs_below_read_own(int root_fd, const char *path, size_t max_bytes, buf *out, err *e) MUST_USE;
bool fs_below_remove(int root_fd, const char *path, err *e) MUST_USE;      /* absent is fine */
bool fs_below_remove_tree(int root_fd, const char *path, err *e) MUST_USE; /* absent is fine */
bool fs_below_rename(int root_fd, const char *from, const char *to, err *e) MUST_USE;

/* As fs_temp_create, _commit and _discard (fsutil.h), with the file's mode. */
int fs_below_temp(int root_fd, const char *path, mode_t mode, char **temp_path, err *e) MUST_USE;
bool fs_below_temp_commit(int root_fd, char **temp_path, const char *path, err *e) MUST_USE;
void fs_below_temp_discard(int root_fd, char **temp_path);

#endif
