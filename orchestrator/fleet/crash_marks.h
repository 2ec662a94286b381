/* Files that ended the process of their detection job, remembered in the store for all hosts.
 *
 * What:    each such end leaves a mark, the object `_decon/crashes/<digest>-<n>.json` below the report
 *          folder: the digest is that of the input's key and ETag, so a replaced file is a new one; n
 *          counts from 1. The keys contain everything that a plan needs; the text is for display. A
 *          file with CRASH_MARKS_MAX marks is not tried again before --retry-failed.
 * Owner:   crash_marks_deinit frees the rows; strings that are returned are malloc'ed.
 * Threads: any.
 * Fails:   never: objects with other names are ignored.
 */
#ifndef ORCHESTRATOR_FLEET_CRASH_MARKS_H
#define ORCHESTRATOR_FLEET_CRASH_MARKS_H

#include "decon/base/buf.h"
#include "decon/base/digest.h"
#include "base/util.h"

#define CRASH_MARKS_MAX 2

#define CRASH_DIGEST_TEXT (2 * SHA256_BYTES + 1)

typedef struct crash_mark {
    char digest[CRASH_DIGEST_TEXT];
    unsigned times;
} crash_mark;

typedef struct crash_marks {
    crash_mark *rows;
    size_t count;
} crash_marks;

void crash_marks_deinit(crash_marks *m);

/* An object of the report folder; `name` is its key without the folder's prefix. */
void crash_marks_add(crash_marks *m, const char *name);
void crash_marks_sort(crash_marks *m); /* before the first crash_marks_times */
/* The number of times that this version of the file has ended its process. */
unsigned crash_marks_times(const crash_marks *m, const char *key, const char *etag);

/* The key of the mark number `times`. */
char *crash_mark_key(const char *report_prefix, const char *key, const char *etag, unsigned times);

typedef struct crash_mark_facts {
    const char *key, *etag, *message, *host;
    uint64_t size_bytes;
    int64_t time_s;
} crash_mark_facts;
void crash_mark_write(const crash_mark_facts *facts, buf *out);

#endif
