/* orchestrator/fleet: which host this is, by options, PMR_* and the variables of schedulers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "orchestrator/fleet/host_share.h"

static const char *const *environment; /* "NAME=value", ... NULL */

static const char *fake_env(const char *name)
{
    size_t len = strlen(name);
    for (const char *const *row = environment; *row; row++)
        if (strncmp(*row, name, len) == 0 && (*row)[len] == '=')
            return *row + len + 1;
    return NULL;
}

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ENV   ((const char *const[]){NULL})

static bool find(const char *const *env, host_share_options o, host_share *out, err *e)
{
    environment = env;
    return host_share_find(&o, fake_env, out, e);
}

static void expect_host(const char *const *env, unsigned index, unsigned count, const char *source)
{
    AUTO(host_share) s = {0};
    err e = ERR_INIT;
    if (!find(env, (host_share_options){0}, &s, &e))
        fail_msg("%s", e.message);
    assert_true(s.given);
    assert_int_equal(s.index, index);
    assert_int_equal(s.count, count);
    assert_string_equal(s.source, source);
}

static void expect_only_host(const char *const *env)
{
    AUTO(host_share) s = {0};
    err e = ERR_INIT;
    if (!find(env, (host_share_options){0}, &s, &e))
        fail_msg("%s", e.message);
    assert_false(s.given);
    assert_null(s.source);
    assert_int_equal(s.index, 0);
    assert_int_equal(s.count, 1);
}

/* The error contains all of `parts` and has exit status 2. */
static void expect_refused(const char *const *env, host_share_options o, const char *const *parts)
{
    AUTO(host_share) s = {0};
    err e = ERR_INIT;
    if (find(env, o, &s, &e))
        fail_msg("taken for host %u of %u (%s), expected: %s", s.index, s.count,
                 s.source ? s.source : "-", parts[0]);
    assert_int_equal(err_exit_status(&e), 2);
    for (; *parts; parts++)
        if (!strstr(e.message, *parts))
            fail_msg("'%s' is not in: %s", *parts, e.message);
}

#define refused(env, ...) expect_refused((env), (host_share_options){0}, ENV(__VA_ARGS__))

static void each_scheduler_with_a_count_is_understood(void **state)
{
    UNUSED(state);
    static const struct {
        const char *index, *count;
    } rows[] = {
        {"PMR_HOST_INDEX", "PMR_HOST_COUNT"},
        {"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"},
        {"AWS_BATCH_JOB_NODE_INDEX", "AWS_BATCH_JOB_NUM_NODES"},
        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
        {"PMI_RANK", "PMI_SIZE"},
        {"RANK", "WORLD_SIZE"},
        {"BATCH_TASK_INDEX", "BATCH_TASK_COUNT"},
        {"CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *index = xasprintf("%s=3", rows[i].index);
        AUTO_FREE char *count = xasprintf("%s=4", rows[i].count);
        AUTO_FREE char *empty = xasprintf("%s=", rows[i].index);
        AUTO_FREE char *undefined = xasprintf("%s=undefined", rows[i].index);
        AUTO_FREE char *beyond = xasprintf("%s=4", rows[i].index);
        AUTO_FREE char *no_count = xasprintf("%s=undefined", rows[i].count);
        AUTO_FREE char *source = xasprintf("%s, %s", index, count);
        expect_host(ENV(index, count), 3, 4, source);
        refused(ENV(index), rows[i].index, "--single");
        refused(ENV(count), rows[i].count, "--single");
        refused(ENV(empty, count), rows[i].index, "is empty", "--single");
        refused(ENV(undefined, count), rows[i].index, "=undefined is not a number");
        refused(ENV(index, no_count), rows[i].count, "=undefined is not a number");
        refused(ENV(beyond, count), "host index 4 is not below the host count 4");
    }
}

static void an_index_without_a_count_needs_one(void **state)
{
    UNUSED(state);
    expect_host(ENV("JOB_COMPLETION_INDEX=5", "PMR_HOST_COUNT=6"), 5, 6,
                "JOB_COMPLETION_INDEX=5, PMR_HOST_COUNT=6");
    expect_host(ENV("NOMAD_ALLOC_INDEX=0", "PMR_HOST_COUNT=2"), 0, 2,
                "NOMAD_ALLOC_INDEX=0, PMR_HOST_COUNT=2");
    refused(ENV("JOB_COMPLETION_INDEX=0"), "JOB_COMPLETION_INDEX=0 (Kubernetes Indexed Job)",
            "PMR_HOST_COUNT=<completions of the Job>", "--single");
    refused(ENV("NOMAD_ALLOC_INDEX=0"), "PMR_HOST_COUNT=<count of the group>");
    refused(ENV("JOB_COMPLETION_INDEX=6", "PMR_HOST_COUNT=6"), "not below");
    refused(ENV("JOB_COMPLETION_INDEX=", "PMR_HOST_COUNT=6"), "JOB_COMPLETION_INDEX is empty");
    refused(ENV("JOB_COMPLETION_INDEX=1", "PMR_HOST_COUNT="), "PMR_HOST_COUNT is empty");
    refused(ENV("JOB_COMPLETION_INDEX=1", "PMR_HOST_COUNT=undefined"), "PMR_HOST_COUNT=undefined");
}

static void the_count_of_pmr_goes_with_the_index_of_a_scheduler(void **state)
{
    UNUSED(state);
    expect_host(ENV("AWS_BATCH_JOB_ARRAY_INDEX=2", "PMR_HOST_COUNT=8"), 2, 8,
                "AWS_BATCH_JOB_ARRAY_INDEX=2, PMR_HOST_COUNT=8");
    expect_host(ENV("RANK=1", "WORLD_SIZE=2", "PMR_HOST_COUNT=2"), 1, 2,
                "RANK=1, WORLD_SIZE=2, PMR_HOST_COUNT=2");
    /* Shares 4 to 7 would belong to no task. */
    refused(ENV("AWS_BATCH_JOB_ARRAY_INDEX=2", "AWS_BATCH_JOB_ARRAY_SIZE=4", "PMR_HOST_COUNT=8"),
            "PMR_HOST_COUNT=8 and AWS_BATCH_JOB_ARRAY_SIZE=4", "unset PMR_HOST_COUNT");
    refused(ENV("PMR_HOST_INDEX=1", "WORLD_SIZE=4"), "PMR_HOST_COUNT is not");
    refused(ENV("PMR_HOST_COUNT=4"), "PMR_HOST_INDEX is not", "--single");
}

static void a_slurm_array_counts_from_its_first_task(void **state)
{
    UNUSED(state);
    expect_host(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=4", "SLURM_ARRAY_TASK_MIN=1",
                    "SLURM_ARRAY_TASK_MAX=4", "SLURM_ARRAY_TASK_STEP=1"),
                2, 4,
                "SLURM_ARRAY_TASK_ID=3, SLURM_ARRAY_TASK_COUNT=4, SLURM_ARRAY_TASK_MIN=1, "
                "SLURM_ARRAY_TASK_MAX=4, SLURM_ARRAY_TASK_STEP=1");
    expect_host(ENV("SLURM_ARRAY_TASK_ID=10", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=2",
                    "SLURM_ARRAY_TASK_MAX=10", "SLURM_ARRAY_TASK_STEP=4"),
                2, 3,
                "SLURM_ARRAY_TASK_ID=10, SLURM_ARRAY_TASK_COUNT=3, SLURM_ARRAY_TASK_MIN=2, "
                "SLURM_ARRAY_TASK_MAX=10, SLURM_ARRAY_TASK_STEP=4");
    expect_host(ENV("SLURM_ARRAY_TASK_ID=7", "PMR_HOST_COUNT=24"), 7, 24,
                "SLURM_ARRAY_TASK_ID=7, PMR_HOST_COUNT=24");
}

static void a_slurm_array_with_gaps_is_refused(void **state)
{
    UNUSED(state);
    /* --array=1,3,9 */
    refused(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=1",
                "SLURM_ARRAY_TASK_MAX=9", "SLURM_ARRAY_TASK_STEP=1"),
            "has gaps", "PMR_HOST_INDEX=3 and PMR_HOST_COUNT=<hosts>");
    refused(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=1",
                "SLURM_ARRAY_TASK_MAX=9", "SLURM_ARRAY_TASK_STEP=1", "PMR_HOST_COUNT=9"),
            "has gaps");
    refused(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=5", "SLURM_ARRAY_TASK_MIN=0",
                "SLURM_ARRAY_TASK_MAX=8", "SLURM_ARRAY_TASK_STEP=2"),
            "has gaps"); /* 3 is none of 0, 2, 4, 6, 8 */
    refused(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=5"), "has gaps");
    refused(ENV("SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_COUNT=5", "SLURM_ARRAY_TASK_MIN=0",
                "SLURM_ARRAY_TASK_MAX=4", "SLURM_ARRAY_TASK_STEP=0"),
            "has gaps");
    refused(ENV("SLURM_ARRAY_TASK_ID=3"), "SLURM_ARRAY_TASK_ID=3", "PMR_HOST_COUNT=<hosts>");
}

static void a_slurm_batch_script_is_not_a_step(void **state)
{
    UNUSED(state);
    expect_only_host(ENV("SLURM_PROCID=0", "SLURM_NTASKS=4", "SLURM_JOB_ID=7"));
    expect_only_host(ENV("SLURM_PROCID=0", "SLURM_NTASKS=4", "SLURM_STEP_ID=4294967291"));
    /* srun of one task */
    expect_only_host(ENV("SLURM_PROCID=0", "SLURM_NTASKS=1", "SLURM_STEP_ID=0"));
    expect_only_host(
        ENV("SLURM_PROCID=0", "SLURM_NTASKS=4", "SLURM_STEP_ID=0", "SLURM_STEP_NUM_TASKS=1"));
    expect_host(ENV("SLURM_PROCID=2", "SLURM_NTASKS=4", "SLURM_STEP_ID=0"), 2, 4,
                "SLURM_PROCID=2, SLURM_NTASKS=4");
    expect_host(ENV("SLURM_PROCID=2", "SLURM_NTASKS=4", "SLURM_STEPID=3"), 2, 4,
                "SLURM_PROCID=2, SLURM_NTASKS=4");
    refused(ENV("SLURM_PROCID=0", "SLURM_STEP_ID=0"), "SLURM_PROCID=0", "there is no count");
    /* An array whose script has SLURM_PROCID=0: only the array counts. */
    expect_host(ENV("SLURM_PROCID=0", "SLURM_NTASKS=1", "SLURM_ARRAY_TASK_ID=0",
                    "SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_MAX=1",
                    "SLURM_ARRAY_TASK_STEP=1"),
                0, 2,
                "SLURM_ARRAY_TASK_ID=0, SLURM_ARRAY_TASK_COUNT=2, SLURM_ARRAY_TASK_MIN=0, "
                "SLURM_ARRAY_TASK_MAX=1, SLURM_ARRAY_TASK_STEP=1");
}

#define ARRAY_AND_STEP                                                                             \
    "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_MIN=0",                 \
        "SLURM_ARRAY_TASK_MAX=1", "SLURM_ARRAY_TASK_STEP=1", "SLURM_PROCID=1", "SLURM_NTASKS=2",   \
        "SLURM_STEP_ID=0"

static void two_schedulers_are_refused_unless_pmr_decides(void **state)
{
    UNUSED(state);
    refused(ENV(ARRAY_AND_STEP), "SLURM_ARRAY_TASK_ID (Slurm array)", "SLURM_PROCID (Slurm step)",
            "PMR_HOST_INDEX=$SLURM_ARRAY_TASK_ID");
    refused(ENV(ARRAY_AND_STEP, "PMR_HOST_COUNT=2"), "two schedulers");
    expect_host(ENV(ARRAY_AND_STEP, "PMR_HOST_INDEX=3", "PMR_HOST_COUNT=4"), 3, 4,
                "PMR_HOST_INDEX=3, PMR_HOST_COUNT=4");
    refused(ENV("JOB_COMPLETION_INDEX=1", "RANK=1", "WORLD_SIZE=2"), "JOB_COMPLETION_INDEX",
            "RANK");
}

static void options_are_above_all(void **state)
{
    UNUSED(state);
    AUTO(host_share) s = {0};
    err e = ERR_INIT;
    host_share_options both = {.index_given = true, .count_given = true, .index = 1, .count = 9};
    assert_true(
        find(ENV(ARRAY_AND_STEP, "PMR_HOST_INDEX=undefined", "PMR_HOST_COUNT="), both, &s, &e));
    assert_int_equal(s.index, 1);
    assert_int_equal(s.count, 9);
    assert_string_equal(s.source, "--host-index 1, --host-count 9");
    AUTO(host_share) alone = {0};
    assert_true(
        find(ENV("JOB_COMPLETION_INDEX=3"), (host_share_options){.single = true}, &alone, &e));
    assert_int_equal(alone.index, 0);
    assert_int_equal(alone.count, 1);
    assert_string_equal(alone.source, "--single");
}

static void half_of_the_options_is_refused(void **state)
{
    UNUSED(state);
    expect_refused(ENV("PMR_HOST_COUNT=4"), (host_share_options){.index_given = true, .index = 2},
                   ENV("--host-count", "--host-index 2"));
    expect_refused(ENV("JOB_COMPLETION_INDEX=2"),
                   (host_share_options){.count_given = true, .count = 4},
                   ENV("--host-index", "--host-count 4"));
    expect_refused(NO_ENV,
                   (host_share_options){.index_given = true, .count_given = true, .count = 0},
                   ENV("not below"));
    expect_refused(NO_ENV, (host_share_options){.single = true, .count_given = true, .count = 2},
                   ENV("--single contradicts --host-count"));
}

static void without_a_variable_this_is_the_only_host(void **state)
{
    UNUSED(state);
    expect_only_host(NO_ENV);
    expect_only_host(ENV("SLURM_JOB_ID=4", "AWS_BATCH_JOB_ID=x"));
}

static void numbers_are_whole_and_in_range(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {"PMR_HOST_INDEX=-1",  "PMR_HOST_INDEX=+1",
                                      "PMR_HOST_INDEX= 1",  "PMR_HOST_INDEX=1.0",
                                      "PMR_HOST_INDEX=0x1", "PMR_HOST_INDEX=99999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(ENV(bad[i], "PMR_HOST_COUNT=4"), bad[i], "is not a number");
    refused(ENV("PMR_HOST_INDEX=0", "PMR_HOST_COUNT=0"), "PMR_HOST_COUNT=0 is not a number from 1");
    refused(ENV("PMR_HOST_INDEX=0", "PMR_HOST_COUNT=1000001"), "is not a number from 1 to 1000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scheduler_with_a_count_is_understood),
        cmocka_unit_test(an_index_without_a_count_needs_one),
        cmocka_unit_test(the_count_of_pmr_goes_with_the_index_of_a_scheduler),
        cmocka_unit_test(a_slurm_array_counts_from_its_first_task),
        cmocka_unit_test(a_slurm_array_with_gaps_is_refused),
        cmocka_unit_test(a_slurm_batch_script_is_not_a_step),
        cmocka_unit_test(two_schedulers_are_refused_unless_pmr_decides),
        cmocka_unit_test(options_are_above_all),
        cmocka_unit_test(half_of_the_options_is_refused),
        cmocka_unit_test(without_a_variable_this_is_the_only_host),
        cmocka_unit_test(numbers_are_whole_and_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
