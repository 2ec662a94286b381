/* Who else could put something else where a directory is.
 *
 * What:    questions about an open directory (O_PATH is enough) and the directories above it.
 * Owner:   descriptors stay the caller's.
 * Threads: any (blocking calls).
 * Fails:   fs_guard_check by ERR_CONFIG with the directory at fault; fs_is_at_or_above by ERR_IO; the
 *          rest answer false where the system does not tell.
 */
#ifndef BASE_FS_GUARD_H
#define BASE_FS_GUARD_H

#include "base/util.h"
#include "decon/base/err.h"

bool fs_is_mount_point(int dir_fd);
bool fs_is_in_memory(int fd); /* tmpfs or ramfs */
/* `dir_fd` is the directory `below_fd`, or one above it. Above a directory that this user may not
 * search nothing is found. */
bool fs_is_at_or_above(int dir_fd, int below_fd, bool *is, err *e) MUST_USE;

/* No other user but root can rename or remove an entry of ours in this directory, or put another
 * directory in its place: it and every directory above it belong to this user or root and are
 * writable by others only with the sticky bit, up to the nearest mount point. The group of the
 * owner's own name does not count as others. `shown` is the directory's name in the message. */
bool fs_guard_check(int dir_fd, const char *shown, err *e) MUST_USE;

#endif
