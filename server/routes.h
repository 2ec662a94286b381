/* The HTTP face of the server: /health, /submit, /status/{job_id}.
 *
 * What:    an httpd_handler over the job table.
 * Owner:   routes is the caller's and must outlive the httpd.
 * Threads: httpd's threads call in; routes is constant, the table locks itself.
 * Fails:   bad requests get 400, 404, 405, 413, 415, 422; a full queue 503 with Retry-After.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "base/httpd.h"
#include "server/jobs.h"

#define SUBMIT_MAX_BYTES 2097152

typedef struct routes {
    jobs *jobs;
    slice health; /* the body of /health */
} routes;

httpd_handler routes_handler(routes *r);

#endif
