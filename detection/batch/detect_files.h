/* The input files of a batch.
 *
 * What:    files as they were named, and those below folders, with the name that each one's results
 *          get: its path below the folder that was named (or its own name), without suffixes. Where
 *          files differ in nothing but suffixes (a.jsonl, a.jsonl.gz), with all of them.
 * Owner:   a detect_files is an embedded value; detect_files_deinit.
 * Threads: one.
 * Fails:   a name that leads nowhere or a folder that cannot be read: ERR_USAGE, ERR_IO.
 */
#ifndef DETECTION_BATCH_DETECT_FILES_H
#define DETECTION_BATCH_DETECT_FILES_H

#include <sys/types.h>

#include "decon/base/err.h"
#include "base/util.h"

typedef struct detect_file {
    char *path;
    char *id;       /* "web/part-07": what the names of its results begin with */
    char *short_id; /* of an id with suffixes: without them, if no other file uses it; or NULL */
    char *relative; /* its path below the folder that was named */
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
    const char *skip[2]; /* folders of results, which are no input; or NULL */
} detect_files;

void detect_files_deinit(detect_files *f);
DEFINE_AUTO(detect_files, detect_files_deinit)

/* A file, or a folder with all below it whose name ends in .json or .jsonl, compressed or not. */
bool detect_files_add(detect_files *f, const char *path, err *e) MUST_USE;
/* After the last one: sorts, drops files named twice, gives equal ids their suffixes, finds rivals. */
void detect_files_finish(detect_files *f);

#endif
