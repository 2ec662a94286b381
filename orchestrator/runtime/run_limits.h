/* Limits of a run: requests, connections, buffers, jobs, items.
 *
 * What:    limits from the configuration, the detection server's facts, and open files; and the log
 *          line that states them.
 * Owner:   plain values. Threads: loop. Fails: never.
 */
#ifndef ORCHESTRATOR_RUNTIME_RUN_LIMITS_H
#define ORCHESTRATOR_RUNTIME_RUN_LIMITS_H

#include "orchestrator/config/config.h"
#include "orchestrator/detect/detect_client.h"
#include "orchestrator/local/workdir.h"

/* Number of connections, and the size of their buffers. */
typedef struct app_limits {
    unsigned s3_workers;         /* within the memory budget */
    unsigned connections;        /* of the loop */
    size_t receive_buffer_bytes; /* of each */
} app_limits;
app_limits app_limits_of(const config *c);

unsigned app_limits_jobs(const config *c, const server_facts *server); /* open at the server */
/* Maximum number of items, of which `busy` are downloading or at the server. `file_limit`: limit of
 * open files; 0: unknown. */
unsigned app_limits_live(const app_limits *l, unsigned file_limit, unsigned busy);

void app_limits_tell(const app_limits *l, const config *c, const workdir *w);

#endif
