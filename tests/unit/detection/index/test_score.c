/* Thresholds, weights and scores of the detection, bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/index/score.h"

static const score_decay usual = {.has_start = true, .has_end = true, .start = 20, .end = 50};

static void expect_float(float got, float want)
{
    if (memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%.9g instead of %.9g", (double)got, (double)want);
}

static void near(float got, double want)
{
    assert_float_equal(got, (float)want, 1e-6f);
}

static void thresholds_fall_with_the_length(void **state)
{
    UNUSED(state);
    expect_float(score_threshold(20, 0.8f, &usual), 1.0f);
    expect_float(score_threshold(50, 0.8f, &usual), 0.8f);
    expect_float(score_threshold(5000, 0.8f, &usual), 0.8f);
    near(score_threshold(35, 0.8f, &usual), 0.9);
    near(score_threshold(34, 0.8f, &usual), 0.9066667);
    near(score_threshold(21, 0.8f, &usual), 0.9933333);
    score_decay start_only = {.has_start = true, .start = 20};
    expect_float(score_threshold(20, 0.8f, &start_only), 1.0f);
    expect_float(score_threshold(21, 0.8f, &start_only), 0.8f);
    score_decay end_only = {.has_end = true, .end = 50};
    expect_float(score_threshold(1, 0.8f, &end_only), 0.8f);
}

static void question_floor(void **state)
{
    UNUSED(state);
    expect_float(score_question_floor(0.8f), 0.7142857313156128f);
    expect_float(score_question_floor(0.2f), 0.0f);
    expect_float(score_question_floor(1.0f), (1.0f - (0.2f + 0.1f)) / 0.7f);
}

static void idf_is_binary32_and_may_be_negative(void **state)
{
    UNUSED(state);
    near(score_idf(4, 1), 1.3862944);
    expect_float(score_idf(4, 4), 0.0f);
    assert_true(score_idf(4, 5) < 0.0f);
}

/* The weights of all three parts do not always add up to 1 in binary32; only compatible mode shows
 * it. */
static bool adds_up_to_less(size_t u, size_t v)
{
    static const size_t pairs[][2] = {{3, 3}, {4, 3}, {9, 1}, {9, 2}, {10, 3}, {11, 1}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if (pairs[i][0] == u && pairs[i][1] == v)
            return true;
    return u == 18 && v >= 4;
}

static void weights_of_perfect_matches(void **state)
{
    UNUSED(state);
    for (size_t u = 1; u <= 30; u++)
        for (size_t v = 1; v <= 8; v++) {
            score_input in = {.question = 1,
                              .answer = 1,
                              .passage = 1,
                              .has_answer = true,
                              .has_passage = true,
                              .question_ngrams = u,
                              .answer_distinct = v,
                              .compatible = true};
            expect_float(score_base(&in), adds_up_to_less(u, v) ? 0.99999994f : 1.0f);
            in.compatible = false;
            expect_float(score_base(&in), 1.0f);
            in.has_passage = false;
            expect_float(score_base(&in), 1.0f);
            in.has_answer = false;
            in.has_passage = true;
            expect_float(score_base(&in), 1.0f);
            in.has_passage = false;
            expect_float(score_base(&in), 1.0f);
        }
}

static void parts_that_are_missing_cost_their_weight(void **state)
{
    UNUSED(state);
    score_input in = {.question = 1, .has_answer = true, .question_ngrams = 25};
    near(score_base(&in), 0.75);
    in.question_ngrams = 5; /* confidence 0.625 */
    near(score_base(&in), 0.46875);
    in = (score_input){.question = 1, .has_passage = true, .question_ngrams = 20};
    near(score_base(&in), 0.85);
    in = (score_input){.question = 0.5f,
                       .answer = 0.25f,
                       .passage = 1,
                       .has_answer = true,
                       .has_passage = true,
                       .question_ngrams = 20,
                       .answer_distinct = 4};
    near(score_base(&in), 0.5 * 0.7 + 0.25 * 0.2 + 0.1);
    in = (score_input){.question = 0.9f, .question_ngrams = 1};
    expect_float(score_base(&in), 0.9f);
}

/* Two worked scores: a perfect match, and a passage adjacent to its question (18 of 19). */
static void worked_example(void **state)
{
    UNUSED(state);
    score_input in = {.question = 1,
                      .answer = 1,
                      .passage = 1,
                      .has_answer = true,
                      .has_passage = true,
                      .question_ngrams = 5,
                      .question_tokens = 9,
                      .answer_distinct = 3,
                      .passage_tokens = 22};
    expect_float(score_base(&in), 1.0f);
    expect_float(score_final(&in, 0.8f, &usual), 1.0f);
    in.passage = 18.0f / 19.0f;
    near(score_base(&in), 0.9856497);
    near(score_final(&in, 0.8f, &usual), 0.8696908950805664);
}

static void short_records_must_match_perfectly(void **state)
{
    UNUSED(state);
    score_input in = {.question = 0.99f, .question_ngrams = 6, .question_tokens = 10};
    assert_true(score_final(&in, 0.8f, &usual) < 0.8f);
    in.question = 1.0f;
    expect_float(score_final(&in, 0.8f, &usual), 1.0f);
    in.question = 0.99f;
    in.question_tokens = 50;
    expect_float(score_final(&in, 0.8f, &usual), 0.99f);
    in.question_tokens = 10;
    score_decay none = {0};
    expect_float(score_final(&in, 0.8f, &none), 0.99f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_fall_with_the_length),
        cmocka_unit_test(question_floor),
        cmocka_unit_test(idf_is_binary32_and_may_be_negative),
        cmocka_unit_test(weights_of_perfect_matches),
        cmocka_unit_test(parts_that_are_missing_cost_their_weight),
        cmocka_unit_test(worked_example),
        cmocka_unit_test(short_records_must_match_perfectly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
