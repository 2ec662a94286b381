/* Who may read the results of jobs.
 *
 * What:    the modes of result files and of their folders. The server's are its user's alone (0600
 *          in 0700), or its group's too (share_group: 0640 in 2750); those of `detect` are as open
 *          as the input, within the umask.
 * Owner:   a result_access is a value. Descriptors and names are the caller's.
 * Threads: any (blocking calls).
 * Fails:   ERR_CONFIG for an unknown group; ERR_IO.
 */
#ifndef DETECTION_OUTPUT_RESULT_ACCESS_H
#define DETECTION_OUTPUT_RESULT_ACCESS_H

#include <sys/types.h>

#include "base/util.h"
#include "decon/base/err.h"

typedef struct result_access { /* {0}: as open as the input */
    bool is_private;
    bool has_group;
    gid_t group;
} result_access;

bool result_access_of_server(const char *share_group, result_access *out, err *e) MUST_USE;

/* At the start: makes the folder, or tightens one of this user's that holds only results. Other
 * folders keep their mode; where other users could replace a result there, that is a warning. */
bool result_folder_prepare(const result_access *a, const char *dir, err *e) MUST_USE;

/* Before a result is written: makes the folder if it is missing. `only_own`: refuses one of another
 * user or that others may write to, for a name below a folder that all users share. */
bool result_folder_make(const result_access *a, const char *dir, bool only_own, err *e) MUST_USE;

/* As fs_temp_create. `input_mode` is st_mode of the file that the result is made of. */
int result_file_create(const result_access *a, const char *path, mode_t input_mode,
                       char **temp_path, err *e) MUST_USE;

#endif
