/* The user of the detection server on this machine.
 *
 * What:    server_user (name or number), else the owner of the socket that listens at a loopback
 *          server_url, as /proc/net/tcp and tcp6 tell it.
 * Owner:   -
 * Threads: any; reads files.
 * Fails:   ERR_CONFIG for a name that is not known. Not found is not an error.
 */
#ifndef ORCHESTRATOR_DETECT_SERVER_USER_H
#define ORCHESTRATOR_DETECT_SERVER_USER_H

#include "base/util.h"
#include "decon/base/err.h"

bool server_user_find(const char *configured, const char *server_url, bool *known, uint32_t *user,
                      err *e) MUST_USE;

/* Of the lines of /proc/net/tcp or tcp6: who listens at this port. */
bool server_user_of_table(const char *table, unsigned port, uint32_t *user);

#endif
