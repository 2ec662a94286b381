/* Child processes on the event loop.
 *
 *   state    left for
 *   running  closing, when both of its pipes have ended, or when it is killed at a limit
 *   closing  gone, when its exit status is known (it may run a moment longer than its pipes)
 *
 * A process whose children keep the pipes open runs until its time limit.
 */
#include "base/util.h"
#include "base/loop/loop_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES         ((size_t)16 * 1024)
#define ERROR_OUTPUT_BYTES ((size_t)4096) /* the end of standard error that is kept */
#define ERROR_LINE_BYTES   ((size_t)200)
#define REAP_POLL_MS       10

struct process {
    list_link link; /* in loop.processes */
    loop *loop;
    process_request request; /* without the command */
    pid_t pid;               /* -1: not started, or gone */
    int out_fd, err_fd;      /* -1: ended */
    buf output, error_output;
    timer *limit, *later;
    err error;
};

static void close_pipe(int *fd)
{
    if (*fd >= 0)
        close(*fd); /* also removes it from epoll */
    *fd = -1;
}

/* --- start --- */

static bool open_pipe(int *mine, int *theirs, err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return err_set_errno(e, ERR_IO, errno, "a pipe cannot be made");
    *mine = ends[0];
    *theirs = ends[1];
    return true;
}

static bool watch_pipe(const loop *l, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The loop blocks some signals and ignores SIGPIPE; a program expects the defaults. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETPGROUP);
}

static int spawn(pid_t *pid, const char *command, int out, int errors)
{
    char *const arguments[] = {(char *)(uintptr_t)("sh"), (char *)(uintptr_t)("-c"),
                               (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    set_attributes(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    int failed = posix_spawn(pid, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static bool run(process *p, err *e)
{
    AUTO_FD out = -1;
    AUTO_FD errors = -1;
    if (!open_pipe(&p->out_fd, &out, e) || !open_pipe(&p->err_fd, &errors, e))
        return false;
    if (!watch_pipe(p->loop, p->out_fd) || !watch_pipe(p->loop, p->err_fd))
        return err_set_errno(e, ERR_IO, errno, "a pipe cannot be watched");
    int failed = spawn(&p->pid, p->request.command, out, errors);
    if (!failed)
        return true;
    p->pid = -1;
    return err_set_errno(e, ERR_IO, failed, "/bin/sh cannot be started");
}

/* --- end --- */

static void process_free(process *p)
{
    list_remove(&p->loop->processes, &p->link);
    timer_stop(&p->loop->base, p->limit);
    timer_stop(&p->loop->base, p->later);
    close_pipe(&p->out_fd);
    close_pipe(&p->err_fd);
    buf_deinit(&p->output);
    buf_deinit(&p->error_output);
    free(p);
}

/* The last line that is not empty, with control characters replaced. */
static slice last_line(buf *output)
{
    slice text = slice_trim(buf_slice(output));
    const char *line_end = text.len ? memrchr(text.data, '\n', text.len) : NULL;
    if (line_end) {
        size_t before = (size_t)(line_end + 1 - text.data);
        text = slice_trim((slice){.data = text.data + before, .len = text.len - before});
    }
    if (text.len == 0)
        return text;
    char *at = output->data + (text.data - output->data);
    text.len = MIN(text.len, ERROR_LINE_BYTES);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)at[i] < ' ' || at[i] == 0x7f)
            at[i] = '?';
    return text;
}

static void finish(process *p, int status)
{
    process_result result = {.ok = !err_is_set(&p->error), .error = p->error};
    result.exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                             : (WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    result.output = buf_slice(&p->output);
    result.error_line = last_line(&p->error_output);
    p->request.on_done(p->request.ctx, &result);
    process_free(p);
}

static void reap(void *ctx)
{
    process *p = ctx;
    int status = 0;
    p->later = NULL;
    if (p->pid > 0 && waitpid(p->pid, &status, WNOHANG) == 0) {
        p->later = timer_start(&p->loop->base, REAP_POLL_MS, reap, p);
        return;
    }
    p->pid = -1;
    finish(p, status);
}

static bool take(process *p, bool is_output, const char *data, size_t len);

/* Standard error written before the kill explains the failure. */
static void read_rest(process *p)
{
    char data[READ_BYTES];
    ssize_t got;
    while (p->err_fd >= 0 && (got = read(p->err_fd, data, sizeof data)) > 0)
        take(p, false, data, (size_t)got);
}

/* Kills the process group; its output is read no further. */
static void end_by_force(process *p)
{
    if (p->pid > 0)
        kill(-p->pid, SIGKILL);
    read_rest(p);
    close_pipe(&p->out_fd);
    close_pipe(&p->err_fd);
    if (!p->later)
        p->later = timer_start(&p->loop->base, 0, reap, p);
}

static void limit_reached(void *ctx)
{
    process *p = ctx;
    p->limit = NULL;
    if (!err_is_set(&p->error))
        err_set(&p->error, ERR_TIMEOUT, "it has not ended after %d s",
                p->request.time_limit_ms / 1000);
    end_by_force(p);
}

/* --- output --- */

static bool take(process *p, bool is_output, const char *data, size_t len)
{
    if (is_output)
        return buf_append(&p->output, data, len) ||
               err_set(&p->error, ERR_LIMIT, "it writes more than %zu bytes",
                       p->request.output_max_bytes);
    if (p->error_output.len + len > ERROR_OUTPUT_BYTES)
        buf_consume(&p->error_output,
                    MIN(p->error_output.len, p->error_output.len + len - ERROR_OUTPUT_BYTES));
    size_t kept = MIN(len, ERROR_OUTPUT_BYTES);
    return buf_append(&p->error_output, data + len - kept, kept);
}

static void pipe_ready(process *p, int *fd)
{
    char data[READ_BYTES];
    ssize_t got;
    while ((got = read(*fd, data, sizeof data)) > 0)
        if (!take(p, fd == &p->out_fd, data, (size_t)got)) {
            end_by_force(p);
            return;
        }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    close_pipe(fd);
    if (p->out_fd < 0 && p->err_fd < 0 && !p->later)
        p->later = timer_start(&p->loop->base, 0, reap, p);
}

bool loop_process_ready(loop *l, int fd)
{
    LIST_EACH (p, &l->processes, process, link)
        if (p->out_fd == fd || p->err_fd == fd) {
            pipe_ready(p, p->out_fd == fd ? &p->out_fd : &p->err_fd);
            return true;
        }
    return false;
}

/* --- transport --- */

process *loop_process_start(transport *t, const process_request *request)
{
    loop *l = (loop *)t;
    process *p = xcalloc(1, sizeof *p);
    *p = (process){.loop = l, .request = *request, .pid = -1, .out_fd = -1, .err_fd = -1};
    list_prepend(&l->processes, &p->link);
    buf_init(&p->output, request->output_max_bytes);
    buf_init(&p->error_output, 2 * ERROR_OUTPUT_BYTES);
    if (run(p, &p->error))
        p->limit = timer_start(t, (uint64_t)request->time_limit_ms, limit_reached, p);
    else
        end_by_force(p);
    p->request.command = NULL;
    return p;
}

void loop_process_cancel(transport *t, process *p)
{
    UNUSED(t);
    if (p->pid > 0) {
        kill(-p->pid, SIGKILL);
        while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    process_free(p);
}

void loop_processes_free(loop *l)
{
    LIST_EACH (p, &l->processes, process, link)
        loop_process_cancel(&l->base, p);
}
