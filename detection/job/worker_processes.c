#include "detection/job/worker_processes.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decon/base/fsutil.h"
#include "decon/base/log.h"
#include "detection/job/stale_files.h"

/* A job's two names, and an outcome with its two paths, fit one message each. */
#define MESSAGE_BYTES ((size_t)4 * PATH_MAX + 4096)

struct crew {
    const job_settings *settings; /* immutable */
    const ngram_index *index;     /* immutable */
    pid_t nursery;                /* immutable */
    int control;                  /* immutable; asked under the lock */
    pthread_mutex_t lock;
};

/* To the nursery: with a descriptor, fork a member that serves it; else say how member `pid` ended.
 * The answer is a number: the member's pid or minus errno; a status of waitpid. */
typedef struct order {
    int pid;
} order;

/* From a member; the two paths follow, each with its NUL. */
typedef struct answer {
    bool ok;
    bool has_report, has_cleaned;
    job_outcome counts; /* its pointers mean nothing here */
    err error;
} answer;

/* --- both sides --- */

static bool send_message(int fd, const void *data, size_t len)
{
    ssize_t sent;
    while ((sent = send(fd, data, len, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent == (ssize_t)len;
}

/* 0: the other side is gone. */
static size_t receive_message(int fd, void *data, size_t size)
{
    ssize_t got;
    while ((got = recv(fd, data, size, 0)) < 0 && errno == EINTR)
        ;
    return got > 0 ? (size_t)got : 0;
}

/* The text at *at, which moves behind its NUL; NULL where there is none. */
static const char *next_text(const char **at, const char *end)
{
    const char *text = *at;
    const char *nul = memchr(text, '\0', (size_t)(end - text));
    if (!nul)
        return NULL;
    *at = nul + 1;
    return text;
}

/* --- a member --- */

static bool send_answer(int fd, bool ok, const job_outcome *out, const err *e)
{
    AUTO(buf) message = BUF(MESSAGE_BYTES);
    answer head = {.ok = ok,
                   .has_report = out->report_path != NULL,
                   .has_cleaned = out->cleaned_path != NULL,
                   .counts = *out,
                   .error = *e};
    buf_append(&message, &head, sizeof head);
    const char *const paths[] = {out->report_path, out->cleaned_path};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (paths[i])
            buf_append(&message, paths[i], strlen(paths[i]) + 1);
    return !message.overflow && send_message(fd, message.data, message.len);
}

static bool do_job(job_runner *r, int fd, const char *message, size_t len)
{
    err e = ERR_INIT;
    AUTO(job_outcome) out = {0};
    const char *at = message, *end = message + len;
    const char *id = next_text(&at, end);
    const char *path = id ? next_text(&at, end) : NULL;
    const char *lenient = path ? next_text(&at, end) : NULL;
    if (!lenient)
        return false;
    job_request job = {.id = id, .path = path, .lenient = *lenient != '\0'};
    bool ok = job_run(r, &job, &out, &e);
    return send_answer(fd, ok, &out, &e);
}

static void member_main(const crew *c, int fd)
{
    AUTO_FREE char *message = xcalloc(MESSAGE_BYTES, 1);
    job_runner runner;
    size_t len;
    job_runner_init(&runner, c->settings, c->index);
    while ((len = receive_message(fd, message, MESSAGE_BYTES)) > 0 &&
           do_job(&runner, fd, message, len))
        ;
    job_runner_deinit(&runner);
}

/* --- the nursery --- */

/* Without handlers: what is in memory belongs to the program, nothing here has leaked. */
static _Noreturn void end_process(int status)
{
    for (;;)
        syscall(SYS_exit_group, status);
}

/* Ends when the process (thread) that forked this one ends; `parent` is its pid. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        end_process(1);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static int make_member(const crew *c, int fd)
{
    pid_t nursery = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0)
        return pid;
    end_with(nursery);
    close(c->control);
    member_main(c, fd);
    end_process(0);
}

static int how_it_ended(int pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* An order, with the descriptor that came along (-1: none). False: the program is gone. */
static bool receive_order(int control, order *o, int *fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } extra = {0};
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

static void nursery_main(const crew *c)
{
    order o;
    int fd = -1;
    while (receive_order(c->control, &o, &fd)) {
        int reply = fd >= 0 ? make_member(c, fd) : how_it_ended(o.pid);
        util_auto_close(&fd);
        if (!send_message(c->control, &reply, sizeof reply))
            break;
    }
    while (wait(NULL) > 0 || errno == EINTR)
        ;
}

/* --- the program --- */

static bool give_order(crew *c, const order *o, int fd, int *reply)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } extra = {0};
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
    pthread_mutex_lock(&c->lock);
    bool ok = sendmsg(c->control, &message, MSG_NOSIGNAL) == (ssize_t)sizeof copy &&
              receive_message(c->control, reply, sizeof *reply) == sizeof *reply;
    pthread_mutex_unlock(&c->lock);
    return ok;
}

static bool hire(crew *c, crew_member *m, err *e)
{
    int pair[2], reply = -EPIPE;
    order o = {0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set_errno(e, ERR_IO, errno, "a process for the job cannot be reached");
    if (!give_order(c, &o, pair[1], &reply))
        reply = -EPIPE;
    close(pair[1]);
    if (reply > 0) {
        *m = (crew_member){.fd = pair[0], .pid = reply};
        return true;
    }
    close(pair[0]);
    return err_set_errno(e, ERR_IO, -reply, "a process for the job cannot be made");
}

static bool tell_crash(crew *c, crew_member *m, err *e)
{
    int status = 0;
    order o = {.pid = m->pid};
    crew_member_deinit(m);
    if (!give_order(c, &o, -1, &status))
        return err_set(e, ERR_JOB_FAILED, "the job's process is gone");
    if (WIFSIGNALED(status))
        return err_set(e, ERR_JOB_FAILED, "the job's process was ended by signal %d (%s)",
                       WTERMSIG(status), strsignal(WTERMSIG(status)));
    return err_set(e, ERR_JOB_FAILED, "the job's process ended with status %d",
                   WEXITSTATUS(status));
}

static bool read_answer(const char *message, size_t len, job_outcome *out, err *e)
{
    answer head;
    const char *at = message + sizeof head, *end = message + len;
    memcpy(&head, message, sizeof head);
    *out = head.counts;
    const char *report = head.has_report ? next_text(&at, end) : NULL;
    const char *cleaned = head.has_cleaned ? next_text(&at, end) : NULL;
    out->report_path = report ? xstrdup(report) : NULL;
    out->cleaned_path = cleaned ? xstrdup(cleaned) : NULL;
    if (!head.ok && e)
        *e = head.error;
    return head.ok;
}

/* What a process that died was writing, and the report that it may have named already. */
static void sweep(const char *dir, const char *job_id, const char *suffix)
{
    AUTO_FREE char *path = dir ? xasprintf("%s/%s%s", dir, job_id, suffix) : NULL;
    if (!dir)
        return;
    leftovers_remove_result(dir, job_id, suffix);
    if (!fs_remove(path, NULL))
        log_warn("%s belongs to a job that crashed and cannot be removed; remove it by hand", path);
}

bool crew_run(crew *c, crew_member *m, const job_request *job, job_outcome *out, bool *crashed,
              err *e)
{
    AUTO_FREE char *message = xcalloc(MESSAGE_BYTES, 1);
    AUTO(buf) words = BUF(MESSAGE_BYTES);
    const char *texts[] = {job->id, job->path, job->lenient ? "1" : ""};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_append(&words, texts[i], strlen(texts[i]) + 1);
    *out = (job_outcome){0};
    *crashed = false;
    if (words.overflow)
        return err_set(e, ERR_LIMIT, "the path is too long");
    *crashed = true;
    if (m->fd < 0 && !hire(c, m, e))
        return false;
    size_t len = 0;
    job_meter *meter = c->settings->meter;
    if (meter)
        atomic_fetch_add(&meter->running_jobs, 1);
    if (send_message(m->fd, words.data, words.len))
        len = receive_message(m->fd, message, MESSAGE_BYTES);
    if (meter)
        atomic_fetch_sub(&meter->running_jobs, 1);
    if (len < sizeof(answer)) {
        tell_crash(c, m, e);
        const job_settings *s = c->settings;
        sweep(s->report_dir, job->id, JOB_REPORT_SUFFIX);
        sweep(s->cleaned_dir, job->id, s->cleaned_suffix ? s->cleaned_suffix : JOB_CLEANED_SUFFIX);
        return false;
    }
    *crashed = false;
    return read_answer(message, len, out, e);
}

void crew_member_deinit(crew_member *m)
{
    util_auto_close(&m->fd);
    *m = (crew_member){.fd = -1};
}

crew *crew_start(const job_settings *settings, const ngram_index *x, err *e)
{
    int pair[2];
    pid_t program = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        err_set_errno(e, ERR_IO, errno, "the processes for jobs cannot be reached");
        return NULL;
    }
    crew *c = xcalloc(1, sizeof *c);
    *c = (crew){.settings = settings, .index = x, .control = pair[0]};
    pthread_mutex_init(&c->lock, NULL);
    c->nursery = fork();
    if (c->nursery == 0) {
        end_with(program);
        close(pair[0]);
        c->control = pair[1];
        nursery_main(c);
        end_process(0);
    }
    close(pair[1]);
    if (c->nursery > 0)
        return c;
    err_set_errno(e, ERR_IO, errno, "the processes for jobs cannot be made");
    c->nursery = 0;
    crew_free(c);
    return NULL;
}

void crew_free(crew *c)
{
    if (!c)
        return;
    close(c->control);
    if (c->nursery > 0)
        how_it_ended(c->nursery);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

job_meter *crew_meter_new(void)
{
    job_meter *meter =
        mmap(NULL, sizeof *meter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (meter != MAP_FAILED)
        return meter;
    fprintf(stderr, "out of memory\n");
    abort();
}

void crew_meter_free(job_meter *meter)
{
    munmap(meter, sizeof *meter);
}
