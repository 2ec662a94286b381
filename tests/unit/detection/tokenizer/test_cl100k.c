/* Whole documents with cl100k: positions, scores and reports equal known results of the reference
 * for four records and these texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/match/overlap_text.h"
#include "tests/fake/tower_site.h"

/* At any position; a passage adjacent to its question loses 1 of 19 n-grams. */
static void expect_tower_at(detect_site *s, unsigned before, unsigned behind)
{
    AUTO(buf) text = BUF(65536);
    put_tower(&text, before);
    put_stones(&text, behind);
    tower_index(s, tower_with_passage);
    EXPECT_MATCHES(s, &text, {101, 0.8696909, before + 22, before + 30, before + 34});
    tower_index(s, tower_in_question);
    EXPECT_MATCHES(s, &text, {101, 1, before, before + 30, before + 34});
    tower_index(s, tower_without_answer);
    EXPECT_MATCHES(s, &text, {101, 1, before, before + 30, 0});
}

static void at_the_beginning(void **state)
{
    expect_tower_at(*state, 0, 60);
}

static void in_the_middle(void **state)
{
    expect_tower_at(*state, 32, 30);
}

static void at_the_end(void **state)
{
    expect_tower_at(*state, 63, 0);
}

static void two_in_one_document(void **state)
{
    AUTO(buf) text = BUF(65536);
    put_tower(&text, 18);
    put_stones(&text, 11);
    buf_append_str(&text, ELEMENT " The answer is oxygen.");
    tower_index(*state, tower_with_passage);
    EXPECT_MATCHES(*state, &text, {101, 0.8696909, 40, 48, 52}, {102, 1, 66, 75, 79});
    tower_index(*state, tower_in_question);
    EXPECT_MATCHES(*state, &text, {101, 1, 18, 48, 52}, {102, 1, 66, 75, 79});
    tower_index(*state, tower_without_answer);
    EXPECT_MATCHES(*state, &text, {101, 1, 18, 48, 0}, {102, 1, 66, 75, 0});
}

/* A repeated n-gram extends the end, until the answer that it overlaps cuts it back.
 */
static void a_cluster_that_is_longer_than_its_question(void **state)
{
    AUTO(buf) text = BUF(65536);
    put_stones(&text, 197);
    buf_append_str(&text, PASSAGE " " YEAR_ASKED " 1889. Stone stone stone: the Eiffel Tower. ");
    put_stones(&text, 148);
    buf_append_str(&text, ELEMENT " Oxygen. ");
    put_stones(&text, 20);
    tower_index(*state, tower_with_passage);
    EXPECT_MATCHES(*state, &text, {101, 0.8696909, 219, 227, 228}, {102, 1, 387, 396, 397});
    tower_index(*state, tower_in_question);
    EXPECT_MATCHES(*state, &text, {101, 1, 197, 227, 228}, {102, 1, 387, 396, 397});
    tower_index(*state, tower_without_answer);
    EXPECT_MATCHES(*state, &text, {101, 1, 197, 238, 0}, {102, 1, 387, 396, 0});
}

static void an_edited_question_does_not_match(void **state)
{
    static const char *const edits[] = {"What month was the Eiffel tower constructed? 1889",
                                        "What year was the whole Eiffel tower constructed? 1889",
                                        "What was the Eiffel tower constructed? 1889"};
    detect_site *s = *state;
    tower_index(s, tower_with_passage);
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        AUTO(buf) text = BUF(4096);
        put_stones(&text, 20);
        buf_append_str(&text, edits[i]);
        expect_matches(s, &text, NULL, 0);
    }
}

/* --- a whole file --- */

/* 8 tokens, then the tokens of the worked example. */
#define LINE_0                                                                                     \
    "{\"text\":\"Here is a little text, which is no part of the contamination. " PASSAGE           \
    " Now for the question: " YEAR_ASKED                                                           \
    " The answer is 1889, and here is some trailing text\"}\n"
#define LINES_1_AND_2                                                                              \
    "{\"text\":\"An old tower by the river was painted brown again, as it is every few "           \
    "years.\"}\n"                                                                                  \
    "{\"text\":\"Stars form where clouds of gas grow dense, which takes its time, they say.\"}\n"
#define LINE_3                                                                                     \
    "{\"text\":\"In geology class we learned about the composition of earth. " ELEMENT             \
    " The correct answer is oxygen, making up about 46% of the crust, by weight\"}\n"
#define LINE_4    "{\"text\":\"Here we are to solve 2x, 5, 15, and do it without a pencil at all.\"}\n"
#define FILE_NAME "contaminated_mixed.jsonl"

/* clang-format off */
#define EXCERPT_0                                                                                     \
    "...  part of the contamination⟨ the eiffel tower a landmark in paris france was constructed "  \
    "in 1889 it is a global cultural icon⟩ now for the question【 what year was the eiffel tower " \
    "constructed】 the answer is⟦ 1889⟧  and here is some trailing text ..."
#define REPORT_3                                                                                   \
    "{\"answer_boundaries\":[[25,25]],\"answer_end_idx\":25,\"answer_idf_overlap\":1.0,"           \
    "\"answer_overlap_ratio\":1.0,\"answer_start_idx\":25,\"cluster_token_length\":10,"            \
    "\"contamination_score\":1.0,\"eval_answer_text\":\"oxygen\",\"eval_dataset\":"                \
    "\"test-sat-en\",\"eval_instance_index\":1,\"eval_key\":\"test-sat-en\",\"eval_line\":1,"      \
    "\"eval_overlap_text\":\"which element is most abundant in the earth s crust\","               \
    "\"eval_question_text\":\"which element is most abundant in the earth s crust\","              \
    "\"eval_token_length\":10,\"eval_unique_ngrams\":6,\"idf_overlap\":1.0,"                       \
    "\"length_adjusted_question_threshold\":1.0,\"method\":\"simple\",\"ngram_match_cnt\":6,"      \
    "\"question_end_idx\":20,\"question_start_idx\":11,\"reference_file\":\"" REFERENCE "\","      \
    "\"token_length_delta\":0,\"training_file\":\"" FILE_NAME "\",\"training_line\":3,"            \
    "\"training_overlap_text\":\"...  in geology class we learned about the composition of "       \
    "earth【 which element is most abundant in the earth s crust】 the correct answer is⟦ "    \
    "oxygen⟧  making up about 46 of the crust by weight ...\"}\n"
/* clang-format on */

static void expect_parts(const char *line, const char *const *parts)
{
    for (; *parts; parts++)
        if (!strstr(line, *parts))
            fail_msg("%s is not in %s", *parts, line);
}

static void the_worked_example(void **state)
{
    detect_site *s = *state;
    err e = ERR_INIT;
    AUTO(job_outcome) out = {0};
    tower_index(s, tower_with_passage);
    AUTO_FREE char *path =
        detect_site_file(s, FILE_NAME, SLICE_LIT(LINE_0 LINES_1_AND_2 LINE_3 LINE_4));
    AUTO(job_runner) runner = {0};
    job_runner_init(&runner, &s->job, s->index);
    if (!job_run(&runner, &(job_request){.id = "id-1", .path = path}, &out, &e))
        fail_msg("%s", e.message);
    AUTO_FREE char *report = detect_site_read(out.report_path);
    AUTO_FREE char *cleaned = detect_site_read(out.cleaned_path);
    assert_string_equal(cleaned, LINES_1_AND_2 LINE_4);
    char *second = strchr(report, '\n');
    assert_non_null(second);
    assert_string_equal(second + 1, REPORT_3);
    *second = '\0';
    expect_parts(report, (const char *const[]){
                             "\"question_start_idx\":38,", "\"question_end_idx\":46,",
                             "\"answer_boundaries\":[[50,52]]", "\"contamination_score\":1.0,",
                             "\"passage_idf_overlap\":1.0,", "\"eval_unique_ngrams\":5,",
                             "\"training_line\":0,", EXCERPT_0, NULL});
}

/* --- the excerpt --- */

static bool keep_excerpt(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    overlap_text(m, ctx);
    return true;
}

static void expect_excerpt(detect_site *s, unsigned stones, const char *prefix)
{
    AUTO(matcher) m = {0};
    AUTO(buf) text = BUF(65536);
    AUTO(buf) excerpt = BUF(65536);
    buf_append_str(&text, "\xF0\x9F\xA6\xA5 ");
    put_stones(&text, stones);
    buf_append_str(&text, ELEMENT " Oxygen");
    matcher_init(&m, s->index);
    assert_true(match_document(&m, buf_slice(&text), keep_excerpt, &excerpt, NULL, NULL));
    assert_true(str_starts_with(buf_str(&excerpt), prefix));
}

/* The animal has 3 tokens. The 30 tokens before the question begin with it, or in the middle of
 * it. */
static void half_a_character_is_omitted(void **state)
{
    tower_index(*state, tower_with_passage);
    expect_excerpt(*state, 27, "...  \xF0\x9F\xA6\xA5 stone stone");
    expect_excerpt(*state, 28, "【 which element");
    expect_excerpt(*state, 29, "【 which element");
    expect_excerpt(*state, 30, "...  stone stone");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tower_set_up, tower_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(at_the_beginning),
        TEST(in_the_middle),
        TEST(at_the_end),
        TEST(two_in_one_document),
        TEST(a_cluster_that_is_longer_than_its_question),
        TEST(an_edited_question_does_not_match),
        TEST(the_worked_example),
        TEST(half_a_character_is_omitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
