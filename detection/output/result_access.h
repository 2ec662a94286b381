/* File modes of the results of jobs.
 *
 * What:    modes of result files and their folders. For the server: its user only (0600 in 0700),
 *          or also its group (share_group: 0640 in 2750); for `detect`: the readers of the input,
 *          within the umask.
 * Owner:   a result_access is a value. Descriptors and names are the caller's.
 * Threads: any (blocking calls).
 * Fails:   ERR_CONFIG for an unknown group; ERR_IO.
 */
#ifndef DETECTION_OUTPUT_RESULT_ACCESS_H
#define DETECTION_OUTPUT_RESULT_ACCESS_H

#include <sys/types.h>

#include "base/util.h"
#include "decon/base/err.h"

typedef struct result_access { /* {0}: as readable as the input */
    bool is_private;
    bool has_group;
    gid_t group;
} result_access;

bool result_access_of_server(const char *share_group, result_access *out, err *e) MUST_USE;

/* At the start: creates the folder, or restricts one of this user that contains only results. Other
 * folders keep their mode, with a warning if other users could replace a result there. */
bool result_folder_prepare(const result_access *a, const char *dir, err *e) MUST_USE;

/* Before a result is written: creates the folder if it is missing. `only_own`: refuses a folder of
 * another user or that others may write to, for a name in a folder shared by all users. */
bool result_folder_make(const result_access *a, const char *dir, bool only_own, err *e) MUST_USE;

/* As fs_temp_create. `input_mode` is st_mode of the input file. */
int result_file_create(const result_access *a, const char *path, mode_t input_mode,
                       char **temp_path, err *e) MUST_USE;

#endif
