/* Allowed thresholds, and matches that count. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "detection/rejudge/rules.h"
#include "tests/fake/detect_site.h"

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

/* The settings of a folder with this batch record. */
static run_settings settings_of(detect_site *s, const char *settings)
{
    run_settings out;
    AUTO_FREE char *text = xasprintf("{\"settings\":%s}", settings);
    AUTO_FREE char *dir = xasprintf("%s/_decon", s->dir);
    AUTO_FREE char *path = xasprintf("%s/detect.json", dir);
    assert_true(fs_make_dirs(dir, NULL));
    assert_true(fs_write_file(path, slice_from(text), false, NULL));
    run_settings_read_scan(&out, NULL, s->dir);
    return out;
}

static void thresholds_that_the_scan_allows(void **state)
{
    static const struct {
        const char *settings;
        double threshold, scan_threshold;
        const char *want; /* part of the message; NULL: allowed */
    } rows[] = {
        {"{\"contamination_score_threshold\":0.8}", -1, -1, NULL},
        {"{\"contamination_score_threshold\":0.8}", 0.9, -1, NULL},
        {"{\"contamination_score_threshold\":0.8}", 0.79, -1, "its threshold of 0.8"},
        {"{\"contamination_score_threshold\":0.8,\"report_threshold\":0.5}", 0.5, -1, NULL},
        {"{\"contamination_score_threshold\":0.8,\"report_threshold\":0.5}", 0.49, -1,
         "its report_threshold of 0.5"},
        {"{\"contamination_score_threshold\":0.8,\"report_threshold\":0.5}", 0.7, 0.8, NULL},
        {"{\"contamination_score_threshold\":0.8,\"report_threshold\":0.5}", 0.3, 0.8,
         "its report_threshold of 0.5"},
        {"{\"contamination_score_threshold\":0.8}", 0.3, 0.2,
         "--scan-threshold 0.2: the folder's record (_decon/detect.json) has the scan's threshold "
         "0.8"},
        {"{\"contamination_score_threshold\":0.8}", 0.9, 0.9, "omit the option"},
        {"{}", 0.9, -1, "has no contamination_score_threshold"},
        {"{}", 0.9, 0.8, NULL},
        {"[]", 0.9, -1, "has no record of the scan's settings"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        rejudge_rules r = {0};
        AUTO(run_settings) scan = settings_of(*state, rows[i].settings);
        bool ok = rejudge_rules_make(&r, &scan, rows[i].threshold, rows[i].scan_threshold, &e);
        if (ok != !rows[i].want || (rows[i].want && !strstr(e.message, rows[i].want)))
            fail_msg("row %zu: %s", i, ok ? "allowed" : e.message);
        if (!ok)
            assert_int_equal(err_exit_status(&e), 2);
    }
}

static void several_records_need_the_scan_threshold(void **state)
{
    err e = ERR_INIT;
    rejudge_rules r = {0};
    AUTO(run_settings) scan = settings_of(*state, "{\"contamination_score_threshold\":0.8}");
    scan.records = 2;
    assert_false(rejudge_rules_make(&r, &scan, 0.9, -1, &e));
    assert_non_null(strstr(e.message, "records of 2 different settings"));
    assert_int_equal(err_exit_status(&e), 2);
    assert_true(rejudge_rules_make(&r, &scan, 0.9, 0.85, NULL));
    assert_false(rejudge_rules_make(&r, &scan, 0.8, 0.85, NULL));
}

static bool counts(const rejudge_rules *r, double score, double overlap, uint64_t tokens)
{
    char eval[] = "quiz", file[] = "f";
    review_line line = {.score = score,
                        .question_overlap = overlap,
                        .question_tokens = tokens,
                        .eval = eval,
                        .file = file};
    return rejudge_rules_count(r, &line);
}

/* A question of up to 20 tokens has to be found whole, one of 50 by (T - 0.3) / 0.7. */
static void length_and_score_decide(void **state)
{
    rejudge_rules r = {0};
    AUTO(run_settings)
    scan = settings_of(*state, "{\"contamination_score_threshold\":0.8,\"report_threshold\":0.4,"
                               "\"perfect_match_decay_start\":20,\"perfect_match_decay_end\":50}");
    assert_true(rejudge_rules_make(&r, &scan, 0.65, -1, NULL));
    assert_true(counts(&r, 0.65F, 1, 20));
    assert_false(counts(&r, 0.64, 1, 20));
    assert_false(counts(&r, 0.7, 0.99, 20));
    assert_true(counts(&r, 0.7, 0.6, 50));
    assert_false(counts(&r, 0.7, 0.49, 50));
    assert_true(counts(&r, 0.7, -1, 50)); /* a report without overlaps */
    char eval[] = "quiz", file[] = "f";
    review_line aligned = {.score = 0.7,
                           .question_overlap = 0.66,
                           .question_tokens = 20,
                           .eval = eval,
                           .file = file,
                           .is_aligned = true};
    assert_true(rejudge_rules_count(&r, &aligned));
    aligned.score = 0.6;
    assert_false(rejudge_rules_count(&r, &aligned));
}

static void sets_are_chosen_by_name(void **state)
{
    rejudge_rules r = {0};
    char *other[] = {(char[]){"exam"}, NULL},
         *pattern[] = {(char[]){"exam"}, (char[]){"q*z"}, NULL};
    AUTO(run_settings) scan = settings_of(*state, "{\"contamination_score_threshold\":0.8}");
    assert_true(rejudge_rules_make(&r, &scan, -1, -1, NULL));
    assert_true(counts(&r, 0.9, 1, 60));
    r.sets = other;
    assert_false(counts(&r, 0.9, 1, 60));
    r.sets = pattern;
    assert_true(counts(&r, 0.9, 1, 60));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(thresholds_that_the_scan_allows),
        TEST(several_records_need_the_scan_threshold),
        TEST(length_and_score_decide),
        TEST(sets_are_chosen_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
