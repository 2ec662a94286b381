#include "detection/job/worker_processes.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/job/stale_files.h"

/* A job's two names, and an outcome with its two paths, fit one message each. */
#define MESSAGE_BYTES ((size_t)4 * PATH_MAX + 4096)

/* How often a job is begun again because its process was killed with the fork server. */
#define LOST_MOST 3

struct crew { /* constant */
    const job_settings *settings;
    const ngram_index *index;
    fork_server *forks;
};

/* A member says that it has begun with one byte, then sends its answer. */
#define BEGUN "b"

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
    const char *as_input = lenient ? next_text(&at, end) : NULL;
    if (!as_input)
        return false;
    job_request job = {
        .id = id, .path = path, .lenient = *lenient != '\0', .cleaned_as_input = *as_input != '\0'};
    bool ok = job_run(r, &job, &out, &e);
    return send_answer(fd, ok, &out, &e);
}

static void member_main(const void *ctx, int fd)
{
    const crew *c = ctx;
    AUTO_FREE char *message = xcalloc(MESSAGE_BYTES, 1);
    job_runner runner;
    size_t len;
    job_runner_init(&runner, c->settings, c->index);
    while ((len = receive_message(fd, message, MESSAGE_BYTES)) > 0 && send_message(fd, BEGUN, 1) &&
           do_job(&runner, fd, message, len))
        ;
    job_runner_deinit(&runner);
}

/* --- the program --- */

static bool hire(crew *c, crew_member *m, err *e)
{
    int pair[2];
    worker_process process;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set_errno(e, ERR_IO, errno, "a process for the job cannot be reached");
    bool ok = fork_server_fork(c->forks, pair[1], &process, e);
    close(pair[1]);
    if (ok)
        *m = (crew_member){.fd = pair[0], .process = process};
    else
        close(pair[0]);
    return ok;
}

static void dismiss(crew *c, crew_member *m)
{
    crew_member_deinit(m);
    fork_server_forget(c->forks);
}

static bool report_crash(int status, err *e)
{
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

static void sweep_job(const crew *c, const char *job_id)
{
    const job_settings *s = c->settings;
    sweep(s->report_dir, job_id, JOB_REPORT_SUFFIX);
    sweep(s->cleaned_dir, job_id, s->cleaned_suffix ? s->cleaned_suffix : JOB_CLEANED_SUFFIX);
}

typedef enum attempt {
    JOB_ANSWERED,
    JOB_NOT_BEGUN, /* the process had died while it was idle */
    JOB_CRASHED,
} attempt;

/* Sends the job and receives its answer of *len bytes. */
static attempt try_once(const crew_member *m, slice job, char *message, size_t *len)
{
    if (!send_message(m->fd, job.data, job.len) ||
        receive_message(m->fd, message, MESSAGE_BYTES) != strlen(BEGUN))
        return JOB_NOT_BEGUN;
    *len = receive_message(m->fd, message, MESSAGE_BYTES);
    return *len >= sizeof(answer) ? JOB_ANSWERED : JOB_CRASHED;
}

/* Until the job is answered, or its process crashes by itself. A process that died while it was idle
 * costs nothing; one that was killed with the fork server has its job begun again. */
static bool run_on(crew *c, crew_member *m, const char *job_id, slice job, char *message,
                   size_t *len, err *e)
{
    for (unsigned lost = 0;;) {
        int status = 0;
        if (m->fd < 0 && !hire(c, m, e))
            return false;
        attempt came = try_once(m, job, message, len);
        if (came == JOB_ANSWERED)
            return true;
        worker_process process = m->process;
        dismiss(c, m);
        bool known = fork_server_how_ended(c->forks, &process, &status);
        if (came == JOB_NOT_BEGUN)
            continue;
        sweep_job(c, job_id);
        if (known)
            return report_crash(status, e);
        if (++lost == LOST_MOST)
            return err_set(e, ERR_JOB_FAILED,
                           "the job's process was killed with the fork server, "
                           "%u times",
                           lost);
    }
}

bool crew_run(crew *c, crew_member *m, const job_request *job, job_outcome *out, bool *crashed,
              err *e)
{
    AUTO_FREE char *message = xcalloc(MESSAGE_BYTES, 1);
    AUTO(buf) words = BUF(MESSAGE_BYTES);
    const char *texts[] = {job->id, job->path, job->lenient ? "1" : "",
                           job->cleaned_as_input ? "1" : ""};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_append(&words, texts[i], strlen(texts[i]) + 1);
    *out = (job_outcome){0};
    *crashed = false;
    if (words.overflow)
        return err_set(e, ERR_LIMIT, "the path is too long");
    size_t len = 0;
    job_meter *meter = c->settings->meter;
    if (meter)
        atomic_fetch_add(&meter->running_jobs, 1);
    bool answered = run_on(c, m, job->id, buf_slice(&words), message, &len, e);
    if (meter)
        atomic_fetch_sub(&meter->running_jobs, 1);
    *crashed = !answered;
    return answered && read_answer(message, len, out, e);
}

bool crew_is_up(crew *c)
{
    return fork_server_is_up(c->forks);
}

void crew_member_deinit(crew_member *m)
{
    util_auto_close(&m->fd);
    *m = (crew_member){.fd = -1};
}

crew *crew_start(const job_settings *settings, const ngram_index *x, err *e)
{
    crew *c = xcalloc(1, sizeof *c);
    *c = (crew){.settings = settings, .index = x};
    c->forks = fork_server_start(member_main, c, e);
    if (c->forks)
        return c;
    free(c);
    return NULL;
}

void crew_free(crew *c)
{
    if (!c)
        return;
    fork_server_stop(c->forks);
    free(c);
}

job_meter *crew_meter_new(void)
{
    job_meter *meter =
        mmap(NULL, sizeof *meter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (meter != MAP_FAILED)
        return meter;
    util_out_of_memory(sizeof *meter);
}

void crew_meter_free(job_meter *meter)
{
    munmap(meter, sizeof *meter);
}
