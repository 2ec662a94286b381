/* The folders whose files jobs may name (--allow-dir).
 *
 * What:    allow_path resolves all links of a path and checks that it is in one of the folders.
 *          Without folders every path is allowed.
 * Owner:   the list is borrowed. Threads: any; blocks on the file system.
 * Fails:   a path whose directory cannot be resolved is not allowed: the reply reveals nothing
 *          about files outside. A missing file in an allowed folder is allowed, and its job fails.
 *
 * Folders are resolved at each call, so that folders created or moved later count. Users who may
 * write to an allowed folder can still replace a file with a link between this check and the job's.
 */
#ifndef DETECTION_JOB_ALLOWED_PATHS_H
#define DETECTION_JOB_ALLOWED_PATHS_H

#include "base/util.h"

bool allow_path(const char *const *dirs, const char *path);

#endif
