/* The HTTP port of a run: /metrics, /healthz, /readyz, and the status page.
 *
 * What:    answers with texts that the loop has published; a request never waits for the loop.
 *          /healthz is 503 if the loop has published nothing for a minute, /readyz if the run is
 *          not ready. On a loopback address only requests by local names are answered, so that no
 *          web page can read keys (base/httpd/host_check.h).
 * Owner:   metrics_server_start / _stop.
 * Threads: the loop publishes; the server's own threads answer. One lock guards the texts.
 * Fails:   metrics_server_start by err: ERR_CONFIG for an invalid address, ERR_IO if listening
 *          fails.
 */
#ifndef ORCHESTRATOR_MONITOR_METRICS_SERVER_H
#define ORCHESTRATOR_MONITOR_METRICS_SERVER_H

#include "base/util.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"

typedef struct metrics_server metrics_server;

/* `listen`: "9464" (127.0.0.1), "0.0.0.0:9464", "[::1]:9464", "name:9464"; port 0: the system's. */
metrics_server *metrics_server_start(const char *listen, err *e) MUST_USE;
char *metrics_server_url(const metrics_server *m) MUST_USE; /* "http://127.0.0.1:9464" */
void metrics_server_publish(metrics_server *m, slice metrics, slice status, bool ready);
void metrics_server_stop(metrics_server *m); /* NULL is allowed */

#endif
