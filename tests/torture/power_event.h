/* One record of the log that tests/preload/power.c writes and tests/torture/power_cut.c replays: a change
 * of a file or directory below one directory, or that it was synced.
 *
 * What:    a header, then `size` bytes: the written data, a name, or two names with their zeros.
 * Owner:   nothing. Threads: -.
 * Fails:   -.
 */
#ifndef TESTS_TORTURE_POWER_EVENT_H
#define TESTS_TORTURE_POWER_EVENT_H

#include <stdint.h>

typedef enum power_type {
    POWER_NEW = 1, /* an inode `a` with the mode `b`; the number may have been used before */
    POWER_LINK,    /* in the directory `a` a name for the inode `b` */
    POWER_UNLINK,  /* in the directory `a` */
    POWER_RENAME,  /* from the directory `a` to `b` */
    POWER_WRITE,   /* to the inode `a` from the offset `b` on */
    POWER_RESIZE,  /* the inode `a` to `b` bytes */
    POWER_SYNC,    /* the inode `a` */
    POWER_CALL,    /* a call begins; what it changed follows, or nothing where it failed */
} power_type;

typedef struct power_event {
    uint64_t type, a, b, size;
} power_event;

#endif
