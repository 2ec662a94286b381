/* Matches that a lower threshold would have found: reported separately; matches are unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/match/match.h"
#include "tests/fake/detect_site.h"

#define RIVER(split, answer)                                                                       \
    "{\"doc_id\":" split ",\"eval_key\":\"quiz\",\"split\":\"s" split                              \
    "\",\"eval_instance_index\":7,\"question\":\"Which river flows through the old town of "       \
    "Lindow?\",\"answer\":\"" answer "\"}"
/* Other records, so that not all contain the n-grams of the question. */
#define HEN      "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}"
#define QUESTION "Which river flows through the old town of Lindow? "

static const char *const one[] = {RIVER("1", "Havel"), HEN, NULL};
static const char *const two[] = {RIVER("1", "Spree"), RIVER("2", "Havel"), HEN, NULL};

typedef struct findings {
    unsigned matches, near;
    float near_score;
} findings;

static bool on_match(void *ctx, const match *m, err *e)
{
    UNUSED(m), UNUSED(e);
    ((findings *)ctx)->matches++;
    return true;
}

static bool on_near(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    findings *f = ctx;
    f->near++;
    f->near_score = m->score;
    return true;
}

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    s->settings.report_threshold = 0.3F;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

static findings find(const detect_site *s, const char *text, bool keeps_near)
{
    AUTO(matcher) m = {0};
    findings f = {0};
    err e = ERR_INIT;
    matcher_init(&m, s->index);
    m.on_near = keeps_near ? on_near : NULL;
    if (!match_document(&m, slice_from(text), on_match, &f, NULL, &e))
        fail_msg("%s", e.message);
    return f;
}

/* The question alone weighs 0.46875 (test_match.c), times 0.8, the scale of short records. */
static void a_lower_score_is_a_near_miss(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, one);
    findings f = find(s, QUESTION "It is the Oder, they say.", true);
    assert_int_equal(f.matches, 0);
    assert_int_equal(f.near, 1);
    assert_true(f.near_score == 0.46875F * 0.8F);
    f = find(s, QUESTION "It is the Oder, they say.", false);
    assert_int_equal(f.matches + f.near, 0);
    f = find(s, QUESTION "It is the Havel, they say.", true);
    assert_int_equal(f.matches, 1);
    assert_int_equal(f.near, 0);
}

static void a_score_below_both_is_nothing(void **state)
{
    detect_site *s = *state;
    s->settings.report_threshold = 0.38F;
    detect_site_index(s, one);
    findings f = find(s, QUESTION "It is the Oder, they say.", true);
    assert_int_equal(f.matches + f.near, 0);
}

/* The first record is a near miss at the place where the second, of the same question, matches. */
static void a_near_miss_does_not_hide_a_match(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, two);
    findings f = find(s, QUESTION "It is the Havel, they say.", true);
    assert_int_equal(f.matches, 1);
    assert_int_equal(f.near, 1);
}

static void what_matched_is_no_near_miss_too(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, two);
    findings f = find(s, QUESTION "It is the Spree, they say.", true);
    assert_int_equal(f.matches, 1);
    assert_int_equal(f.near, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lower_score_is_a_near_miss),
        TEST(a_score_below_both_is_nothing),
        TEST(a_near_miss_does_not_hide_a_match),
        TEST(what_matched_is_no_near_miss_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
