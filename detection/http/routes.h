/* The HTTP interface of the server: /health, /submit, /status/{job_id}, /metrics.
 *
 * What:    an httpd_handler over the job table.
 * Owner:   routes is the caller's and must outlive the httpd.
 * Threads: httpd's threads; routes is constant once it is ready, job table and metrics have their
 *          own locks.
 * Fails:   invalid requests get 400, 404, 405, 413, 415, 422; a path outside the allowed folders
 *          and a foreign Host header 403; a full queue, and a server that is stopping, 503 with
 *          Retry-After.
 */
#ifndef DETECTION_HTTP_ROUTES_H
#define DETECTION_HTTP_ROUTES_H

#include <stdatomic.h>

#include "base/httpd/httpd.h"
#include "base/httpd/host_check.h"
#include "detection/job/metrics.h"
#include "detection/job/worker_processes.h"

typedef struct routes {
    atomic_bool ready; /* set when all members below are valid: until then requests get 503 */
    jobs *jobs;
    metrics *metrics;
    slice health;                  /* the body of /health */
    worker_processes *processes;   /* for /health: whether jobs can run; NULL: they can */
    const char *const *allow_dirs; /* NULL or empty: all folders */
    host_rules hosts;
} routes;

httpd_handler routes_handler(routes *r);

#endif
