/* Folders that a detection server permits, from its reply to /health.
 *
 * What:    the list of `allow_dir`, as configured there: absolute paths, links not resolved.
 * Owner:   server_folders_free frees the list.
 * Threads: any.
 * Fails:   NULL if the server does not report it, as the reference server, or the member is not a list of paths.
 */
#ifndef ORCHESTRATOR_DETECT_SERVER_FOLDERS_H
#define ORCHESTRATOR_DETECT_SERVER_FOLDERS_H

#include "base/util.h"
#include "decon/base/buf.h"

/* `health`: a JSON object. NULL-terminated; empty: the server permits all files. */
char **server_folders_read(slice health) MUST_USE;
void server_folders_free(char **folders); /* NULL is allowed */

#endif
