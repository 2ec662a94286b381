/* A small S3 server on a directory, for the demo, tests and trials on one machine.
 *
 * What:    path-style S3 on base/httpd and s3/serve/store; checks every signature. Not meant for
 *          durable data: nothing is fsync'ed, nothing is replicated.
 * Owner:   server_start / server_stop; option strings are borrowed until server_stop.
 * Threads: start and stop from one thread; the server has several threads for requests.
 * Fails:   err with ERR_IO, ERR_LOCKED, ERR_CONFIG.
 */
#ifndef S3_SERVE_SERVER_H
#define S3_SERVE_SERVER_H

#include "decon/base/err.h"
#include "base/util.h"
#include "s3/serve/protocol/auth.h"

typedef struct server server;

typedef struct server_options {
    const char *root;
    bool adopt;            /* permit changes in a root with other files */
    const char *address;   /* NULL: 127.0.0.1 */
    unsigned port;         /* 0: the system chooses */
    unsigned thread_count; /* 0: 4 */
    const char *access_key_id, *secret_access_key;
    const char *region;             /* the only accepted region of signatures; NULL: any */
    auth_anonymous anonymous;       /* requests that need no signature */
    const char *const *faults;      /* rules, NULL-terminated; or NULL */
    const char *log_path;           /* access log, or NULL */
    int64_t (*wall_s)(void *clock); /* the time; NULL: the system's */
    void *clock;
} server_options;

server *server_start(const server_options *options, err *e) MUST_USE;
unsigned server_port(const server *s);
void server_stop(server *s); /* finishes requests in progress; NULL is allowed */

#endif
