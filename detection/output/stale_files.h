/* Temporary result files that a server which was killed has left.
 *
 * What:    a result is written under `<name>.tmp-<8 hex digits>` (include/decon/base/fsutil.h) and locked (flock)
 *          meanwhile; leftovers_remove takes away those of ours that nobody holds: another server
 *          that writes into the same directory keeps its own.
 * Owner:   the lock goes with the file's descriptor.
 * Threads: any.
 * Fails:   leftovers_remove when the directory cannot be read or a leftover not removed.
 */
#ifndef DETECTION_OUTPUT_STALE_FILES_H
#define DETECTION_OUTPUT_STALE_FILES_H

#include "decon/base/err.h"
#include "base/util.h"

/* Locks a file that was just made; false where somebody took it for a leftover and removed it. */
bool leftovers_claim(int fd) MUST_USE;

/* Removes `<job id><suffix>.tmp-<digits>` of `dir`, and tells how many. */
bool leftovers_remove(const char *dir, const char *suffix, err *e) MUST_USE;

/* Removes what is left of one result, `<dir>/<id><suffix>`; a failure is only logged. */
void leftovers_remove_result(const char *dir, const char *id, const char *suffix);

#endif
