/* Reports that are not in local files: the interface to a store.
 *
 * What:    lists, reads and replaces objects below a URI. The program passes an implementation down
 *          to
 *          the commands that read reports (programs/s3_reports.h).
 * Owner:   the implementation's; texts are borrowed for the time of a call.
 * Threads: one.
 * Fails:   by err; `read` reports a failed object to `take`. ERR_S3_CHANGED: an object that is to be
 *          replaced or removed is not the expected version.
 */
#ifndef DETECTION_REPORTS_REPORT_STORE_H
#define DETECTION_REPORTS_REPORT_STORE_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

#define REPORT_STORE_SCHEME "s3://"

typedef struct report_store_names {
    const char *const *names; /* as reported by `list` */
    const uint64_t *sizes;
    size_t count;
} report_store_names;

typedef struct report_store_entry {
    /* The part of its key that is appended to the URI and a slash; "" for the object itself. */
    const char *name;
    uint64_t size_bytes;
    const char *etag; /* "" if the store has none */
} report_store_entry;

typedef struct report_store_write {
    const char *name; /* below the URI */
    int fd;           /* a regular file with the content; -1: `text` */
    uint64_t size_bytes;
    slice text;
    const char *etag; /* of the replaced version; NULL: the object must not exist */
    /* An object, in this version, whose provenance the new object gets; NULL: it gets none. */
    const char *facts_of, *facts_etag;
    uint64_t contaminated_lines; /* instead of those in the provenance */
    const char *rules;           /* in the provenance: of the verdict; NULL: of the scan */
} report_store_write;

typedef struct report_store {
    /* Calls `each` for every object below the folder, or for the object itself. */
    bool (*list)(void *ctx, const char *uri,
                 bool (*each)(void *each_ctx, const report_store_entry *entry, err *e),
                 void *each_ctx, err *e);
    /* Reads the objects, several at a time, and passes their bytes on in the order of the names.
     * `last`: the object has ended; with an error it is incomplete. */
    bool (*read)(void *ctx, const char *uri, const report_store_names *names,
                 void (*take)(void *take_ctx, size_t index, slice piece, bool last,
                              const err *error),
                 void *take_ctx, err *e);
    /* Does the store honour conditional writes? Writes and removes an object of this name. */
    bool (*check_writes)(void *ctx, const char *uri, const char *name, err *e);
    /* *etag: malloc'ed; that of the new object. */
    bool (*write)(void *ctx, const char *uri, const report_store_write *w, char **etag, err *e);
    /* *etag: malloc'ed; NULL if the object does not exist. */
    bool (*find)(void *ctx, const char *uri, const char *name, char **etag, err *e);
    /* Only the version with this ETag; an object that is missing is not an error. */
    bool (*remove)(void *ctx, const char *uri, const char *name, const char *etag, err *e);
    void *ctx;
} report_store;

static inline bool report_store_has(const char *path)
{
    return str_starts_with(path, REPORT_STORE_SCHEME);
}

/* The name that `list` gives an object, as a path for people; malloc'ed. */
char *report_store_path(const char *uri, const char *name) MUST_USE;

#endif
