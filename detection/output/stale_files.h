/* Temporary result files left by a server that was killed.
 *
 * What:    a result is written under `<name>.tmp-<8 hex digits>` (base/fsutil.h) and locked (flock)
 *          meanwhile; leftovers_remove removes those that no process has locked: files of another
 *          server that writes to the same directory are kept.
 * Owner:   the lock goes with the file's descriptor.
 * Threads: any.
 * Fails:   leftovers_remove when the directory cannot be read or a leftover not removed.
 */
#ifndef DETECTION_OUTPUT_STALE_FILES_H
#define DETECTION_OUTPUT_STALE_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

/* Locks a new file; false if leftovers_remove has removed it already. */
bool leftovers_claim(int fd) MUST_USE;

/* Removes `<job id><suffix>.tmp-<digits>` in `dir`, and logs their number. */
bool leftovers_remove(const char *dir, const char *suffix, err *e) MUST_USE;

/* Removes the leftovers of one result, `<dir>/<id><suffix>`; a failure is only logged. */
void leftovers_remove_result(const char *dir, const char *id, const char *suffix);

#endif
