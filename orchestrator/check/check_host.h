/* Are this host and its detection server as a run needs them?
 *
 * What:    work directory, disk, open files, share; the server's answer, its index, its settings, its
 *          folders, and whether both programs can reach each other's files.
 * Owner:   everything is borrowed for the length of the call.
 * Threads: loop.
 * Fails:   by lines that say what to fix.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_HOST_H
#define ORCHESTRATOR_CHECK_CHECK_HOST_H

#include "base/util.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/runtime/store_session.h"

void check_host(check_lines *l, const config *c, unsigned file_limit);
void check_server(check_lines *l, const config *c, const store_session_env *env);

#endif
