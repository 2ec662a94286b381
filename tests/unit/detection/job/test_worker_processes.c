/* Jobs in processes of their own: their outcomes, their failures, and what a crash leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "decon/base/fsutil.h"
#include "decon/base/log.h"
#include "detection/job/worker_processes.h"
#include "tests/fake/detect_site.h"

static const char *const quiz[] = {
    "{\"doc_id\":7,\"question\":\"Which river flows through the old town of Lindow?\"}",
    "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}", NULL};
#define HIT "{\"text\":\"Ask: how many eggs does the brown hen lay each week?\"}\n"

typedef struct crew_site {
    detect_site site;
    crew *crew;
    crew_member member;
} crew_site;

static int set_up(void **state)
{
    crew_site *s = xcalloc(1, sizeof *s);
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    detect_site_init(&s->site);
    detect_site_index(&s->site, quiz);
    s->site.job.meter = crew_meter_new();
    s->crew = crew_start(&s->site.job, s->site.index, NULL);
    s->member.fd = -1;
    *state = s;
    return s->crew ? 0 : -1;
}

static int tear_down(void **state)
{
    crew_site *s = *state;
    crew_member_deinit(&s->member);
    crew_free(s->crew);
    crew_meter_free(s->site.job.meter);
    detect_site_deinit(&s->site);
    free(s);
    return 0;
}

static void outcomes_come_back(void **state)
{
    crew_site *s = *state;
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) second = {0};
    bool crashed = true;
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT HIT "x\n"));
    AUTO_FREE char *clean = detect_site_file(&s->site, "g.jsonl", SLICE_LIT("{\"text\":\"x\"}\n"));
    assert_true(crew_run(s->crew, &s->member,
                         &(job_request){.id = "id-1", .path = path, .lenient = true}, &out,
                         &crashed, NULL));
    assert_false(crashed);
    assert_int_equal(out.lines, 3);
    assert_int_equal(out.matches, 2);
    assert_true(str_ends_with(out.report_path, "/id-1.report.jsonl"));
    assert_true(str_ends_with(out.cleaned_path, "/id-1.jsonl.gz"));
    AUTO_FREE char *left = detect_site_read(out.cleaned_path);
    assert_string_equal(left, "x\n");
    int pid = s->member.pid;
    assert_true(crew_run(s->crew, &s->member, &(job_request){.id = "id-2", .path = clean}, &second,
                         &crashed, NULL));
    assert_null(second.report_path);
    assert_non_null(second.cleaned_path);
    assert_int_equal(s->member.pid, pid); /* the same process */
    assert_int_equal(s->site.job.meter->lines, 4);
}

static void failures_come_back(void **state)
{
    crew_site *s = *state;
    AUTO(job_outcome) out = {0};
    err e = ERR_INIT;
    bool crashed = true;
    assert_false(crew_run(s->crew, &s->member,
                          &(job_request){.id = "id-1", .path = "/no/such/file"}, &out, &crashed,
                          &e));
    assert_false(crashed);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.sys_errno, ENOENT);
    assert_non_null(strstr(e.message, "/no/such/file"));
}

/* It dies between two jobs here; the end-to-end test has it die within one. */
static void a_process_that_died_is_replaced(void **state)
{
    crew_site *s = *state;
    err e = ERR_INIT;
    bool crashed = false;
    AUTO(job_outcome) out = {0};
    AUTO(job_outcome) next = {0};
    AUTO_FREE char *path = detect_site_file(&s->site, "f.jsonl", SLICE_LIT(HIT));
    assert_true(crew_run(s->crew, &s->member, &(job_request){.id = "id-1", .path = path}, &out,
                         &crashed, NULL));
    /* What it would have left of its next job. */
    AUTO_FREE char *unfinished = xasprintf("%s/id-2.report.jsonl.tmp-0123abcd", s->site.report_dir);
    AUTO_FREE char *another = xasprintf("%s/id-3.report.jsonl.tmp-0123abcd", s->site.report_dir);
    AUTO_FREE char *named = xasprintf("%s/id-2.report.jsonl", s->site.report_dir);
    assert_true(fs_write_file(unfinished, SLICE_LIT("x"), false, NULL));
    assert_true(fs_write_file(another, SLICE_LIT("x"), false, NULL));
    assert_true(fs_write_file(named, SLICE_LIT("x"), false, NULL));
    int pid = s->member.pid;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_false(crew_run(s->crew, &s->member, &(job_request){.id = "id-2", .path = path}, &next,
                          &crashed, &e));
    assert_true(crashed);
    assert_non_null(strstr(e.message, "the job's process was ended by signal 9 (Killed)"));
    assert_false(fs_exists(unfinished));
    assert_false(fs_exists(named));
    assert_true(fs_exists(another));
    assert_true(crew_run(s->crew, &s->member, &(job_request){.id = "id-2", .path = path}, &next,
                         &crashed, NULL));
    assert_int_not_equal(s->member.pid, pid);
    assert_int_equal(next.matches, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(outcomes_come_back),
        TEST(failures_come_back),
        TEST(a_process_that_died_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
