/* Files and directories, done carefully.
 *
 * What:    temporary name then rename, joins that cannot leave their root, free space, modes that
 *          respect the umask (mkstemp's 0600 does not), recursive make and remove.
 * Owner:   returned strings are malloc'ed and the caller's; descriptors too.
 * Threads: any (blocking calls: large ones belong on a worker).
 * Fails:   err with ERR_IO (ERR_NO_SPACE when the disk is full), path and errno in the message.
 */
#ifndef BASE_FSUTIL_H
#define BASE_FSUTIL_H

#include <sys/types.h>

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

bool fs_make_dirs(const char *path, err *e) MUST_USE;                 /* like mkdir -p */
bool fs_make_dirs_as(const char *path, mode_t mode, err *e) MUST_USE; /* new ones with this mode */
bool fs_remove_tree(const char *path, err *e) MUST_USE; /* follows no links; absent is fine */
bool fs_remove_tree_at(int dir_fd, const char *name, err *e) MUST_USE; /* an entry of dir_fd */
bool fs_remove(const char *path, err *e) MUST_USE;                     /* absent is fine */
bool fs_exists(const char *path);
bool fs_size(const char *path, uint64_t *size_bytes, err *e) MUST_USE;

/* root + "/" + relative. Refuses absolute paths, `.` and `..` segments and NUL: nothing that comes
 * from outside can name a file that lies outside root. */
char *fs_join_below(const char *root, const char *relative, err *e) MUST_USE;

char *fs_absolute(const char *path, err *e) MUST_USE; /* against the working directory; the last
                                                         parts need not exist */

/* Replaces what `out` (initialised) holds; its bound is raised to max_bytes where it is lower. A
 * larger file is ERR_LIMIT. */
bool fs_read_file(const char *path, size_t max_bytes, buf *out, err *e) MUST_USE;

/* Writes beside the target, then renames over it: a reader sees the old file or the whole new one.
 * With `durable` the bytes are fsync'ed before the rename. */
bool fs_write_file(const char *path, slice data, bool durable, err *e) MUST_USE;

/* The longest name, in bytes, that the folder of `path` takes; where it is not there yet, its nearest
 * folder that is. */
size_t fs_name_max(const char *path);
/* A new, empty file `<path>.tmp-<random>` (13 bytes longer than path; of a name for which that
 * is too long the end is left out) opened for reading and writing. *temp_path is malloc'ed. fs_temp_commit renames it to `path`; fs_temp_discard removes
 * it. Both free *temp_path and set it to NULL; the descriptor stays the caller's. */
int fs_temp_create(const char *path, char **temp_path, err *e) MUST_USE;
char *fs_temp_name(const char *path) MUST_USE; /* only the name, new each time */
bool fs_temp_commit(char **temp_path, const char *path, err *e) MUST_USE;
/* So that names survive a power cut (fs_sync.c): all names in a directory, for which O_PATH is enough;
 * the name `path`; the name `dir` and those of the directories above it, up to a mount point or a
 * directory that this user may not read. */
bool fs_sync_dir(int dir_fd, const char *shown, err *e) MUST_USE;
bool fs_sync_parent(const char *path, err *e) MUST_USE;
bool fs_sync_above(const char *dir, err *e) MUST_USE;
void fs_temp_discard(char **temp_path);

bool fs_write_all(int fd, const void *data, size_t len, err *e) MUST_USE;
bool fs_pwrite_all(int fd, const void *data, size_t len, off_t offset, err *e) MUST_USE;
/* Sets room aside for a file that is written from several places at once: it is quicker to write,
 * and lies in one piece. Its size stays as it is. A wish: not every file system knows how, and
 * whether the disk is full is for the writes to say. */
void fs_reserve(int fd, uint64_t size_bytes);
bool fs_free_bytes(const char *path, uint64_t *free_bytes, err *e) MUST_USE;

/* Standard streams that were closed (`>&-`) are taken by /dev/null, so that no file or connection
 * that is opened later gets their numbers and what is printed. Reading and writing them fails. */
void fs_hold_standard_streams(void);

/* A text to standard output or error, waited for up to limit_ms: what nothing reads by then is left,
 * which is no error. */
bool fs_print_standard(int fd, slice text, uint64_t limit_ms, err *e) MUST_USE;

/* Raises the soft limit of open files to the hard one; yields the limit. */
unsigned fs_raise_file_limit(void);

/* Calls `each` for every name in a directory but `.` and `..`, in byte order. */
bool fs_each_name(const char *dir, bool (*each)(void *ctx, const char *name, err *e), void *ctx,
                  err *e) MUST_USE;
bool fs_each_name_at(int dir_fd, const char *dir, bool (*each)(void *ctx, const char *name, err *e),
                     void *ctx, err *e) MUST_USE;

#endif
