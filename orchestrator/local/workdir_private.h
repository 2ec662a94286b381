/* Shared by workdir.c (the share, its lock, its budget), workdir_items.c (files of items),
 * workdir_version.c (the version of a complete file) and workdir_spares.c (unused directories).
 *
 * What:    the structure itself.
 * Owner:   workdir.c.
 * Threads: see workdir.h.
 * Fails:   -
 */
#ifndef ORCHESTRATOR_LOCAL_WORKDIR_PRIVATE_H
#define ORCHESTRATOR_LOCAL_WORKDIR_PRIVATE_H

#include <stdatomic.h>

#include "orchestrator/local/private_files.h"
#include "orchestrator/local/workdir.h"

#define WORKDIR_LOCK      "orchestrator.lock"
#define WORKDIR_TAG_CHARS 12
#define WORKDIR_SPARE     "spare-" /* begins the names of unused directories */

typedef struct found_dir {
    char *name;
    bool wanted;
} found_dir;

typedef struct spare_dirs spare_dirs;

struct workdir {
    char *root;     /* local_work_dir without links */
    char *path;     /* of the share, absolute */
    char *download; /* path/download */
    char tag[WORKDIR_TAG_CHARS + 1];
    int root_fd, input_fd, share_fd, download_fd, lock_fd;
    privacy privacy;
    budget disk;
    _Atomic uint64_t hash_bytes; /* on the disk, in addition to disk.used_bytes */
    bool scanned;
    found_dir *found; /* directories of items at the scan, sorted */
    size_t found_count;
    spare_dirs *spares;
};

/* Empty directories of finished items; all of parent_fd. Any thread. */
spare_dirs *spare_dirs_new(void); /* free() ends it */
/* Empties the directory `name` and keeps it. False: it is still there, perhaps empty. */
bool spare_dirs_keep(spare_dirs *s, int parent_fd, const char *name) MUST_USE;
/* Names a kept directory `name`. False: there is none, or the name is in use. */
bool spare_dirs_take(spare_dirs *s, int parent_fd, const char *name) MUST_USE;
void spare_dirs_remove(spare_dirs *s, int parent_fd);

/* A file of an item, below download_fd. */
char *workdir_item_file(const char *key, const char *name) MUST_USE;

/* Of a complete file, open as `fd`; written before it gets its name. */
bool workdir_version_write(const workdir *w, const char *key, int fd, const char *etag,
                           const char *checksum, err *e) MUST_USE;
/* False: none is recorded. Both are malloc'ed; *checksum may be NULL. */
bool workdir_version_read(const workdir *w, const char *key, int fd, char **etag, char **checksum);
/* Before the file loses its name. */
bool workdir_version_forget(const workdir *w, const char *key, err *e) MUST_USE;

/* The first `hex_chars` of SHA-256. */
void workdir_hash(const char *text, size_t hex_chars, char *out);
/* Made from the directory's inode and path, so that equal paths on two file systems differ. */
void workdir_make_tag(int share_fd, const char *path, char *out);
/* Disk space of an earlier run's part file. */
uint64_t workdir_part_bytes(const workdir *w, const char *key);

#endif
