/* Notifications of a run to systemd's watchdog, from the event loop: they stop when the loop hangs.
 *
 * What:    a timer at half of the pause that the service manager allows (WatchdogSec).
 * Owner:   service_watch_start / service_watch_stop.
 * Threads: loop.
 * Fails:   never; without a watchdog nothing is started.
 */
#ifndef ORCHESTRATOR_RUNTIME_SERVICE_WATCH_H
#define ORCHESTRATOR_RUNTIME_SERVICE_WATCH_H

#include "base/util.h"
#include "decon/base/transport.h"

typedef struct service_watch service_watch;

service_watch *service_watch_start(transport *t) MUST_USE; /* NULL: there is no watchdog */
void service_watch_stop(service_watch *w);                 /* NULL is allowed */

#endif
