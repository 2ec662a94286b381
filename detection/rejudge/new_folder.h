/* A folder that appears when it is complete.
 *
 * What:    new_folder_write has `fill` write into a folder of another name beside it, which is renamed
 *          at the end, or removed after a failure.
 * Owner:   nothing is kept. Threads: one. Fails: as `fill` does; ERR_IO.
 */
#ifndef DETECTION_REJUDGE_NEW_FOLDER_H
#define DETECTION_REJUDGE_NEW_FOLDER_H

#include "base/util.h"
#include "decon/base/err.h"

/* `path`: absent, or an empty folder. `partial` exists when `fill` is called. */
bool new_folder_write(const char *path, bool (*fill)(void *ctx, const char *partial, err *e),
                      void *ctx, err *e) MUST_USE;

#endif
