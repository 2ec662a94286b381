/* The reports below a folder, local or in a store.
 *
 * What:    report_files_read finds *.report.jsonl, and *-simple-*.jsonl of the reference program,
 *          compressed or not, and passes on the text of each. report_file_text reads one file whole.
 * Owner:   a stage that `begin` returns is freed after `end`. Nothing is kept.
 * Threads: one.
 * Fails:   a path that cannot be read is ERR_USAGE or ERR_IO; a report that cannot be read is passed
 *          to `end`.
 */
#ifndef DETECTION_REPORTS_REPORT_FILES_H
#define DETECTION_REPORTS_REPORT_FILES_H

#include "decon/compression/stage.h"
#include "detection/reports/report_store.h"

#define REPORT_LINE_MAX_BYTES ((size_t)64 << 20)
#define REPORT_SUFFIX         ".report.jsonl"
/* Matches that do not count: below the threshold, or excluded by `decon rejudge`. */
#define NEAR_SUFFIX ".near.jsonl"

typedef struct report_reader {
    /* A report begins; yields the stage for its text. `label`: its path below the folder, without
     * suffixes. */
    stage *(*begin)(void *ctx, const char *path, const char *label);
    void (*end)(void *ctx, const err *error); /* error NULL: it was read whole */
    /* After `begin`, for an object in a store: the version that was listed. NULL: not needed. */
    void (*version)(void *ctx, const char *etag);
    void *ctx;
    const char *suffix; /* NULL: reports; else files of this suffix (NEAR_SUFFIX) */
} report_reader;

/* If the path is not a folder, it is the report. *count grows with each report. `store`: for
 * paths that report_store_has; or NULL. */
bool report_files_read(const report_store *store, const char *path, const report_reader *reader,
                       uint64_t *count, err *e) MUST_USE;

/* The bytes of folder/name; *found is false if there is no such file. */
bool report_file_text(const report_store *store, const char *folder, const char *name,
                      size_t max_bytes, buf *out, bool *found, err *e) MUST_USE;

/* Calls `each` for the names of the files below folder/name, in byte order; none if there is no
 * such folder. A name in a store may have slashes. */
bool report_file_names(const report_store *store, const char *folder, const char *name,
                       bool (*each)(void *ctx, const char *name, err *e), void *ctx, err *e)
    MUST_USE;

#endif
