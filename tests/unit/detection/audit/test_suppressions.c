/* Manual verdicts: the last one of a match applies. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/audit/suppressions.h"
#include "tests/fake/detect_site.h"

#define FALSE_ALL "{\"eval_key\":\"q\",\"eval_instance_index\":1,\"verdict\":\"false_positive\"}\n"
#define TRUE_ALL  "{\"eval_key\":\"q\",\"eval_instance_index\":1,\"verdict\":\"true_positive\"}\n"
#define IN_A                                                                                       \
    "{\"eval_key\":\"q\",\"eval_instance_index\":1,\"training_file\":\"a\",\"training_line\":4,"
#define FALSE_A IN_A "\"verdict\":\"false_positive\"}\n"
#define TRUE_A  IN_A "\"verdict\":\"true_positive\"}\n"

static bool read_text(suppressions *s, const char *text, err *e)
{
    detect_site site;
    detect_site_init(&site);
    AUTO_FREE char *path = detect_site_file(&site, "v.jsonl", slice_from(text));
    bool ok = suppressions_read(s, path, false, e);
    detect_site_deinit(&site);
    return ok;
}

static void the_last_verdict_holds(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool in_a, in_b, judged_a, judged_b;
    } rows[] = {
        {FALSE_ALL, true, true, true, true},
        {TRUE_ALL, false, false, true, true},
        {FALSE_ALL TRUE_ALL, false, false, true, true},
        {TRUE_ALL FALSE_ALL, true, true, true, true},
        {FALSE_A, true, false, true, false},
        {TRUE_A, false, false, true, false},
        {FALSE_A TRUE_A, false, false, true, false},
        {TRUE_A FALSE_A, true, false, true, false},
        {FALSE_ALL TRUE_A, false, true, true, true},
        {TRUE_ALL FALSE_A, true, false, true, true},
        {FALSE_A TRUE_ALL, false, false, true, true},
        {TRUE_A FALSE_ALL, true, true, true, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        AUTO(suppressions) s = {0};
        const judged_match a = {.eval = "q", .split = "", .instance = 1, .file = "a", .line = 4};
        const judged_match b = {.eval = "q", .split = "", .instance = 1, .file = "b", .line = 4};
        if (!read_text(&s, rows[i].text, &e))
            fail_msg("row %zu: %s", i, e.message);
        if (suppressions_has(&s, &a) != rows[i].in_a || suppressions_has(&s, &b) != rows[i].in_b ||
            suppressions_judged(&s, &a) != rows[i].judged_a ||
            suppressions_judged(&s, &b) != rows[i].judged_b)
            fail_msg("row %zu", i);
    }
}

static void faulty_lines_are_refused(void **state)
{
    UNUSED(state);
    static const char *const rows[][2] = {
        {TRUE_A "{}\n", "line 2: eval_key, eval_instance_index or verdict is missing"},
        {TRUE_A "\n[\n", "line 3: not a JSON object"},
        {"{\"eval_key\":\"q\",\"eval_instance_index\":1,\"verdict\":\"false\"}",
         "line 1: verdict is neither false_positive nor true_positive"},
        {"{\"eval_key\":\"q\",\"eval_instance_index\":1.5,\"verdict\":\"false_positive\"}",
         "line 1: eval_instance_index is not a whole number"},
        {"{\"eval_key\":\"q\",\"eval_instance_index\":1,\"training_file\":\"a\",\"verdict\":"
         "\"false_positive\"}",
         "line 1: training_file without training_line"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err e = ERR_INIT;
        AUTO(suppressions) s = {0};
        assert_false(read_text(&s, rows[i][0], &e));
        if (!strstr(e.message, rows[i][1]))
            fail_msg("row %zu: %s", i, e.message);
        assert_int_equal(err_exit_status(&e), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_verdict_holds),
        cmocka_unit_test(faulty_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
