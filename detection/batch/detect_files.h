/* The input files of a batch.
 *
 * What:    named files and those in named folders, with the name of each one's results: its path
 *          below the named folder (or its own name), without suffixes. Files that differ only in
 *          suffixes (a.jsonl, a.jsonl.gz) keep them.
 * Owner:   a detect_files is an embedded value; detect_files_deinit.
 * Threads: one.
 * Fails:   a name that does not exist or a folder that cannot be read: ERR_USAGE, ERR_IO.
 */
#ifndef DETECTION_BATCH_DETECT_FILES_H
#define DETECTION_BATCH_DETECT_FILES_H

#include <sys/types.h>

#include "decon/base/err.h"
#include "base/util.h"

typedef struct detect_file {
    char *path;
    char *id;       /* "web/part-07": the beginning of the names of its results */
    char *short_id; /* of an id with suffixes: without them, if no other file uses it; or NULL */
    char *relative; /* its path below the named folder */
    uint64_t size_bytes;
    dev_t device;
    ino_t inode;
    bool is_plain;     /* not compressed: size_bytes of text */
    const char *rival; /* path of another file with the same id; or NULL */
} detect_file;

typedef struct detect_files {
    detect_file *files; /* by path */
    size_t count, capacity;
    uint64_t size_bytes;
    const char *skip[2]; /* folders of results, which are not inputs; or NULL */
} detect_files;

void detect_files_deinit(detect_files *f);
DEFINE_AUTO(detect_files, detect_files_deinit)

/* A file, or all files below a folder whose name ends in .json or .jsonl, compressed or not. */
bool detect_files_add(detect_files *f, const char *path, err *e) MUST_USE;
/* Called last: sorts, drops files named twice, gives equal ids their suffixes, finds rivals. */
void detect_files_finish(detect_files *f);

#endif
