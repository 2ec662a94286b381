/* Variables of schedulers: number of the task, and number of tasks.
 *
 * What:    the table of schedulers, whether one has started this process, and its index and count.
 * Owner:   rows are constant; texts go into the caller's buf.
 * Threads: any.
 * Fails:   ERR_CONFIG with the variable and its value.
 */
#ifndef ORCHESTRATOR_FLEET_SCHEDULERS_H
#define ORCHESTRATOR_FLEET_SCHEDULERS_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"
#include "orchestrator/fleet/host_share.h"

typedef struct scheduler_task {
    uint64_t index, count;
    bool count_known;
    bool incomplete; /* scheduler_read has failed, though all values are well-formed */
} scheduler_task;

typedef struct scheduler scheduler;
struct scheduler {
    const char *name;
    const char *index, *count;               /* variables; count NULL: the scheduler has none */
    const char *count_is;                    /* count NULL: the place of the count */
    bool count_is_everywhere;                /* the count is also set without an index */
    bool (*applies)(host_getenv *getenv_fn); /* NULL: if a variable of the row is set */
    /* NULL, or: converts the index to count from 0; checks that the tasks have no gaps. Appends the
     * further variables to `used`. */
    bool (*adjust)(host_getenv *getenv_fn, scheduler_task *task, buf *used, err *e);
};

/* The schedulers that have started this process, at most `max`; yields their number. */
size_t schedulers_present(host_getenv *getenv_fn, const scheduler **out, size_t max);

/* The task's index from 0, and the count where the scheduler reports one. `used`: "NAME=value, ...". */
bool scheduler_read(const scheduler *s, host_getenv *getenv_fn, scheduler_task *out, buf *used,
                    err *e) MUST_USE;

/* A whole number from `min` to HOST_COUNT_MAX; the message names the variable. */
bool scheduler_number(const char *name, const char *value, uint64_t min, uint64_t *out, err *e)
    MUST_USE;
void scheduler_note(buf *used, const char *name, const char *value);

#endif
