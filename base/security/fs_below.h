/* Files named by an open directory and a path below it; no symbolic link below it is followed.
 *
 * What:    every `path` is relative, without empty, `.` and `..` segments, and is resolved below
 *          `root_fd` (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS; segment by segment
 *          where the kernel has no openat2). With root_fd AT_FDCWD any path is allowed: its
 *          directories are resolved as usual, and only its last name must not be a link.
 * Owner:   returned descriptors and strings are the caller's; root_fd stays the caller's.
 * Threads: any (blocking calls).
 * Fails:   err with ERR_IO (ERR_NO_SPACE when the disk is full) and errno; nothing is changed then.
 */
#ifndef BASE_SECURITY_FS_BELOW_H
#define BASE_SECURITY_FS_BELOW_H

#include <fcntl.h>
#include <sys/types.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

/* -1 with errno set: ELOOP or ENOTDIR for a link, EXDEV for a path outside root_fd. O_CLOEXEC and
 * O_NOFOLLOW are always added. */
int fs_below_open(int root_fd, const char *path, int flags, mode_t mode) MUST_USE;
/* The same without openat2. */
int fs_below_open_by_steps(int root_fd, const char *path, int flags, mode_t mode) MUST_USE;

/* Identifies a file and its version. */
typedef struct fs_identity {
    uint64_t device, inode, size_bytes;
    int64_t modified_s, modified_ns;
    uint32_t owner;
} fs_identity;
bool fs_identity_of(int fd, fs_identity *out);
bool fs_identity_equal(const fs_identity *a, const fs_identity *b);

/* Opens a regular file with exactly one link for reading. Other files are not opened: a FIFO could
 * block, opening a device can have effects. -1 with *e set; e->sys_errno is ENOENT if it is
 * absent. */
int fs_below_open_file(int root_fd, const char *path, fs_identity *out, err *e) MUST_USE;
/* Removes that file unless it was replaced or changed; may be absent. */
bool fs_below_remove_same(int root_fd, const char *path, const fs_identity *same, err *e) MUST_USE;

/* Reads a file of this user as fs_below_open_file opens it. */
bool fs_below_read_own(int root_fd, const char *path, size_t max_bytes, buf *out, err *e) MUST_USE;
bool fs_below_remove(int root_fd, const char *path, err *e) MUST_USE;      /* may be absent */
bool fs_below_remove_tree(int root_fd, const char *path, err *e) MUST_USE; /* may be absent */
bool fs_below_rename(int root_fd, const char *from, const char *to, err *e) MUST_USE;

/* As fs_temp_create, _commit and _discard (fsutil.h), with the file's mode. */
int fs_below_temp(int root_fd, const char *path, mode_t mode, char **temp_path, err *e) MUST_USE;
bool fs_below_temp_commit(int root_fd, char **temp_path, const char *path, err *e) MUST_USE;
void fs_below_temp_discard(int root_fd, char **temp_path);

#endif
