#include "detection/job/worker_processes.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/job/job_limits.h"
#include "detection/job/job_threads.h"
#include "detection/output/stale_files.h"

/* A job's two names, and an outcome with its two paths, fit one message each. */
#define MESSAGE_BYTES ((size_t)4 * PATH_MAX + 4096)

/* Attempts of a job whose process was killed with the fork server. */
#define LOST_MOST 3

struct worker_processes { /* constant */
    const job_settings *settings;
    const ngram_index *index;
    fork_server *forks;
};

/* A worker process sends one byte when it begins a job, the amount of decoded text from time to
 * time, then its answer. */
#define BEGUN "b"
typedef struct text_report {
    uint64_t text_bytes;
} text_report;

/* From a worker process; followed by the paths that there are, each with its NUL. */
typedef struct answer {
    bool ok;
    bool ends; /* the process ends in the middle of the job */
    bool has_report, has_near, has_cleaned;
    job_outcome counts; /* its pointers are invalid here */
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

/* 0: the peer has ended. */
static size_t receive_message(int fd, void *data, size_t size)
{
    ssize_t got;
    while ((got = recv(fd, data, size, 0)) < 0 && errno == EINTR)
        ;
    return got > 0 ? (size_t)got : 0;
}

/* The text at *at, which advances past its NUL; NULL if there is none. */
static const char *next_text(const char **at, const char *end)
{
    const char *text = *at;
    const char *nul = memchr(text, '\0', (size_t)(end - text));
    if (!nul)
        return NULL;
    *at = nul + 1;
    return text;
}

/* --- worker process --- */

/* Descriptor of this worker process. */
static int own_fd;

/* Runs on any thread. The answer needs no memory; other threads are not waited for. */
static void out_of_memory(void)
{
    answer last = {.ends = true};
    send_message(own_fd, &last, sizeof last);
    _exit(1);
}

/* A lost message is harmless: the next one replaces it. */
static void on_text(void *ctx, uint64_t text_bytes)
{
    text_report r = {.text_bytes = text_bytes};
    UNUSED(ctx);
    send(own_fd, &r, sizeof r, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool send_answer(int fd, bool ok, const job_outcome *out, const err *e)
{
    AUTO(buf) message = BUF(MESSAGE_BYTES);
    answer head = {.ok = ok,
                   .has_report = out->report_path != NULL,
                   .has_near = out->near_path != NULL,
                   .has_cleaned = out->cleaned_path != NULL,
                   .counts = *out,
                   .error = *e};
    buf_append(&message, &head, sizeof head);
    const char *const paths[] = {out->report_path, out->near_path, out->cleaned_path};
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
    job_request job = {.id = id,
                       .path = path,
                       .lenient = *lenient != '\0',
                       .cleaned_as_input = *as_input != '\0',
                       .on_text = on_text};
    bool ok = job_run(r, &job, &out, &e);
    /* The answer to the last job of a batch ends this process: log warnings first. */
    if (out.unread_lines > 0 || out.invalid_lines > 0)
        log_settle();
    return send_answer(fd, ok, &out, &e);
}

static void member_main(const void *ctx, int fd)
{
    const worker_processes *c = ctx;
    AUTO_FREE char *message = xcalloc(MESSAGE_BYTES, 1);
    job_runner runner;
    size_t len;
    err e = ERR_INIT;
    own_fd = fd;
    util_on_out_of_memory(out_of_memory);
    if (!job_limits_memory(c->settings, &e))
        log_warn("jobs run without job_memory: %s", e.message);
    job_runner_init(&runner, c->settings, c->index);
    while ((len = receive_message(fd, message, MESSAGE_BYTES)) > 0 && send_message(fd, BEGUN, 1) &&
           do_job(&runner, fd, message, len))
        ;
    job_runner_deinit(&runner);
}

/* --- program --- */

static bool start_process(worker_processes *c, job_process *m, err *e)
{
    int pair[2];
    worker_process process;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create a socket for the job's process");
    bool ok = fork_server_fork(c->forks, pair[1], &process, e);
    close(pair[1]);
    if (ok)
        *m = (job_process){.fd = pair[0], .process = process};
    else
        close(pair[0]);
    return ok;
}

static void release_process(worker_processes *c, job_process *m)
{
    job_process_deinit(m);
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
    const char *near = head.has_near ? next_text(&at, end) : NULL;
    const char *cleaned = head.has_cleaned ? next_text(&at, end) : NULL;
    out->report_path = xstrdup_or_null(report);
    out->near_path = xstrdup_or_null(near);
    out->cleaned_path = xstrdup_or_null(cleaned);
    if (!head.ok && e)
        *e = head.error;
    return head.ok;
}

/* Removes temporary files of a crashed process, and the report that it may have renamed already. */
static void sweep(const char *dir, const char *job_id, const char *suffix)
{
    AUTO_FREE char *path = dir ? xasprintf("%s/%s%s", dir, job_id, suffix) : NULL;
    if (!dir)
        return;
    leftovers_remove_result(dir, job_id, suffix);
    if (!fs_remove(path, NULL))
        log_warn("%s: left by a job that crashed: cannot be removed; remove it by hand", path);
}

static void sweep_job(const worker_processes *c, const char *job_id)
{
    const job_settings *s = c->settings;
    sweep(s->report_dir, job_id, JOB_REPORT_SUFFIX);
    sweep(s->report_dir, job_id, JOB_NEAR_SUFFIX);
    sweep(s->cleaned_dir, job_id, s->cleaned_suffix ? s->cleaned_suffix : JOB_CLEANED_SUFFIX);
}

typedef enum attempt {
    JOB_ANSWERED,
    JOB_NOT_BEGUN, /* the process died while it was idle */
    JOB_CRASHED,
    JOB_OVERDUE,
    JOB_OUT_OF_MEMORY,
} attempt;

/* One job in a worker process. */
typedef struct exchange {
    const job_request *job;
    slice order; /* the message */
    char *reply; /* MESSAGE_BYTES */
    size_t len;
    uint64_t start_ms, text_bytes;
    bool crashed; /* the process, not ended at a limit */
} exchange;

/* False: the time limit is reached. */
static bool wait_for_message(const worker_processes *c, const job_process *m, const exchange *x)
{
    const job_settings *s = c->settings;
    struct pollfd ready = {.fd = m->fd, .events = POLLIN};
    int got;
    if (s->time_limit_ms == 0)
        return true;
    do {
        uint64_t limit_ms = job_limits_time_ms(s, x->text_bytes);
        uint64_t passed_ms = monotonic_ms() - x->start_ms;
        uint64_t left_ms = limit_ms > passed_ms ? limit_ms - passed_ms : 0;
        got = poll(&ready, 1, (int)MIN(left_ms, (uint64_t)INT_MAX));
        if (got == 0 && left_ms <= INT_MAX)
            return false;
    } while (got <= 0);
    return true;
}

static bool answer_ends(const exchange *x)
{
    answer head;
    memcpy(&head, x->reply, sizeof head);
    return head.ends;
}

/* Sends the job and receives its answer. */
static attempt try_once(const worker_processes *c, const job_process *m, exchange *x)
{
    bool begun = false;
    x->start_ms = monotonic_ms();
    x->text_bytes = 0;
    if (!send_message(m->fd, x->order.data, x->order.len))
        return JOB_NOT_BEGUN;
    for (;;) {
        if (!wait_for_message(c, m, x))
            return JOB_OVERDUE;
        x->len = receive_message(m->fd, x->reply, MESSAGE_BYTES);
        if (x->len >= sizeof(answer))
            return answer_ends(x) ? JOB_OUT_OF_MEMORY : JOB_ANSWERED;
        if (begun && x->len != sizeof(text_report))
            return JOB_CRASHED;
        if (begun)
            memcpy(&x->text_bytes, x->reply, sizeof x->text_bytes);
        else if (x->len != strlen(BEGUN))
            return JOB_NOT_BEGUN;
        begun = true;
    }
}

/* Releases the process, which has ended or must end. False: it was killed with its fork server. */
static bool end_process(worker_processes *c, job_process *m, int *status)
{
    worker_process process = m->process;
    release_process(c, m);
    return fork_server_how_ended(c->forks, &process, status);
}

/* Reports the failure of a job whose process has ended. */
static bool report_end(const worker_processes *c, attempt came, int status, exchange *x, err *e)
{
    x->crashed = came != JOB_OVERDUE && came != JOB_OUT_OF_MEMORY;
    if (came == JOB_OVERDUE)
        job_limits_time_fault(c->settings, x->job->path, x->text_bytes, e);
    else if (came == JOB_OUT_OF_MEMORY)
        job_limits_memory_fault(c->settings, x->job->path, e);
    else
        report_crash(status, e);
    return false;
}

/* Runs until the job is answered, a limit is reached, or its process crashes. A process that died
 * while idle is replaced; a job whose process was killed with the fork server runs again. */
static bool run_on(worker_processes *c, job_process *m, exchange *x, err *e)
{
    for (unsigned lost = 0; lost < LOST_MOST;) {
        int status = 0;
        bool is_new = m->fd < 0;
        if (is_new && !start_process(c, m, e))
            return false;
        attempt came = try_once(c, m, x);
        if (came == JOB_ANSWERED)
            return true;
        if (came == JOB_OVERDUE)
            kill(m->process.pid, SIGKILL);
        bool known = end_process(c, m, &status);
        if (came == JOB_NOT_BEGUN && !is_new)
            continue;
        sweep_job(c, x->job->id);
        if (known || came == JOB_OVERDUE || came == JOB_OUT_OF_MEMORY)
            return report_end(c, came, status, x, e);
        lost++;
    }
    return err_set(e, ERR_JOB_FAILED, "the job's process was killed with the fork server, %u times",
                   LOST_MOST);
}

bool worker_processes_run(worker_processes *c, job_process *m, const job_request *job,
                          job_outcome *out, bool *crashed, err *e)
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
    exchange x = {.job = job, .order = buf_slice(&words), .reply = message};
    job_meter *meter = c->settings->meter;
    if (meter)
        atomic_fetch_add(&meter->running_jobs, 1);
    bool answered = run_on(c, m, &x, e);
    if (meter)
        atomic_fetch_sub(&meter->running_jobs, 1);
    *crashed = !answered;
    out->process_ended = x.crashed;
    return answered && read_answer(message, x.len, out, e);
}

bool worker_processes_is_up(worker_processes *c)
{
    return fork_server_is_up(c->forks);
}

void job_process_deinit(job_process *m)
{
    util_auto_close(&m->fd);
    *m = (job_process){.fd = -1};
}

worker_processes *worker_processes_start(const job_settings *settings, const ngram_index *x, err *e)
{
    worker_processes *c = xcalloc(1, sizeof *c);
    *c = (worker_processes){.settings = settings, .index = x};
    c->forks = fork_server_start(member_main, c, e);
    if (c->forks)
        return c;
    free(c);
    return NULL;
}

void worker_processes_free(worker_processes *c)
{
    if (!c)
        return;
    fork_server_stop(c->forks);
    free(c);
}

job_meter *job_meter_new(void)
{
    job_meter *meter =
        mmap(NULL, sizeof *meter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (meter != MAP_FAILED)
        return meter;
    util_out_of_memory(sizeof *meter);
}

void job_meter_free(job_meter *meter)
{
    munmap(meter, sizeof *meter);
}
