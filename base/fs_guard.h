/* Checks whether another user could replace a directory or its entries.
 *
 * What:    properties of an open directory (O_PATH suffices) and of the directories above it.
 * Owner:   descriptors stay the caller's.
 * Threads: any (blocking calls).
 * Fails:   fs_guard_check by ERR_CONFIG with the directory at fault; fs_is_at_or_above by ERR_IO;
 *          the others return false if the system call fails.
 */
#ifndef BASE_FS_GUARD_H
#define BASE_FS_GUARD_H

#include "base/util.h"
#include "decon/base/err.h"

bool fs_is_mount_point(int dir_fd);
bool fs_is_in_memory(int fd); /* tmpfs or ramfs */
/* `dir_fd` is the directory `below_fd` or one above it. The search ends at a directory that this
 * user may not search. */
bool fs_is_at_or_above(int dir_fd, int below_fd, bool *is, err *e) MUST_USE;

/* Succeeds if no user but root can rename or remove an entry of this user in the directory, or
 * replace the directory: it and every directory above it belong to this user or root and are
 * writable by others only with the sticky bit, up to the nearest mount point. The group with the
 * owner's name does not count as others. `shown` is the directory's name in the message. */
bool fs_guard_check(int dir_fd, const char *shown, err *e) MUST_USE;

#endif
