/* Whole documents with cl100k: positions, scores and reports are those that are known of the
 * reference for four records and texts made like these. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "server/evals.h"
#include "server/overlap_text.h"
#include "tests/fake/detect_site.h"

#define REFERENCE "passage_question_answer_reference.jsonl"

/* Tokens: passage 22, question 9, answer 3; then 10 and 1; 10; 4. */
#define PASSAGE                                                                                    \
    "The Eiffel Tower - a landmark in Paris (France) - was constructed in 1889: it is a global "   \
    "cultural icon."
#define YEAR_ASKED "What year was the Eiffel tower constructed?"
#define ELEMENT    "Which element is most abundant in the earth's crust?"
#define TEST_SAT   "\"eval_key\":\"test-sat-en\","
#define WITH_ELEMENT                                                                               \
    "{\"doc_id\":102," TEST_SAT "\"question\":\"" ELEMENT "\",\"answer\":\"Oxygen\"}"
#define SUM_AND_LEAF                                                                               \
    "{\"doc_id\":103,\"question\":\"Solve for x: 2x, 5, 15!\",\"answer\":\"Take 5 from both "      \
    "sides, which leaves 2x and 10. Half of that is 5\"}",                                         \
        "{\"doc_id\":104,\"passage\":\"Green plants turn sunlight into food, and give off what "   \
        "we breathe.\",\"question\":\"What is photosynthesis?\",\"answer\":\"Making food out of "  \
        "the light of the sun\"}"

static const char *const with_passage[] = {"{\"doc_id\":101," TEST_SAT "\"passage\":\"" PASSAGE
                                           "\",\"question\":\"" YEAR_ASKED
                                           "\",\"answer\":\"1889\"}",
                                           WITH_ELEMENT, SUM_AND_LEAF, NULL};
/* The passage as the beginning of the question: 31 tokens. */
static const char *const in_question[] = {"{\"doc_id\":101," TEST_SAT "\"question\":\"" PASSAGE
                                          " " YEAR_ASKED "\",\"answer\":\"1889\"}",
                                          WITH_ELEMENT, SUM_AND_LEAF, NULL};
static const char *const without_answer[] = {
    "{\"doc_id\":101," TEST_SAT "\"question\":\"" PASSAGE " " YEAR_ASKED "\"}",
    "{\"doc_id\":102," TEST_SAT "\"question\":\"" ELEMENT "\"}", SUM_AND_LEAF, NULL};

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    s->settings.tokenizer = "cl100k";
    s->settings.vocabulary_dir = "server/data";
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

static void make_index(detect_site *s, const char *const *lines)
{
    err e = ERR_INIT;
    index_free(s->index);
    s->index = index_new(&s->settings, &e);
    if (!s->index)
        fail_msg("%s", e.message);
    for (uint64_t i = 0; lines[i]; i++)
        if (!evals_add_line(s->index, REFERENCE, slice_from(lines[i]), i, &e))
            fail_msg("line %d: %s", (int)i, e.message);
    index_freeze(s->index);
}

/* --- one document --- */

typedef struct expectation {
    uint32_t doc_id;
    double score;
    size_t first, last, answer; /* answer 0: none */
} expectation;

typedef struct check {
    const expectation *expected;
    size_t count, seen;
} check;

static bool on_match(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    check *c = ctx;
    assert_true(c->seen < c->count);
    const expectation *want = &c->expected[c->seen++];
    assert_int_equal(m->record->doc_id, want->doc_id);
    assert_float_equal(m->score, (float)want->score, 1e-5f);
    assert_int_equal(m->question_first, want->first);
    assert_int_equal(m->question_last, want->last);
    assert_int_equal(m->answer && m->answer->range_count ? m->answer->ranges[0].first : 0,
                     want->answer);
    return true;
}

static void expect_matches(detect_site *s, const buf *text, const expectation *expected,
                           size_t count)
{
    AUTO(matcher) m;
    check c = {.expected = expected, .count = count};
    err e = ERR_INIT;
    matcher_init(&m, s->index);
    if (!match_document(&m, buf_slice(text), on_match, &c, NULL, &e))
        fail_msg("%s", e.message);
    assert_int_equal(c.seen, count);
}
#define EXPECT_MATCHES(s, text, ...)                                                               \
    expect_matches(s, text, (const expectation[]){__VA_ARGS__},                                    \
                   ARRAY_LEN(((const expectation[]){__VA_ARGS__})))

/* " stone" is one token. */
static void put_stones(buf *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_append_str(text, "stone ");
}

/* `before` tokens, passage and question, 3 tokens, the answer. */
static void put_tower(buf *text, unsigned before)
{
    put_stones(text, before);
    buf_append_str(text, PASSAGE " " YEAR_ASKED " The answer is 1889. ");
}

/* Wherever it stands; a passage that touches its question loses 1 of 19 n-grams. */
static void expect_tower_at(detect_site *s, unsigned before, unsigned behind)
{
    AUTO(buf) text;
    buf_init(&text, 65536);
    put_tower(&text, before);
    put_stones(&text, behind);
    make_index(s, with_passage);
    EXPECT_MATCHES(s, &text, {101, 0.8696909, before + 22, before + 30, before + 34});
    make_index(s, in_question);
    EXPECT_MATCHES(s, &text, {101, 1, before, before + 30, before + 34});
    make_index(s, without_answer);
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
    AUTO(buf) text;
    buf_init(&text, 65536);
    put_tower(&text, 18);
    put_stones(&text, 11);
    buf_append_str(&text, ELEMENT " The answer is oxygen.");
    make_index(*state, with_passage);
    EXPECT_MATCHES(*state, &text, {101, 0.8696909, 40, 48, 52}, {102, 1, 66, 75, 79});
    make_index(*state, in_question);
    EXPECT_MATCHES(*state, &text, {101, 1, 18, 48, 52}, {102, 1, 66, 75, 79});
    make_index(*state, without_answer);
    EXPECT_MATCHES(*state, &text, {101, 1, 18, 48, 0}, {102, 1, 66, 75, 0});
}

/* An n-gram that was seen before moves the end on, until the answer that it ran into cuts it back.
 */
static void a_cluster_that_is_longer_than_its_question(void **state)
{
    AUTO(buf) text;
    buf_init(&text, 65536);
    put_stones(&text, 197);
    buf_append_str(&text, PASSAGE " " YEAR_ASKED " 1889. Stone stone stone: the Eiffel Tower. ");
    put_stones(&text, 148);
    buf_append_str(&text, ELEMENT " Oxygen. ");
    put_stones(&text, 20);
    make_index(*state, with_passage);
    EXPECT_MATCHES(*state, &text, {101, 0.8696909, 219, 227, 228}, {102, 1, 387, 396, 397});
    make_index(*state, in_question);
    EXPECT_MATCHES(*state, &text, {101, 1, 197, 227, 228}, {102, 1, 387, 396, 397});
    make_index(*state, without_answer);
    EXPECT_MATCHES(*state, &text, {101, 1, 197, 238, 0}, {102, 1, 387, 396, 0});
}

static void an_edited_question_is_no_match(void **state)
{
    static const char *const edits[] = {"What month was the Eiffel tower constructed? 1889",
                                        "What year was the whole Eiffel tower constructed? 1889",
                                        "What was the Eiffel tower constructed? 1889"};
    detect_site *s = *state;
    make_index(s, with_passage);
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        AUTO(buf) text;
        buf_init(&text, 4096);
        put_stones(&text, 20);
        buf_append_str(&text, edits[i]);
        expect_matches(s, &text, NULL, 0);
    }
}

/* --- a whole file --- */

/* 8 tokens, then those of the worked example. */
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
    make_index(s, with_passage);
    AUTO_FREE char *path =
        detect_site_file(s, FILE_NAME, SLICE_LIT(LINE_0 LINES_1_AND_2 LINE_3 LINE_4));
    AUTO(job_runner) runner;
    job_runner_init(&runner, &s->job, s->index);
    if (!job_run(&runner, "id-1", path, &out, &e))
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
    AUTO(matcher) m;
    AUTO(buf) text;
    AUTO(buf) excerpt;
    buf_init(&text, 65536);
    buf_init(&excerpt, 65536);
    buf_append_str(&text, "\xF0\x9F\xA6\xA5 ");
    put_stones(&text, stones);
    buf_append_str(&text, ELEMENT " Oxygen");
    matcher_init(&m, s->index);
    assert_true(match_document(&m, buf_slice(&text), keep_excerpt, &excerpt, NULL, NULL));
    assert_true(str_starts_with(buf_str(&excerpt), prefix));
}

/* The animal is 3 tokens. The 30 before the question begin with it, or in the midst of it. */
static void half_a_character_is_left_out(void **state)
{
    make_index(*state, with_passage);
    expect_excerpt(*state, 27, "...  \xF0\x9F\xA6\xA5 stone stone");
    expect_excerpt(*state, 28, "【 which element");
    expect_excerpt(*state, 29, "【 which element");
    expect_excerpt(*state, 30, "...  stone stone");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(at_the_beginning),
        TEST(in_the_middle),
        TEST(at_the_end),
        TEST(two_in_one_document),
        TEST(a_cluster_that_is_longer_than_its_question),
        TEST(an_edited_question_is_no_match),
        TEST(the_worked_example),
        TEST(half_a_character_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
