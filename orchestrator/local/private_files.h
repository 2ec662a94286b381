/* Directories and files that only this user, or also its share_group, may use.
 *
 * What:    opened relative to an open directory, never through a link; files of another user are
 *          refused, wider modes are restricted.
 * Owner:   plain values; descriptors are the caller's.
 * Threads: any.
 * Fails:   ERR_IO with the file or directory; ERR_CONFIG for an unknown group.
 */
#ifndef ORCHESTRATOR_LOCAL_PRIVATE_FILES_H
#define ORCHESTRATOR_LOCAL_PRIVATE_FILES_H

#include <sys/types.h>

#include "base/util.h"
#include "decon/base/err.h"

typedef struct privacy {
    mode_t dir_mode, file_mode; /* 0700 and 0600, or 2770 and 0640 */
    bool shared;
    gid_t group;    /* if shared */
    bool tightened; /* a directory had a wider mode */
} privacy;

bool privacy_make(const char *share_group, privacy *out, err *e) MUST_USE;

/* Creates it if it is absent. -1 on failure. `shown` is its path for messages. */
int private_dir_open(privacy *p, int parent_fd, const char *name, const char *shown, err *e)
    MUST_USE;
/* The same for one that exists. */
int private_dir_reopen(privacy *p, int parent_fd, const char *name, const char *shown, err *e)
    MUST_USE;
/* A regular file with one link, for reading and writing; created if it is absent. */
int private_file_open(const privacy *p, int dir_fd, const char *name, err *e) MUST_USE;
/* Owner, mode and group of an open file. */
bool private_file_fit(const privacy *p, int fd, const char *name, err *e) MUST_USE;

#endif
