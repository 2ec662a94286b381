#include "detection/job/fork_server.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/security/process_guard.h"
#include "base/util.h"
#include "detection/job/job_threads.h"

#define FIRST_PAUSE_MS   20
#define LONGEST_PAUSE_MS 1000

struct fork_server {
    fork_worker_main run; /* immutable */
    const void *ctx;      /* immutable */
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    pid_t pid;
    int control; /* -1: not running */
    uint64_t generation;
    unsigned workers; /* forked and not yet forgotten */
    bool cannot_fork; /* the last attempt failed */
    fork_restarts restarts;
    bool ending;
};

/* Message to the fork server: with a descriptor, fork a worker that serves it; otherwise return how
 * worker `pid` ended. The reply is a number: the worker's pid or minus errno; a status of
 * waitpid. */
typedef struct order {
    int pid;
} order;

typedef union order_extra {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
} order_extra;

/* --- the fork server --- */

/* Ends without exit handlers: the memory is a copy of the program's. */
static _Noreturn void end_process(int status)
{
    for (;;)
        syscall(SYS_exit_group, status);
}

/* The process ends with the thread that forked it; `parent` is that thread's process. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        end_process(1);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

/* Receives a message and its descriptor (-1: none). False: the program has ended. */
static bool receive_order(int control, order *o, int *fd)
{
    order_extra extra = {0};
    struct iovec part = {.iov_base = o, .iov_len = sizeof *o};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = extra.bytes,
                             .msg_controllen = sizeof extra.bytes};
    ssize_t got;
    *fd = -1;
    while ((got = recvmsg(control, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    struct cmsghdr *with = CMSG_FIRSTHDR(&message);
    if (got == (ssize_t)sizeof *o && with && with->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(with), sizeof *fd);
    return got == (ssize_t)sizeof *o;
}

static int fork_worker(const fork_server *f, int control, int fd)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0)
        return pid;
    end_with(parent);
    close(control);
    f->run(f->ctx, fd);
    log_flush(LOG_EXIT_WAIT_MS);
    end_process(0);
}

static int how_it_ended(int pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static _Noreturn void serve_orders(const fork_server *f, int control)
{
    order o;
    int fd = -1;
    while (receive_order(control, &o, &fd)) {
        int reply = fd >= 0 ? fork_worker(f, control, fd) : how_it_ended(o.pid);
        util_auto_close(&fd);
        if (send(control, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply)
            break;
    }
    end_process(0);
}

/* Closes the program's other descriptors: copies would keep connections and the port open. */
static void close_all_but(int keep)
{
    if (keep > 3)
        syscall(SYS_close_range, 3u, (unsigned)keep - 1, 0u);
    syscall(SYS_close_range, (unsigned)keep + 1, ~0u, 0u);
}

/* Workers inherit the isolation. Without it they work too. */
static void isolate(void)
{
    err e = ERR_INIT;
    if (!process_isolate(&e))
        log_warn("job processes: cannot be isolated from the network: %s", e.message);
}

/* Under the lock. The child has one thread: it takes no lock that another thread may have held,
 * except those that fork() makes usable (the log's among them). */
static bool start(fork_server *f)
{
    int pair[2];
    pid_t program = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        end_with(program);
        close_all_but(pair[1]);
        isolate();
        serve_orders(f, pair[1]);
    }
    int failed = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        errno = failed;
        return false;
    }
    f->pid = pid;
    f->control = pair[0];
    f->generation++;
    f->workers = 0;
    f->cannot_fork = false;
    f->restarts.begun_ms = monotonic_ms();
    return true;
}

/* --- the program --- */

static void pause_under_lock(fork_server *f, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    uint64_t ns = (uint64_t)until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_cond_timedwait(&f->changed, &f->lock, &until);
}

uint64_t fork_restarts_pause_ms(fork_restarts *r, uint64_t now_ms)
{
    uint64_t pause_ms = FORK_RESTART_FIRST_MS;
    bool is_brief = now_ms - r->begun_ms < FORK_BRIEF_MS;
    r->brief = is_brief ? r->brief + (r->brief < UINT_MAX) : 0;
    if (!is_brief)
        return 0;
    for (unsigned i = 1; i < r->brief && pause_ms < FORK_RESTART_MOST_MS; i++)
        pause_ms *= 2;
    return MIN(pause_ms, (uint64_t)FORK_RESTART_MOST_MS);
}

/* At most FORK_BRIEF_REPORTED lines for a lasting cause. */
static void report_end(unsigned brief, int status)
{
    const char *how = WIFSIGNALED(status) ? "signal" : "status";
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (brief < FORK_BRIEF_REPORTED)
        log_warn("fork server: ended by %s %d; it is replaced, and its jobs run again", how,
                 number);
    else if (brief == FORK_BRIEF_REPORTED)
        log_error("fork server: ended %u times soon after its start, the last time by %s "
                  "%d; no job can run until it stays up: look at memory and process limits, "
                  "security policies and the system's log. It is tried again at growing "
                  "intervals, up to %d s, without further messages",
                  brief, how, number, FORK_RESTART_MOST_MS / 1000);
}

/* Under the lock. */
static void wait_under_lock(fork_server *f, uint64_t ms)
{
    uint64_t end_ms = monotonic_ms() + ms;
    for (uint64_t now_ms; !f->ending && (now_ms = monotonic_ms()) < end_ms;)
        pause_under_lock(f, end_ms - now_ms);
}

/* Under the lock. */
static void replace(fork_server *f, int status)
{
    uint64_t pause_ms = FIRST_PAUSE_MS;
    close(f->control);
    f->control = -1;
    uint64_t wait_ms = fork_restarts_pause_ms(&f->restarts, monotonic_ms());
    report_end(f->restarts.brief, status);
    wait_under_lock(f, wait_ms);
    for (bool reported = false; !f->ending && !start(f); reported = true) {
        if (!reported)
            log_error(
                "fork server: cannot start: %s; no job can run until it can: raise the limits of "
                "processes and memory. It is tried again without further messages",
                strerror(errno));
        pause_under_lock(f, pause_ms);
        pause_ms = MIN(pause_ms * 2, (uint64_t)LONGEST_PAUSE_MS);
    }
    pthread_cond_broadcast(&f->changed);
}

static void *keeper_main(void *arg)
{
    fork_server *f = arg;
    for (bool ending = false; !ending;) {
        int status = how_it_ended(f->pid);
        pthread_mutex_lock(&f->lock);
        if (!f->ending)
            replace(f, status);
        ending = f->ending;
        pthread_mutex_unlock(&f->lock);
    }
    return NULL;
}

/* Signals are handled by the program's other threads. */
static int start_keeper(fork_server *f)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&f->keeper, NULL, keeper_main, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static void release(fork_server *f)
{
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

fork_server *fork_server_start(fork_worker_main run, const void *ctx, err *e)
{
    fork_server *f = xcalloc(1, sizeof *f);
    pthread_condattr_t attributes;
    *f = (fork_server){.run = run, .ctx = ctx, .control = -1};
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int failed = start(f) ? start_keeper(f) : errno;
    if (!failed)
        return f;
    err_set_errno(e, ERR_IO, failed, "fork server: cannot start");
    if (f->control >= 0) {
        close(f->control);
        how_it_ended(f->pid);
    }
    release(f);
    return NULL;
}

void fork_server_stop(fork_server *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->ending = true;
    if (f->control >= 0)
        close(f->control);
    f->control = -1;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->keeper, NULL);
    release(f);
}

/* Under the lock. */
static bool give_order(const fork_server *f, const order *o, int fd, int *reply)
{
    order_extra extra = {0};
    order copy = *o;
    struct iovec part = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = extra.bytes;
        message.msg_controllen = sizeof extra.bytes;
        struct cmsghdr *with = CMSG_FIRSTHDR(&message);
        *with = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
        memcpy(CMSG_DATA(with), &fd, sizeof fd);
    }
    ssize_t got;
    if (f->control < 0 || sendmsg(f->control, &message, MSG_NOSIGNAL) != (ssize_t)sizeof copy)
        return false;
    while ((got = recv(f->control, reply, sizeof *reply, 0)) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)sizeof *reply;
}

/* Under the lock; minus errno on failure. */
static int fork_once(fork_server *f, int fd)
{
    order o = {0};
    int reply = -EPIPE;
    if (!give_order(f, &o, fd, &reply))
        reply = -EPIPE; /* the keeper replaces it */
    f->cannot_fork = reply <= 0;
    f->workers += reply > 0;
    return reply;
}

bool fork_server_fork(fork_server *f, int fd, worker_process *out, err *e)
{
    uint64_t end_ms = monotonic_ms() + FORK_WAIT_MS, pause_ms = FIRST_PAUSE_MS;
    int reply;
    pthread_mutex_lock(&f->lock);
    while ((reply = fork_once(f, fd)) <= 0 && !f->ending && monotonic_ms() < end_ms) {
        pause_under_lock(f, pause_ms);
        pause_ms = MIN(pause_ms * 2, (uint64_t)LONGEST_PAUSE_MS);
    }
    *out = (worker_process){.pid = reply, .generation = f->generation};
    pthread_mutex_unlock(&f->lock);
    return reply > 0 || err_set_errno(e, ERR_IO, -reply, "cannot create a process for the job");
}

bool fork_server_how_ended(fork_server *f, const worker_process *w, int *status)
{
    order o = {.pid = w->pid};
    pthread_mutex_lock(&f->lock);
    bool known = w->generation == f->generation && give_order(f, &o, -1, status);
    pthread_mutex_unlock(&f->lock);
    return known;
}

void fork_server_forget(fork_server *f)
{
    pthread_mutex_lock(&f->lock);
    f->workers -= f->workers > 0;
    pthread_mutex_unlock(&f->lock);
}

bool fork_server_is_up(fork_server *f)
{
    pthread_mutex_lock(&f->lock);
    bool up = f->control >= 0 && (!f->cannot_fork || f->workers > 0);
    pthread_mutex_unlock(&f->lock);
    return up;
}
