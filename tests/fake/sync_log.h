/* Records which files and directories a test's program syncs, instead of syncing them.
 *
 * What:    replaces fsync() and fdatasync(); include it in one source file of a program.
 * Owner:   static.
 * Threads: one.
 * Fails:   fsync() never.
 */
#ifndef TESTS_FAKE_SYNC_LOG_H
#define TESTS_FAKE_SYNC_LOG_H

#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

static ino_t synced[1000];
static size_t synced_count;

int fsync(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && synced_count < ARRAY_LEN(synced))
        synced[synced_count++] = st.st_ino;
    return 0;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

/* Since the entry `from` of the log. */
static bool was_synced(const char *path, size_t from)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    for (size_t i = from; i < synced_count; i++)
        if (synced[i] == st.st_ino)
            return true;
    return false;
}

#endif
