/* A process that forks worker processes, and is replaced when it dies.
 *
 * What:    the fork server is forked from the program and shares the index's memory with it; it has
 *          one thread, so that it can fork at any time. A thread of the program waits for its end
 *          and then starts a new one.
 *
 *            program  -- descriptor -->  fork server  --fork-->  worker
 *                     <---- pid -------
 *
 * Owner:   fork_server_start / fork_server_stop.
 * Threads: any; other threads may run at the start. One lock inside.
 * Fails:   fork_server_fork if no process can be created for FORK_WAIT_MS. A fork server that ends again and
 *          again is reported once, and replaced at growing intervals.
 *
 * The fork server and its workers are isolated (base/security/process_guard.h): no network, no new
 * programs or privileges. Workers are killed (SIGKILL) with the fork server that forked them. Both
 * end with the program, however it ends, and ignore the terminal's signals.
 */
#ifndef DETECTION_JOB_FORK_SERVER_H
#define DETECTION_JOB_FORK_SERVER_H

#include <sys/types.h>

#include "decon/base/err.h"
#include "base/util.h"

#define FORK_WAIT_MS 60000

typedef struct fork_server fork_server;

/* What a worker does with its descriptor; the process ends when it returns. */
typedef void (*fork_worker_main)(const void *ctx, int fd);

fork_server *fork_server_start(fork_worker_main run, const void *ctx, err *e) MUST_USE;
void fork_server_stop(fork_server *f); /* NULL is allowed */
DEFINE_AUTO_PTR(fork_server, fork_server_stop)

typedef struct worker_process {
    pid_t pid;
    uint64_t generation; /* number of the fork server that forked it */
} worker_process;

/* Forks a worker that serves `fd`, which stays the caller's. Waits and retries on failure. */
bool fork_server_fork(fork_server *f, int fd, worker_process *out, err *e) MUST_USE;
/* How a worker whose descriptor was closed ended: a status of waitpid. False: its fork server died,
 * and the worker with it. */
bool fork_server_how_ended(fork_server *f, const worker_process *w, int *status) MUST_USE;
/* The caller no longer needs the worker. */
void fork_server_forget(fork_server *f);

/* When a fork server that ended is replaced: where several ended soon after their start, later each time, so that
 * a lasting cause (limits, a security policy) costs neither a core nor thousands of log lines. */
typedef struct fork_restarts {
    uint64_t begun_ms; /* start of the present one */
    unsigned brief;    /* consecutive processes that ended soon after their start */
} fork_restarts;

#define FORK_BRIEF_MS         5000
#define FORK_BRIEF_REPORTED   4 /* this number is reported, once, as a lasting cause */
#define FORK_RESTART_MOST_MS  30000
#define FORK_RESTART_FIRST_MS 20

/* The present one ended; yields the pause before the next. */
uint64_t fork_restarts_pause_ms(fork_restarts *r, uint64_t now_ms);

/* False while no job can run: there is no fork server, or it cannot fork and has no worker. */
bool fork_server_is_up(fork_server *f);

#endif
