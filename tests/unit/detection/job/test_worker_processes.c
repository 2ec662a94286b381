/* Jobs in worker processes: outcomes, failures, and crashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "detection/job/job_limits.h"
#include "detection/job/worker_processes.h"
#include "tests/fake/detect_site.h"

static const char *const quiz[] = {
    "{\"doc_id\":7,\"question\":\"Which river flows through the old town of Lindow?\"}",
    "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};
#define HIT "{\"text\":\"Ask: how many eggs does the brown hen lay each week?\"}\n"

typedef struct processes_site {
    detect_site site;
    worker_processes *processes;
    job_process process;
} processes_site;

static int set_up(void **state)
{
    processes_site *s = xcalloc(1, sizeof *s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    detect_site_init(&s->site);
    detect_site_index(&s->site, quiz);
    s->site.job.meter = job_meter_new();
    s->processes = worker_processes_start(&s->site.job, s->site.index, NULL);
    s->process.fd = -1;
    *state = s;
    return s->processes ? 0 : -1;
}

static int tear_down(void **state)
{
    processes_site *s = *state;
    job_process_deinit(&s->process);
    worker_processes_free(s->processes);
    job_meter_free(s->site.job.meter);
    detect_site_deinit(&s->site);
    free(s);
    return 0;
}

static void outcomes_come_back(void **state)
{
    processes_site *s = *state;
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) second = {0};
    bool crashed = true;
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT HIT "x\n"));
    AUTO_FREE char *clean = detect_site_file(&s->site, "g.jsonl", SLICE_LIT("{\"text\":\"x\"}\n"));
    assert_true(worker_processes_run(s->processes, &s->process,
                                     &(job_request){.id = "id-1", .path = path, .lenient = true},
                                     &out, &crashed, NULL));
    assert_false(crashed);
    assert_int_equal(out.lines, 3);
    assert_int_equal(out.matches, 2);
    assert_true(str_ends_with(out.report_path, "/id-1.report.jsonl"));
    assert_true(str_ends_with(out.cleaned_path, "/id-1.jsonl.gz"));
    AUTO_FREE char *left = detect_site_read(out.cleaned_path);
    assert_string_equal(left, "x\n");
    int pid = s->process.process.pid;
    assert_true(worker_processes_run(s->processes, &s->process,
                                     &(job_request){.id = "id-2", .path = clean}, &second, &crashed,
                                     NULL));
    assert_null(second.report_path);
    assert_non_null(second.cleaned_path);
    assert_int_equal(s->process.process.pid, pid); /* the same process */
    assert_int_equal(s->site.job.meter->lines, 4);
}

static void failures_come_back(void **state)
{
    processes_site *s = *state;
    AUTO(job_outcome) out = {0};
    err e = ERR_INIT;
    bool crashed = true;
    assert_false(worker_processes_run(s->processes, &s->process,
                                      &(job_request){.id = "id-1", .path = "/no/such/file"}, &out,
                                      &crashed, &e));
    assert_false(crashed);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.sys_errno, ENOENT);
    assert_non_null(strstr(e.message, "/no/such/file"));
}

static bool run_file(processes_site *s, const char *id, const char *path, job_outcome *out, err *e)
{
    bool crashed = false;
    job_request job = {.id = id, .path = path};
    return worker_processes_run(s->processes, &s->process, &job, out, &crashed, e);
}

/* Not waited for here: it is a child of the fork server. */
static void wait_until_gone(pid_t pid)
{
    AUTO_FREE char *stat = xasprintf("/proc/%d/stat", pid);
    for (bool gone = false; !gone;) {
        char text[256] = "";
        FILE *f = fopen(stat, "re");
        gone = !f || !fgets(text, sizeof text, f) || strstr(text, ") Z") || strstr(text, ") X");
        if (f)
            fclose(f);
        sched_yield();
    }
}

static pid_t fork_server_of(pid_t worker)
{
    AUTO_FREE char *stat = xasprintf("/proc/%d/stat", worker);
    FILE *f = fopen(stat, "re");
    int parent = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*d (%*[^)]) %*c %d", &parent), 1);
    fclose(f);
    return parent;
}

/* It dies between two jobs: the next one is given to another process. */
static void an_idle_death_costs_nothing(void **state)
{
    processes_site *s = *state;
    err e = ERR_INIT;
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) next = {0};
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    assert_true(run_file(s, "id-1", path, &out, NULL));
    pid_t pid = s->process.process.pid;
    assert_int_equal(kill(pid, SIGKILL), 0);
    if (!run_file(s, "id-2", path, &next, &e))
        fail_msg("%s", e.message);
    assert_int_not_equal(s->process.process.pid, pid);
    assert_int_equal(next.matches, 1);
}

/* It is replaced without a new job, twice. */
static void a_dead_fork_server_is_replaced(void **state)
{
    processes_site *s = *state;
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    for (int i = 0; i < 3; i++) {
        AUTO(job_outcome) out = {0};
        err e = ERR_INIT;
        if (!run_file(s, "id-1", path, &out, &e))
            fail_msg("%s", e.message);
        assert_int_equal(out.matches, 1);
        pid_t worker = s->process.process.pid, server = fork_server_of(worker);
        assert_int_equal(kill(server, SIGKILL), 0);
        wait_until_gone(worker); /* killed together with it */
        while (!worker_processes_is_up(s->processes))
            sched_yield();
    }
}

/* A cause that lasts: a fork server ends 1 ms after each start. */
static void restarts_slow_down_and_begin_again_after_a_long_life(void **state)
{
    UNUSED(state);
    fork_restarts r = {.begun_ms = 1000};
    uint64_t now_ms = 1000 + FORK_BRIEF_MS, before_ms = 0;
    unsigned starts = 0;
    assert_int_equal(fork_restarts_pause_ms(&r, now_ms), 0);
    assert_int_equal(r.brief, 0);
    for (uint64_t end_ms = now_ms + 120000; now_ms < end_ms; starts++) {
        r.begun_ms = now_ms++;
        uint64_t pause_ms = fork_restarts_pause_ms(&r, now_ms);
        assert_in_range(pause_ms, MAX(before_ms, (uint64_t)1), FORK_RESTART_MOST_MS);
        before_ms = pause_ms;
        now_ms += pause_ms;
    }
    assert_in_range(starts, FORK_BRIEF_REPORTED, 20);
    assert_int_equal(before_ms, FORK_RESTART_MOST_MS);
    r.begun_ms = now_ms;
    assert_int_equal(fork_restarts_pause_ms(&r, now_ms + FORK_BRIEF_MS), 0);
    r.begun_ms = now_ms;
    assert_int_equal(fork_restarts_pause_ms(&r, now_ms + 1), FORK_RESTART_FIRST_MS);
}

typedef struct held_job {
    processes_site *site;
    const char *path;
    bool ok;
    atomic_bool ended;
    err error;
    job_outcome out;
} held_job;

static void *run_held(void *arg)
{
    held_job *h = arg;
    h->ok = run_file(h->site, "id-9", h->path, &h->out, &h->error);
    h->ended = true;
    return NULL;
}

/* A large file that leaves time to kill its worker; yields the worker's pid. */
static pid_t begin_long_job(processes_site *s, held_job *h, pthread_t *thread)
{
    AUTO(job_outcome) out = {0};
    AUTO_FREE char *small = detect_site_file(&s->site, "small.jsonl", SLICE_LIT(HIT));
    assert_true(run_file(s, "id-0", small, &out, NULL));
    pid_t worker = s->process.process.pid;
    AUTO(buf) text = BUF(1 << 26);
    while (text.len < (size_t)24 << 20)
        buf_append_str(&text, HIT);
    h->site = s;
    h->path = detect_site_file(&s->site, "long.jsonl", buf_slice(&text));
    uint64_t before = atomic_load(&s->site.job.meter->lines);
    assert_int_equal(pthread_create(thread, NULL, run_held, h), 0);
    while (atomic_load(&s->site.job.meter->lines) == before)
        sched_yield();
    return worker;
}

static void a_crash_during_a_job_fails_it(void **state)
{
    processes_site *s = *state;
    held_job h = {0};
    pthread_t thread;
    AUTO_FREE char *another = xasprintf("%s/id-3.report.jsonl.tmp-0123abcd", s->site.report_dir);
    pid_t worker = begin_long_job(s, &h, &thread);
    assert_true(fs_write_file(another, SLICE_LIT("x"), false, NULL));
    assert_int_equal(kill(worker, SIGKILL), 0);
    pthread_join(thread, NULL);
    assert_false(h.ok);
    assert_non_null(strstr(h.error.message, "the job's process was ended by signal 9 (Killed)"));
    assert_true(h.out.process_ended);
    AUTO_FREE char *named = xasprintf("%s/id-9.report.jsonl", s->site.report_dir);
    assert_false(fs_exists(named));
    assert_true(fs_exists(another));
    free((char *)h.path);
}

static void a_job_that_loses_its_fork_server_runs_again(void **state)
{
    processes_site *s = *state;
    held_job h = {0};
    pthread_t thread;
    pid_t worker = begin_long_job(s, &h, &thread);
    assert_int_equal(kill(fork_server_of(worker), SIGKILL), 0);
    pthread_join(thread, NULL);
    if (!h.ok)
        fail_msg("%s", h.error.message);
    assert_int_equal(h.out.lines, h.out.contaminated_lines);
    assert_int_equal(h.out.text_bytes % strlen(HIT), 0);
    job_outcome_deinit(&h.out);
    free((char *)h.path);
}

/* fork() fails in this process while this is set, as when the system is full. */
static atomic_int refuse_forks;
/* Inherited by the processes that this one forks meanwhile. */
static atomic_bool refuse_in_children;
static atomic_int last_child;
static pid_t program;

pid_t fork(void)
{
    if (refuse_forks > 0) {
        refuse_forks--;
        errno = EAGAIN;
        return -1;
    }
    if (refuse_in_children && getpid() != program) {
        errno = EAGAIN;
        return -1;
    }
    pid_t pid = _Fork();
    if (pid > 0)
        last_child = pid;
    return pid;
}

static void it_is_down_until_it_can_fork(void **state)
{
    processes_site *s = *state;
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) next = {0};
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    assert_true(run_file(s, "id-1", path, &out, NULL));
    assert_true(worker_processes_is_up(s->processes));
    refuse_forks = 1000;
    assert_int_equal(kill(fork_server_of(s->process.process.pid), SIGKILL), 0);
    while (worker_processes_is_up(s->processes))
        sched_yield();
    refuse_forks = 0;
    err e = ERR_INIT;
    if (!run_file(s, "id-2", path, &next, &e))
        fail_msg("%s", e.message);
    assert_true(worker_processes_is_up(s->processes));
}

/* The fork server is alive and has no worker left. */
static void it_is_down_while_no_worker_can_be_forked(void **state)
{
    processes_site *s = *state;
    held_job h = {.site = s};
    pthread_t thread;
    h.path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    worker_processes_free(s->processes);
    program = getpid();
    refuse_in_children = true;
    s->processes = worker_processes_start(&s->site.job, s->site.index, NULL);
    refuse_in_children = false;
    assert_true(worker_processes_is_up(s->processes)); /* as far as the server knows */
    assert_int_equal(pthread_create(&thread, NULL, run_held, &h), 0);
    while (worker_processes_is_up(s->processes) && !h.ended)
        sched_yield();
    assert_false(h.ended);
    assert_int_equal(kill(last_child, SIGKILL), 0);
    pthread_join(thread, NULL);
    if (!h.ok)
        fail_msg("%s", h.error.message);
    assert_true(worker_processes_is_up(s->processes));
    job_outcome_deinit(&h.out);
    free((char *)h.path);
}

/* It is stopped before the job comes, so that it never begins; the other one does the next job. */
static void a_job_that_takes_too_long_is_ended(void **state)
{
    processes_site *s = *state;
    err e = ERR_INIT;
    AUTO(job_outcome) first = {0};
    AUTO(job_outcome) late = {0};
    AUTO(job_outcome) next = {0};
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    assert_true(run_file(s, "id-1", path, &first, NULL));
    pid_t pid = s->process.process.pid;
    assert_int_equal(kill(pid, SIGSTOP), 0);
    s->site.job.time_limit_ms = 1;
    assert_false(run_file(s, "id-2", path, &late, &e));
    assert_int_equal(e.code, ERR_JOB_FAILED);
    assert_true(str_starts_with(e.message, path));
    assert_non_null(strstr(e.message, "not finished within 0.001 s"));
    assert_non_null(strstr(e.message, "raise job_time_limit"));
    assert_false(late.process_ended); /* the limit ended it */
    wait_until_gone(pid);
    s->site.job.time_limit_ms = 0;
    assert_true(run_file(s, "id-3", path, &next, NULL));
    assert_int_equal(next.matches, 1);
}

static void the_time_of_a_job_grows_with_its_text(void **state)
{
    UNUSED(state);
    job_settings s = {.time_limit_ms = 600000};
    assert_int_equal(job_limits_time_ms(&s, 0), 600000);
    assert_int_equal(job_limits_time_ms(&s, 999), 600000);
    assert_int_equal(job_limits_time_ms(&s, 1000000), 601000);
    assert_int_equal(job_limits_time_ms(&s, UINT64_C(1000000000000)), 1000600000);
}

/* With sanitizers the limit applies to one allocation, otherwise to the whole process. */
static void a_job_that_needs_too_much_memory_fails_alone(void **state)
{
    processes_site *s = *state;
    err e = ERR_INIT;
    AUTO(buf) line = BUF(1 << 26);
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) next = {0};
    AUTO_FREE char *small = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    buf_append_str(&line, "{\"text\":\"");
    while (line.len < (size_t)48 << 20)
        buf_append_str(&line, "grey stones lie by the mill and wait ");
    buf_append_str(&line, "\"}\n");
    AUTO_FREE char *large = detect_site_file(&s->site, "g.jsonl", buf_slice(&line));
    s->site.job.max_line_bytes = (size_t)64 << 20;
    s->site.job.codec_memory_bytes = 1;
    s->site.job.memory_bytes = (size_t)16 << 20;
    worker_processes *limited = worker_processes_start(&s->site.job, s->site.index, NULL);
    job_process member = {.fd = -1};
    bool crashed = false;
    assert_false(worker_processes_run(limited, &member, &(job_request){.id = "id-1", .path = large},
                                      &out, &crashed, &e));
    assert_true(crashed);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_true(str_starts_with(e.message, large));
    assert_non_null(
        strstr(e.message, "needs more memory than job_memory (16 MiB); raise job_memory"));
    assert_true(worker_processes_run(limited, &member, &(job_request){.id = "id-2", .path = small},
                                     &next, &crashed, &e));
    assert_int_equal(next.matches, 1);
    job_process_deinit(&member);
    worker_processes_free(limited);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(outcomes_come_back),
        TEST(failures_come_back),
        TEST(an_idle_death_costs_nothing),
        TEST(a_dead_fork_server_is_replaced),
        cmocka_unit_test(restarts_slow_down_and_begin_again_after_a_long_life),
        TEST(a_crash_during_a_job_fails_it),
        TEST(a_job_that_loses_its_fork_server_runs_again),
        TEST(it_is_down_until_it_can_fork),
        TEST(it_is_down_while_no_worker_can_be_forked),
        TEST(a_job_that_takes_too_long_is_ended),
        TEST(the_time_of_a_job_grows_with_its_text),
        TEST(a_job_that_needs_too_much_memory_fails_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
