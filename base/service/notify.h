/* The service manager's view of this process: started, stopping, still alive.
 *
 * What:    the protocol of sd_notify(3): one datagram of `NAME=value` lines to the socket that
 *          NOTIFY_SOCKET names (a path, or an abstract name that begins with @). Without that variable
 *          nothing is sent. WATCHDOG_USEC and WATCHDOG_PID say how often the manager expects a
 *          notification.
 * Owner:   nothing is kept; each message opens and closes its socket.
 * Threads: any.
 * Fails:   never: a message that cannot be sent is dropped, since the manager's time limits decide.
 */
#ifndef BASE_SERVICE_NOTIFY_H
#define BASE_SERVICE_NOTIFY_H

#include "base/util.h"

void service_notify_ready(void);
void service_notify_stopping(void);
void service_notify_alive(void); /* for the watchdog */
/* What the manager shows of the process: one line. */
void service_notify_status(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The interval of watchdog notifications: half of the manager's limit. 0: it expects none of this
 * process. */
uint64_t service_watchdog_ms(void);

#endif
