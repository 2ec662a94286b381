/* The folders whose files jobs may name (--allow-dir).
 *
 * What:    allow_path follows all links of a path and tells whether it ends in one of the folders.
 *          Without folders everything is allowed.
 * Owner:   the list is borrowed. Threads: any; it blocks on the file system.
 * Fails:   a path that cannot be followed to its folder is not allowed: the answer does not tell
 *          what lies outside. A file that is missing in an allowed folder is (its job will say so).
 *
 * Folders are resolved anew at each call, so one that is made or moved later counts. Whoever may
 * write in an allowed folder can still swap a file for a link between this look and the job's.
 */
#ifndef DETECTION_JOB_ALLOWED_PATHS_H
#define DETECTION_JOB_ALLOWED_PATHS_H

#include "base/util.h"

bool allow_path(const char *const *dirs, const char *path);

#endif
