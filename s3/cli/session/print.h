/* Prints results on standard output, as text or JSON.
 *
 * What:    one line per result; the progress line is hidden meanwhile.
 * Owner:   everything is borrowed.
 * Threads: the main thread.
 * Fails:   print_flush: a full disk or a closed pipe is an error, found by a later print at the
 *          earliest.
 */
#ifndef S3_CLI_SESSION_PRINT_H
#define S3_CLI_SESSION_PRINT_H

#include "base/util.h"
#include "s3/cli/session/context.h"

#define PRINT_TIME_SIZE 32

void print_time(int64_t time_s, char *out, size_t out_size); /* "2026-11-23 03:00:01", UTC */
/* Prints the key with control characters as \n, \t or \xNN, so that it remains one line. */
void print_key(const char *key, FILE *out);

/* One JSON object per line; absent members are omitted. */
typedef struct print_member {
    const char *name, *text; /* text NULL: `number`, unless `absent` or `truth` */
    uint64_t number;
    bool absent;
    bool truth;                         /* true */
    const struct print_member *members; /* an object of texts and numbers; NULL: none */
    size_t member_count;
} print_member;
void print_json(const print_member *members, size_t count);
void print_json_error(const print_member *members, size_t count); /* on standard error */

/* Standard output of a session (standard_output.c): queued, written by a thread. */
bool print_begin(err *e) MUST_USE;
/* Waits until all is written; EINTR if a signal arrives first. */
bool print_flush(err *e) MUST_USE;
/* Waits a short time, so that other output comes after it. */
void print_settle(void);
bool print_has_failed(void);
void print_discard(void); /* after a signal: queued output is not written */

/* A completed action, or (dry_run) a planned one: "from -> to" or "uri"; nothing with --quiet.
 * `operation` is "cp", "mv", "rm" ..; `to` and `reason` may be NULL, the size PRINT_NO_SIZE. */
#define PRINT_NO_SIZE UINT64_MAX
typedef struct print_result {
    const char *operation, *from, *to, *reason;
    const char *version; /* of `from`, or NULL */
    uint64_t size_bytes;
} print_result;
void print_done(cli *c, const print_result *r);

#endif
