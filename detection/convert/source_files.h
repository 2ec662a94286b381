/* The local files of a benchmark's split.
 *
 * What:    source_files_find yields the files of one split: the file itself, those of a folder or with
 *          a common beginning whose name has the split as a word, or all where there is one split and
 *          no name has it.
 * Owner:   source_files_deinit. Threads: one.
 * Fails:   a folder that cannot be read: ERR_IO. No file: an empty list.
 */
#ifndef DETECTION_CONVERT_SOURCE_FILES_H
#define DETECTION_CONVERT_SOURCE_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

typedef struct source_files {
    char **paths; /* in byte order */
    size_t count, capacity;
    size_t unreadable; /* files of formats that are not read, such as Parquet */
} source_files;

void source_files_deinit(source_files *l);
DEFINE_AUTO(source_files, source_files_deinit)

/* `splits`: all of the benchmark, NULL-terminated. */
bool source_files_find(const char *path, const char *split, const char *const *splits,
                       source_files *out, err *e) MUST_USE;

#endif
