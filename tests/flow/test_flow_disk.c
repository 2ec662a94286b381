/* Whole runs whose disk is too small, or becomes full. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "orchestrator/local/workdir.h"

/* Simulates a full disk for files whose path ends in this. */
static const char *full_for;

static bool is_full_for(int fd)
{
    char name[32], path[PATH_MAX];
    if (!full_for)
        return false;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, path, sizeof path - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    return str_ends_with(path, full_for);
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (!is_full_for(fd))
        return syscall(SYS_write, fd, data, len);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    if (!is_full_for(fd))
        return syscall(SYS_pwrite64, fd, data, len, offset);
    errno = ENOSPC;
    return -1;
}

static void an_object_larger_than_the_disk_fails_alone(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->huge = "vast";
    world_add(w, "vast.jsonl", GOOD); /* the largest, so its turn comes first */
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl.gz", BAD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->downloads, 2); /* no byte of it */
    expect_log(w, "s3://b/data/vast.jsonl: 1 PiB do not fit on the disk");
    expect_log(w, "Clean=1 Contaminated=1 Failed=1");
    expect_nothing_left(w);
    world_free(w);
}

static void all_that_are_larger_fail(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->huge = "a";
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD);
    expect_status(w, NULL, 3);
    assert_int_equal(w->downloads, 0);
    expect_log(w, "Failed=2");
    expect_log(w, "WORK COMPLETE EXITING");
    world_free(w);
}

static void a_disk_that_becomes_full_fails_only_the_file(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl.zst", BAD GOOD); /* encoded again: the server writes gzip */
    world_add(w, "b.jsonl.gz", BAD GOOD);
    world_add(w, "c.jsonl", GOOD);
    full_for = "/" WORKDIR_RECODED;
    expect_status(w, NULL, 3);
    full_for = NULL;
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_non_null(world_find(w, "rep/b.report.jsonl"));
    assert_non_null(world_find(w, "rep/c.clean"));
    expect_log(w, "No space left");
    expect_log(w, "Failed=1");
    expect_log(w, "WORK COMPLETE EXITING");
    expect_nothing_left(w); /* other processes fill the disk */
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    expect_nothing_left(w);
    world_free(w);
}

static void a_download_without_disk_space_fails_alone(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD);
    full_for = "/part";
    expect_status(w, NULL, 3);
    full_for = NULL;
    expect_log(w, "Failed=2");
    expect_log(w, "WORK COMPLETE EXITING");
    expect_nothing_left(w);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_larger_than_the_disk_fails_alone),
        cmocka_unit_test(all_that_are_larger_fail),
        cmocka_unit_test(a_disk_that_becomes_full_fails_only_the_file),
        cmocka_unit_test(a_download_without_disk_space_fails_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
