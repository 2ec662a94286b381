/* Checks whether the detection server and this program may use each other's files.
 *
 * What:    the folders of the server's allow_dir against the work directory, with links resolved as the
 *          server does; its user and share_group; modes of the folders above the work directory; the
 *          folders of its results by the rule of a run.
 * Owner:   everything is borrowed for the length of the call.
 * Threads: loop; reads the file system of this host.
 * Fails:   by FIX lines.
 */
#ifndef ORCHESTRATOR_CHECK_CHECK_ACCESS_H
#define ORCHESTRATOR_CHECK_CHECK_ACCESS_H

#include "base/util.h"
#include "orchestrator/check/check_lines.h"
#include "orchestrator/config/config.h"
#include "orchestrator/detect/detect_client.h"

void check_access(check_lines *l, const config *c, const server_facts *facts);

/* The folder, or the nearest one above it that exists. */
char *check_existing_folder(const char *path) MUST_USE;

#endif
