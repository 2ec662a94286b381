/* Files and directories.
 *
 * What:    write to a temporary name and rename, joins that stay below their root, free space,
 *          modes that respect the umask (mkstemp's 0600 does not), recursive creation and removal.
 * Owner:   returned strings are malloc'ed and the caller's; descriptors too.
 * Threads: any (blocking calls: use a worker for long ones).
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
bool fs_remove_tree(const char *path, err *e) MUST_USE; /* follows no links; may be absent */
bool fs_remove_tree_at(int dir_fd, const char *name, err *e) MUST_USE; /* an entry of dir_fd */
bool fs_remove(const char *path, err *e) MUST_USE;                     /* may be absent */
bool fs_exists(const char *path);
bool fs_size(const char *path, uint64_t *size_bytes, err *e) MUST_USE;

/* root + "/" + relative. Refuses absolute paths, `.` and `..` segments and NUL, so that a name from
 * outside the program cannot refer to a file outside root. */
char *fs_join_below(const char *root, const char *relative, err *e) MUST_USE;

char *fs_absolute(const char *path, err *e) MUST_USE; /* against the working directory; the last
                                                         parts need not exist */

/* Replaces the content of `out` (initialised), whose bound is raised to max_bytes if it is lower. A
 * larger file is ERR_LIMIT. */
bool fs_read_file(const char *path, size_t max_bytes, buf *out, err *e) MUST_USE;

/* Writes a temporary file in the same directory and renames it: readers see the old file or the
 * whole new one. With `durable` the bytes are fsync'ed before the rename. */
bool fs_write_file(const char *path, slice data, bool durable, err *e) MUST_USE;

/* The longest name, in bytes, that the directory of `path`, or its nearest existing ancestor,
 * takes. */
size_t fs_name_max(const char *path);
/* A new, empty file `<path>.tmp-<random>` (13 bytes longer than path; a name that is too long for
 * that is shortened), opened for reading and writing. *temp_path is malloc'ed. fs_temp_commit
 * renames it to `path`; fs_temp_discard removes it. Both free *temp_path and set it to NULL; the
 * descriptor stays the caller's. */
int fs_temp_create(const char *path, char **temp_path, err *e) MUST_USE;
char *fs_temp_name(const char *path) MUST_USE; /* the name alone, new each time */
bool fs_temp_commit(char **temp_path, const char *path, err *e) MUST_USE;
/* Make names survive a power cut (fs_sync.c): all names in a directory, for which O_PATH suffices;
 * the name `path`; the name `dir` and those of the directories above it, up to a mount point or a
 * directory that this user may not read. */
bool fs_sync_dir(int dir_fd, const char *shown, err *e) MUST_USE;
bool fs_sync_parent(const char *path, err *e) MUST_USE;
bool fs_sync_above(const char *dir, err *e) MUST_USE;
void fs_temp_discard(char **temp_path);

bool fs_write_all(int fd, const void *data, size_t len, err *e) MUST_USE;
bool fs_pwrite_all(int fd, const void *data, size_t len, off_t offset, err *e) MUST_USE;
/* Preallocates blocks for a file that is written at several offsets: writing is faster, and the
 * file is contiguous. Its size does not change. Failure is ignored: not all file systems support
 * it, and a full disk is reported by the writes. */
void fs_reserve(int fd, uint64_t size_bytes);
bool fs_free_bytes(const char *path, uint64_t *free_bytes, err *e) MUST_USE;

/* Opens /dev/null for standard streams that were closed (`>&-`), so that no later file or
 * connection gets their numbers and receives what is printed. Reading and writing them fails. */
void fs_hold_standard_streams(void);

/* Writes a text to standard output or error for up to limit_ms; a reader that is slower than that
 * loses the rest, without an error. */
bool fs_print_standard(int fd, slice text, uint64_t limit_ms, err *e) MUST_USE;

/* Raises the soft limit of open files to the hard one; yields the limit. */
unsigned fs_raise_file_limit(void);

/* An entry of a directory; valid until `each` returns. */
typedef struct fs_entry {
    int dir_fd;
    const char *name;
    unsigned char type; /* DT_ of <dirent.h>; DT_UNKNOWN: the file system does not report it */
} fs_entry;
/* Calls `each` for every entry except `.` and `..`, in any order, until it returns false. Entries may
 * be removed meanwhile. Closes `take_dir_fd`; `shown` is the directory's name in messages. */
bool fs_each_entry(int take_dir_fd, const char *shown,
                   bool (*each)(void *ctx, const fs_entry *entry, err *e), void *ctx, err *e)
    MUST_USE;
bool fs_entry_is_dir(const fs_entry *entry); /* not through a link */
/* Calls `each` for every name in a directory except `.` and `..`, in byte order. */
bool fs_each_name(const char *dir, bool (*each)(void *ctx, const char *name, err *e), void *ctx,
                  err *e) MUST_USE;
bool fs_each_name_at(int dir_fd, const char *dir, bool (*each)(void *ctx, const char *name, err *e),
                     void *ctx, err *e) MUST_USE;

#endif
