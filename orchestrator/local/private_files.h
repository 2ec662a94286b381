/* Directories and files that only this user may use, or its share_group too.
 *
 * What:    opened by a directory that is held open, never through a link; what belongs to another
 *          user is refused, what has a wider mode is tightened.
 * Owner:   plain values; descriptors are the caller's.
 * Threads: any.
 * Fails:   ERR_IO with the file or folder at fault; ERR_CONFIG for a group that is not known.
 */
#ifndef ORCHESTRATOR_LOCAL_PRIVATE_FILES_H
#define ORCHESTRATOR_LOCAL_PRIVATE_FILES_H

#include <sys/types.h>

#include "base/util.h"
#include "decon/base/err.h"

typedef struct privacy {
    mode_t dir_mode, file_mode; /* 0700 and 0600, or 2770 and 0640 */
    bool shared;
    gid_t group;    /* where shared */
    bool tightened; /* a folder was open to others */
} privacy;

bool privacy_make(const char *share_group, privacy *out, err *e) MUST_USE;

/* Creates it where it is absent. -1 on failure. `shown` is its path for messages. */
int private_dir_open(privacy *p, int parent_fd, const char *name, const char *shown, err *e)
    MUST_USE;
/* A regular file with one link, for reading and writing; created where it is absent. */
int private_file_open(const privacy *p, int dir_fd, const char *name, err *e) MUST_USE;
/* Owner, mode and group of an open file. */
bool private_file_fit(const privacy *p, int fd, const char *name, err *e) MUST_USE;

#endif
