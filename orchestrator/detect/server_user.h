/* The user of the detection server on this host.
 *
 * What:    server_user (name or number), else the owner of the socket that listens at a loopback
 *          server_url, from /proc/net/tcp and tcp6.
 * Owner:   -
 * Threads: any; reads files.
 * Fails:   ERR_CONFIG for an unknown name. Not found is not an error.
 */
#ifndef ORCHESTRATOR_DETECT_SERVER_USER_H
#define ORCHESTRATOR_DETECT_SERVER_USER_H

#include "base/util.h"
#include "decon/base/err.h"

bool server_user_find(const char *configured, const char *server_url, bool *known, uint32_t *user,
                      err *e) MUST_USE;

/* The user that listens at this port, from the lines of /proc/net/tcp or tcp6. */
bool server_user_of_table(const char *table, unsigned port, uint32_t *user);

#endif
