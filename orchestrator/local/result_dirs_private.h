/* Shared by result_folder.c (folders), result_dirs.c (files) and result_sweep.c (old results).
 *
 * What:    the folders, and opening one result in one of them.
 * Owner:   result_dirs.c.
 * Threads: see result_dirs.h.
 * Fails:   as result_file_open.
 */
#ifndef ORCHESTRATOR_LOCAL_RESULT_DIRS_PRIVATE_H
#define ORCHESTRATOR_LOCAL_RESULT_DIRS_PRIVATE_H

#include <stdatomic.h>

#include "orchestrator/local/result_dirs.h"

#define RESULT_FOLDERS_MAX 256

struct result_dirs {
    int work_fd;
    _Atomic int64_t server_user; /* -1: unknown */
    bool configured;
    char *folders[RESULT_FOLDERS_MAX]; /* absolute; those below `count` do not change */
    _Atomic size_t count;
};

bool result_open_below(const result_dirs *d, size_t folder, const char *name, result_file *out,
                       err *e);
void result_add_folder(result_dirs *d, char *give_folder); /* absolute */
/* The folder, after all checks; O_PATH. -1 on failure: ERR_RESULT_PATH if it is refused, ERR_IO if
 * it cannot be opened or examined. */
int result_open_folder(const result_dirs *d, const char *folder, uid_t *owner, err *e);
bool result_is_trusted(const result_dirs *d, uid_t owner);

#endif
