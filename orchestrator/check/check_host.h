/* Checks this host and its detection server for a run.
 *
 * What:    work directory, disk, open files, share; the server's reply, index, settings and
 *          folders, and whether both programs can access each other's files.
 * Owner:   everything is borrowed for the length of the call.
 * Threads: loop.
 * Fails:   by FIX lines.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_HOST_H
#define ORCHESTRATOR_CHECK_CHECK_HOST_H

#include "base/util.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/runtime/store_session.h"

void check_host(check_lines *l, const config *c, unsigned file_limit);

/* The settings of the detection server, for check_settings. */
typedef struct server_facts_kept {
    char *fingerprint, *settings; /* NULL: it did not answer, or does not report them */
} server_facts_kept;
void server_facts_kept_deinit(server_facts_kept *k);
DEFINE_AUTO(server_facts_kept, server_facts_kept_deinit)

void check_server(check_lines *l, const config *c, const store_session_env *env,
                  server_facts_kept *out);

#endif
