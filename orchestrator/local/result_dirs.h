/* Folders of the detection server's results, and the results in them.
 *
 * What:    a path that the server names is used only if it is in one of these folders, is a regular
 *          file with one link and has the job's id in its name. It is opened below the folder
 *          without following links, and removed only if it is still the same file. Refused as
 *          result folder: `/`, a home directory or one above it, the work directory or one above
 *          it, a folder that belongs neither to this user nor to the server's.
 * Owner:   result_dirs_new / result_dirs_free; work_fd stays open and the caller's.
 *          result_file_deinit closes and frees.
 * Threads: result_dirs_learn, _trust: loop. The others: any, concurrently.
 * Fails:   ERR_RESULT_PATH: not a result; ERR_RESULT: the file does not exist; ERR_IO.
 */
#ifndef ORCHESTRATOR_LOCAL_RESULT_DIRS_H
#define ORCHESTRATOR_LOCAL_RESULT_DIRS_H

#include "base/util.h"
#include "base/security/fs_below.h"
#include "orchestrator/local/result_jobs.h"

typedef struct result_dirs result_dirs;

/* `configured`: server_result_dirs; NULL or empty: those that the server reports. `work_fd`: of the
 * work directory. */
result_dirs *result_dirs_new(char *const *configured, int work_fd, err *e) MUST_USE;
/* The server's user, once it is known. */
void result_dirs_trust(result_dirs *d, uint32_t server_user);
/* ERR_CONFIG if a configured folder is refused. */
bool result_dirs_check(const result_dirs *d, err *e) MUST_USE;
/* Whether results in this folder would be used: ERR_RESULT_PATH if it is refused, ERR_IO if it cannot be opened. */
bool result_dirs_examine(const result_dirs *d, const char *folder, err *e) MUST_USE;
void result_dirs_free(result_dirs *d);
DEFINE_AUTO_PTR(result_dirs, result_dirs_free)

/* The folders in /health. NULL for the cleaned folder: the report folder; NULL for both: nothing.
 * Folders reported before are kept: they may contain results of a server that was restarted. */
void result_dirs_learn(result_dirs *d, const char *report_dir, const char *cleaned_dir);

/* {0}: none. */
typedef struct result_file {
    char *path; /* NULL: none */
    int fd;     /* -1: closed */
    fs_identity identity;
    size_t folder; /* index of the folder, and the name below it */
    char *name;
} result_file;
void result_file_deinit(result_file *f); /* leaves {0} */
void result_file_close(result_file *f);  /* the path is kept, for removal */
DEFINE_AUTO(result_file, result_file_deinit)
result_file result_file_take(result_file *f); /* leaves {0} */

/* Whether the path may be in a known folder; does not access the disk. */
bool result_dirs_cover(const result_dirs *d, const char *named);
/* `named`: as the server named it. */
bool result_file_open(const result_dirs *d, const char *named, const char *job_id, result_file *out,
                      err *e) MUST_USE;
/* The file is unchanged since it was opened. */
bool result_file_unchanged(const result_file *f);
/* May be absent; a file that was replaced is kept. */
bool result_file_remove(const result_dirs *d, const result_file *f, err *e) MUST_USE;
/* Removes `<job_id><suffix>` in each folder if it is a result; failures are not reported. */
void result_dirs_remove_job(const result_dirs *d, const char *job_id, const char *suffix);

/* --- result_sweep.c: results that no item waits for --- */

typedef struct result_sweep {
    size_t removed, failed; /* files */
} result_sweep;
/* Removes the results of the covered jobs. Adds to `out`. */
void result_dirs_sweep(const result_dirs *d, result_jobs *owned, result_sweep *out);
/* Records the folders of a share's results in its directory until result_dirs_forget. */
void result_dirs_remember(const result_dirs *d, const result_dirs *old, int share_fd);
void result_dirs_recall(result_dirs *d, int share_fd);
void result_dirs_forget(int share_fd);

#endif
