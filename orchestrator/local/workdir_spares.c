/* Directories of finished items, kept empty for other items.
 *
 * Renaming one takes much less than removing it and creating another: ext4 does not use an inode
 * again for a minute, and each new one makes it examine all that were removed within that time.
 *
 * state     left for
 * unnamed   filling, by spare_dirs_keep
 * filling   ready, when the directory has its name; unnamed, when that fails
 * ready     taking, by spare_dirs_take
 * taking    unnamed, when the directory is the item's; ready, when that fails
 */
#include "base/util.h"
#include "orchestrator/local/workdir_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/fsutil.h"

#define SPARES_MAX 64u /* bits of a mask */

struct spare_dirs {
    _Atomic uint64_t named; /* all but `unnamed` */
    _Atomic uint64_t ready;
};

typedef struct spare_name {
    char text[sizeof WORKDIR_SPARE + 10];
} spare_name;

static spare_name name_of(unsigned number)
{
    spare_name name;
    snprintf(name.text, sizeof name.text, WORKDIR_SPARE "%u", number);
    return name;
}

/* Sets the lowest clear bit. False: all are set. */
static bool set_one(_Atomic uint64_t *mask, unsigned *number)
{
    uint64_t now = atomic_load(mask);
    do {
        if (now == UINT64_MAX)
            return false;
        *number = (unsigned)__builtin_ctzll(~now);
    } while (!atomic_compare_exchange_weak(mask, &now, now | (uint64_t)1 << *number));
    return true;
}

/* Clears the lowest set bit. False: none is set. */
static bool clear_one(_Atomic uint64_t *mask, unsigned *number)
{
    uint64_t now = atomic_load(mask);
    do {
        if (now == 0)
            return false;
        *number = (unsigned)__builtin_ctzll(now);
    } while (!atomic_compare_exchange_weak(mask, &now, now & ~((uint64_t)1 << *number)));
    return true;
}

static bool remove_each(void *ctx, const fs_entry *entry, err *e)
{
    UNUSED(ctx);
    return fs_remove_tree_at(entry->dir_fd, entry->name, e);
}

static bool empty(int parent_fd, const char *name)
{
    err e = ERR_INIT;
    int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && fs_each_entry(fd, name, remove_each, NULL, &e);
}

spare_dirs *spare_dirs_new(void)
{
    return xcalloc(1, sizeof(spare_dirs));
}

bool spare_dirs_keep(spare_dirs *s, int parent_fd, const char *name)
{
    unsigned number;
    if (!set_one(&s->named, &number))
        return false;
    spare_name spare = name_of(number);
    if (empty(parent_fd, name) && renameat(parent_fd, name, parent_fd, spare.text) == 0) {
        atomic_fetch_or(&s->ready, (uint64_t)1 << number);
        return true;
    }
    atomic_fetch_and(&s->named, ~((uint64_t)1 << number));
    return false;
}

bool spare_dirs_take(spare_dirs *s, int parent_fd, const char *name)
{
    unsigned number;
    if (!clear_one(&s->ready, &number))
        return false;
    spare_name spare = name_of(number);
    bool taken = renameat(parent_fd, spare.text, parent_fd, name) == 0;
    if (taken || errno == ENOENT) /* removed by someone else */
        atomic_fetch_and(&s->named, ~((uint64_t)1 << number));
    else
        atomic_fetch_or(&s->ready, (uint64_t)1 << number);
    return taken;
}

void spare_dirs_remove(spare_dirs *s, int parent_fd)
{
    for (unsigned number; clear_one(&s->ready, &number);) {
        spare_name spare = name_of(number);
        UNUSED(unlinkat(parent_fd, spare.text, AT_REMOVEDIR)); /* the next run's scan finds it */
        atomic_fetch_and(&s->named, ~((uint64_t)1 << number));
    }
}
