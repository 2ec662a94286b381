/* Reports that are not in local files: the interface to a store.
 *
 * What:    lists and reads what is below a URI. The program passes an implementation down to the
 *          commands that read reports (programs/s3_reports.h).
 * Owner:   the implementation's; texts are borrowed for the time of a call.
 * Threads: one.
 * Fails:   by err; report_store_read reports a failed object to `take`.
 */
#ifndef DETECTION_REPORTS_REPORT_STORE_H
#define DETECTION_REPORTS_REPORT_STORE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

#define REPORT_STORE_SCHEME "s3://"

typedef struct report_store_names {
    const char *const *names; /* as `list` has them */
    const uint64_t *sizes;
    size_t count;
} report_store_names;

typedef struct report_store {
    /* Calls `each` for every object below the folder, or for the object itself. `name`: the part of
     * its key that is appended to the URI and a slash; "" for the object itself. */
    bool (*list)(void *ctx, const char *uri,
                 bool (*each)(void *each_ctx, const char *name, uint64_t size_bytes, err *e),
                 void *each_ctx, err *e);
    /* Reads the objects, several at a time, and passes their bytes on in the order of the names.
     * `last`: the object has ended; with an error it is incomplete. */
    bool (*read)(void *ctx, const char *uri, const report_store_names *names,
                 void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                              const err *error),
                 void *take_ctx, err *e);
    void *ctx;
} report_store;

static inline bool report_store_has(const char *path)
{
    return str_starts_with(path, REPORT_STORE_SCHEME);
}

/* The name that `list` gives an object, as a path for people; malloc'ed. */
char *report_store_path(const char *uri, const char *name) MUST_USE;

#endif
