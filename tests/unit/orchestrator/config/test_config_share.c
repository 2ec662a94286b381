/* orchestrator/config: malformed and half-set variables of a share, with hash and with claim. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/util.h"
#include "decon/base/buf.h"
#include "orchestrator/config/config.h"

#define VARIABLES_MAX 8

typedef struct variable {
    const char *name, *value;
} variable;

static variable variables[VARIABLES_MAX];

static const char *fake_env(const char *name)
{
    for (size_t i = 0; i < VARIABLES_MAX && variables[i].name; i++)
        if (str_equal(variables[i].name, name))
            return variables[i].value;
    return NULL;
}

static bool load(config *c, bool claims, const char *words, err *e)
{
    char *argv[] = {(char *)"decon-orchestrator", (char *)"--remote-file-input=s3://b/data",
                    (char *)"--remote-report-output-dir=s3://b/out",
                    (char *)(uintptr_t)(claims ? "--distribution=claim" : "--distribution=hash"),
                    (char *)(uintptr_t)words};
    return config_load(words ? 5 : 4, argv, fake_env, c, e);
}

/* The message names the variable, and says how to correct it. */
static void expect_refused(const char *name, const char *value)
{
    for (int claims = 0; claims < 2; claims++) {
        AUTO(config) c = {0};
        err e = ERR_INIT;
        const char *how = claims ? "claim" : "hash";
        if (load(&c, claims, NULL, &e))
            fail_msg("%s, %s=%s: accepted", how, name, value);
        if (err_exit_status(&e) != 2 || !strstr(e.message, name))
            fail_msg("%s, %s=%s: %s", how, name, value, e.message);
        if (!strstr(e.message, "unset") && !strstr(e.message, "indexes go from 0"))
            fail_msg("%s, %s=%s: without advice: %s", how, name, value, e.message);
    }
}

static const char *const malformed[] = {
    "",    "-1",  "+1",        "1.0",     "0x1",
    " 1",  "1 ",  "\t1",       "1,2",     "one",
    "1e1", "nan", "undefined", "1000001", "99999999999999999999"};

/* In each pair one value is malformed, or out of range. */
static const struct {
    const char *index, *count;
    variable more[3];
} pairs[] = {
    {"PMR_HOST_INDEX", "PMR_HOST_COUNT", {{0}}},
    {"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", {{0}}},
    {"AWS_BATCH_JOB_NODE_INDEX", "AWS_BATCH_JOB_NUM_NODES", {{0}}},
    {"JOB_COMPLETION_INDEX", "PMR_HOST_COUNT", {{0}}},
    {"SLURM_ARRAY_TASK_ID",
     "SLURM_ARRAY_TASK_COUNT",
     {{"SLURM_ARRAY_TASK_MIN", "0"},
      {"SLURM_ARRAY_TASK_MAX", "3"},
      {"SLURM_ARRAY_TASK_STEP", "1"}}},
    {"SLURM_PROCID", "SLURM_NTASKS", {{"SLURM_STEP_ID", "0"}}},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", {{0}}},
    {"PMI_RANK", "PMI_SIZE", {{0}}},
    {"RANK", "WORLD_SIZE", {{0}}},
    {"NOMAD_ALLOC_INDEX", "PMR_HOST_COUNT", {{0}}},
    {"BATCH_TASK_INDEX", "BATCH_TASK_COUNT", {{0}}},
    {"CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT", {{0}}},
};

static void set_pair(size_t row, const char *index, const char *count)
{
    memset(variables, 0, sizeof variables);
    variables[0] = (variable){pairs[row].index, index};
    variables[1] = (variable){pairs[row].count, count};
    memcpy(variables + 2, pairs[row].more, sizeof pairs[row].more);
}

static void a_malformed_value_is_refused_in_each_variable(void **state)
{
    UNUSED(state);
    for (size_t row = 0; row < ARRAY_LEN(pairs); row++) {
        for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
            set_pair(row, malformed[i], "4");
            expect_refused(pairs[row].index, malformed[i]);
            set_pair(row, "3", malformed[i]);
            expect_refused(pairs[row].count, malformed[i]);
        }
        set_pair(row, "0", "0");
        expect_refused(pairs[row].count, "0");
    }
}

static void the_bounds_of_an_array_are_numbers(void **state)
{
    UNUSED(state);
    for (size_t bound = 2; bound < 5; bound++)
        for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
            set_pair(4, "3", "4");
            variables[bound].value = malformed[i];
            expect_refused(variables[bound].name, malformed[i]);
        }
}

static void a_malformed_count_without_an_index_is_refused(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
        memset(variables, 0, sizeof variables);
        variables[0] = (variable){"PMR_HOST_COUNT", malformed[i]};
        expect_refused("PMR_HOST_COUNT", malformed[i]);
    }
    variables[0].value = "0";
    expect_refused("PMR_HOST_COUNT", "0");
}

static void a_malformed_count_beside_the_option_of_an_index_is_refused(void **state)
{
    UNUSED(state);
    static const char *const more[] = {"0", "1000001", "1000000000000000000"};
    for (size_t i = 0; i < ARRAY_LEN(malformed) + ARRAY_LEN(more); i++) {
        AUTO(config) c = {0};
        err e = ERR_INIT;
        size_t k = i - MIN(i, ARRAY_LEN(malformed));
        memset(variables, 0, sizeof variables);
        variables[0] =
            (variable){"PMR_HOST_COUNT", i < ARRAY_LEN(malformed) ? malformed[i] : more[k]};
        if (load(&c, true, "--host-index=5", &e))
            fail_msg("'%s' was accepted", variables[0].value);
        assert_non_null(strstr(e.message, "PMR_HOST_COUNT"));
    }
}

static void an_index_that_is_not_below_the_count_is_refused(void **state)
{
    UNUSED(state);
    for (size_t row = 0; row < ARRAY_LEN(pairs); row++) {
        if (str_equal(pairs[row].index, "SLURM_ARRAY_TASK_ID"))
            continue; /* its tasks need not begin at 0 */
        set_pair(row, "4", "4");
        expect_refused(pairs[row].index, "4");
    }
}

/* Hosts that claim their work need no number. Their count, where it is known, gives the number of slices. */
static void half_a_pair_is_enough_for_claims_only(void **state)
{
    UNUSED(state);
    static const struct {
        variable set[VARIABLES_MAX];
        const char *option;
        int hosts;
        const char *source;
    } rows[] = {
        {{{"PMR_HOST_COUNT", "70"}}, NULL, 70, "PMR_HOST_COUNT"},
        {{{"PMR_HOST_INDEX", "3"}}, NULL, 1, NULL},
        {{{"JOB_COMPLETION_INDEX", "3"}}, NULL, 1, NULL},
        {{{"AWS_BATCH_JOB_ARRAY_SIZE", "4"}}, NULL, 1, NULL},
        {{{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}, NULL, 1, NULL},
        {{{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"PMR_HOST_COUNT", "8"}}, NULL, 8, "PMR_HOST_COUNT"},
        {{{"SLURM_ARRAY_TASK_ID", "9"},
          {"SLURM_ARRAY_TASK_COUNT", "3"},
          {"SLURM_ARRAY_TASK_MIN", "1"},
          {"SLURM_ARRAY_TASK_MAX", "9"},
          {"SLURM_ARRAY_TASK_STEP", "1"}},
         NULL,
         1,
         NULL},
        {{{"PMR_HOST_COUNT", "one"}}, "--host-count=5", 5, "--host-count"},
        {{{"PMR_HOST_COUNT", "7"}}, "--host-index=5", 7, "PMR_HOST_COUNT"},
        {{{0}}, "--host-index=5", 1, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        memcpy(variables, rows[i].set, sizeof variables);
        AUTO(config) refused = {0};
        AUTO(config) c = {0};
        err e = ERR_INIT;
        if (load(&refused, false, rows[i].option, &e))
            fail_msg("row %zu: accepted with hash", i);
        if (!load(&c, true, rows[i].option, &e))
            fail_msg("row %zu: %s", i, e.message);
        assert_int_equal(c.claim_hosts, rows[i].hosts);
        if (rows[i].source)
            assert_string_equal(c.share_source, rows[i].source);
        else
            assert_null(c.share_source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_malformed_value_is_refused_in_each_variable),
        cmocka_unit_test(the_bounds_of_an_array_are_numbers),
        cmocka_unit_test(a_malformed_count_without_an_index_is_refused),
        cmocka_unit_test(a_malformed_count_beside_the_option_of_an_index_is_refused),
        cmocka_unit_test(an_index_that_is_not_below_the_count_is_refused),
        cmocka_unit_test(half_a_pair_is_enough_for_claims_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
