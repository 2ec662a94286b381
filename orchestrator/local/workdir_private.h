/* Shared by workdir.c (the share, its lock, its budget) and workdir_items.c (files of items).
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

typedef struct found_dir {
    char *name;
    bool wanted;
} found_dir;

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
};

/* The first `hex_chars` of SHA-256. */
void workdir_hash(const char *text, size_t hex_chars, char *out);
/* Made from the directory's inode and path, so that equal paths on two file systems differ. */
void workdir_make_tag(int share_fd, const char *path, char *out);
/* Disk space of an earlier run's part file. */
uint64_t workdir_part_bytes(const workdir *w, const char *key);

#endif
