/* A line of the record of failures: one file that failed, or was refused by name.
 *
 * What:    writes and reads the JSON lines of `_decon/failures/<run>.jsonl`.
 * Owner:   strings of a line to be written are borrowed; failed_file_deinit frees those of a line
 *          that was read.
 * Threads: any.
 * Fails:   failed_file_read: false for text that is not a line of format 1.
 */
#ifndef ORCHESTRATOR_FLEET_FAILURE_LINE_H
#define ORCHESTRATOR_FLEET_FAILURE_LINE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef struct failure_line {
    const char *key, *etag; /* of the input; "" if the store gave no ETag */
    uint64_t size_bytes;
    const err *error;
    unsigned attempts; /* 0: it was not tried */
    int64_t failed_s;  /* seconds since 1970 UTC */
} failure_line;

/* With its line end. `host`: name of the machine. */
void failure_line_write(const failure_line *line, const char *host, buf *out);

typedef struct failed_file {
    char *key, *etag; /* etag: "" if the line has none, as those of earlier versions */
    bool size_known;
    uint64_t size_bytes;
    int64_t failed_s; /* seconds since 1970 UTC; 0: unknown */
    bool by_name;     /* it was refused, since another input has the same outputs, or as a record */
} failed_file;

bool failed_file_read(slice text, failed_file *out) MUST_USE;
void failed_file_deinit(failed_file *f);
DEFINE_AUTO(failed_file, failed_file_deinit)

/* The area of an error's cause: "network", "store", "file", "server", "machine",
 * "configuration". */
const char *failure_cause(err_code code);

#endif
