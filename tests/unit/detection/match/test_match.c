/* Scan, expansion, answers, passages and scores of whole documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/match/overlap_text.h"
#include "tests/fake/detect_site.h"

#define RIVER                                                                                      \
    "{\"doc_id\":7,\"question\":\"Which river flows through the old town of Lindow?\","            \
    "\"answer\":\"Havel\"}"
#define HEN "{\"doc_id\":3,\"question\":\"How many eggs does the brown hen lay each week?\"}"
#define MILL                                                                                       \
    "{\"doc_id\":9,\"passage\":\"The mill stands by the stream and its door is painted "           \
    "green every spring.\",\"question\":\"Name the colour of the mill door\","                     \
    "\"answer\":\"green\"}"
static const char *const quiz[] = {RIVER, HEN, MILL, NULL};

/* The result of one document: values of the first match, and the number of matches. */
typedef struct finding {
    unsigned count;
    uint32_t doc_ids[8];
    match first;
    token_range answer, passage;
    float answer_overlap, passage_overlap;
    buf excerpt;
} finding;

static bool on_match(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    finding *f = ctx;
    if (f->count < ARRAY_LEN(f->doc_ids))
        f->doc_ids[f->count] = m->record->doc_id;
    if (f->count++ > 0)
        return true;
    f->first = *m;
    if (m->answer) {
        f->answer_overlap = m->answer->overlap;
        f->answer = m->answer->range_count ? m->answer->ranges[0] : (token_range){0};
    }
    if (m->passage) {
        f->passage_overlap = m->passage->overlap;
        f->passage = m->passage->found ? m->passage->range : (token_range){0};
    }
    overlap_text(m, &f->excerpt);
    return true;
}

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

static finding find(const detect_site *s, const char *text)
{
    AUTO(matcher) m = {0};
    finding f = {0};
    err e = ERR_INIT;
    matcher_init(&m, s->index);
    buf_init(&f.excerpt, 65536);
    if (!match_document(&m, slice_from(text), on_match, &f, NULL, &e))
        fail_msg("%s", e.message);
    return f;
}

static unsigned count_matches(const detect_site *s, const char *text)
{
    finding f = find(s, text);
    buf_deinit(&f.excerpt);
    return f.count;
}

/* Expected: tokens 5 to 13 are the question, 17 the answer; 5 n-grams of 5. */
static void question_and_short_answer(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    finding f = find(s, "Intro words here to begin. Which river flows through the old town of "
                        "Lindow? The answer is HAVEL, and more.");
    assert_int_equal(f.count, 1);
    assert_int_equal(f.first.record->doc_id, 7);
    assert_int_equal(f.first.question_first, 5);
    assert_int_equal(f.first.question_last, 13);
    assert_int_equal(f.first.cluster_tokens, 9);
    assert_int_equal(f.first.matched_ngrams, 5);
    assert_int_equal(f.answer.first, 17);
    assert_int_equal(f.answer.last, 17);
    assert_true(f.first.question_overlap == 1.0f);
    assert_true(f.answer_overlap == 1.0f);
    assert_true(f.first.score == 1.0f);
    assert_true(f.first.question_threshold == 1.0f);
    assert_string_equal(buf_str(&f.excerpt),
                        "... intro words here to begin【which river flows through the old town of "
                        "lindow】the answer is⟦havel⟧ and more ...");
    buf_deinit(&f.excerpt);
}

/* Five n-grams: the question weighs 0.46875, so that without its answer it does not match. */
static void missing_answer_does_not_match(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    assert_int_equal(count_matches(s, "Which river flows through the old town of Lindow? The "
                                      "answer is the Spree, they say."),
                     0);
    assert_int_equal(count_matches(s, "How many eggs does the brown hen lay each week, and why?"),
                     1);
    assert_int_equal(count_matches(s, "How many eggs does the brown hen lay each month, and why?"),
                     0);
}

static void window_of_short_answers(void **state)
{
    detect_site *s = *state;
    s->settings.short_answer_window = 3; /* positions 9, 10, 11 */
    detect_site_index(s, quiz);
#define QUESTION "which river flows through the old town of lindow "
    assert_int_equal(count_matches(s, QUESTION "a b havel c"), 1);
    assert_int_equal(count_matches(s, QUESTION "a b c havel"), 0);
    assert_int_equal(count_matches(s, "havel " QUESTION "a b c"), 0);
}

/* The passage is 0 to 13, then one word, the question 15 to 21, the answer 24. */
static void passage_before_the_question(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    finding f = find(s, "The mill stands by the stream and its door is painted green every spring "
                        "so name the colour of the mill door: it is green");
    assert_int_equal(f.count, 1);
    assert_int_equal(f.passage.first, 0);
    assert_int_equal(f.passage.last, 13);
    assert_true(f.passage_overlap == 1.0f);
    assert_int_equal(f.answer.first, 24);
    assert_true(f.first.score == 1.0f);
    assert_string_equal(buf_str(&f.excerpt),
                        "⟨the mill stands by the stream and its door is painted green every "
                        "spring⟩so【name the colour of the mill door】it is⟦green⟧");
    buf_deinit(&f.excerpt);
}

/* The token right before the question is out of reach: 10 of 11 n-grams. u = 3, v = 1: the passage
 * weighs 0.37953125; 22 tokens require 0.98667: 1 - 0.0345 = 0.9655 is too low, and suffices from
 * 50 tokens on. */
static void passage_that_touches_the_question(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
#define TOUCHING                                                                                   \
    "The mill stands by the stream and its door is painted green every spring. Name "              \
    "the colour of the mill door. Green."
    assert_int_equal(count_matches(s, TOUCHING), 0);
    s->settings.decay = (score_decay){0};
    finding f = find(s, TOUCHING);
    assert_int_equal(f.count, 1);
    assert_float_equal(f.passage_overlap, 10.0f / 11.0f, 1e-6f);
    assert_float_equal(f.first.score, 1.0f - 0.37953125f / 11.0f, 1e-6f);
    buf_deinit(&f.excerpt);
}

static void sampling_misses_short_questions(void **state)
{
    detect_site *s = *state;
    s->settings.sample_every_m_tokens = 10; /* n-grams at 0, 10, ..: the question's are at 5 to 9 */
    detect_site_index(s, quiz);
    assert_int_equal(count_matches(s, "one two three four five which river flows through the old "
                                      "town of lindow havel"),
                     0);
    s->settings.sample_every_m_tokens = 5;
    assert_int_equal(count_matches(s, "one two three four five which river flows through the old "
                                      "town of lindow havel"),
                     1);
}

/* A question of 40 different words, w01 to w40. */
static void append_words(buf *out, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        buf_printf(out, "w%02u ", i);
}

static char *long_question(void)
{
    AUTO(buf) line = BUF(4096);
    buf_append_str(&line, "{\"doc_id\":1,\"question\":\"");
    append_words(&line, 1, 40);
    buf_append_str(&line, "\"}");
    return buf_give(&line);
}

static char *with_gap(unsigned gap)
{
    AUTO(buf) text = BUF(4096);
    append_words(&text, 1, 20);
    for (unsigned i = 0; i < gap; i++)
        buf_append_str(&text, "foreign ");
    append_words(&text, 21, 40);
    return buf_give(&text);
}

/* A gap of g words gives g + 4 positions without a match: 10 are allowed, 11 end the cluster. */
static void misses_end_a_cluster(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *question = long_question();
    AUTO_FREE char *narrow = with_gap(6);
    AUTO_FREE char *wide = with_gap(7);
    s->settings.decay = (score_decay){0};
    detect_site_index(s, (const char *const[]){question, HEN, NULL});
    finding f = find(s, narrow);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.first.matched_ngrams, 32); /* of 36 */
    assert_float_equal(f.first.score, 32.0f / 36.0f, 1e-6f);
    assert_int_equal(f.first.cluster_tokens, 46);
    assert_int_equal(f.first.question_first, 0);
    assert_int_equal(f.first.question_last, 45);
    buf_deinit(&f.excerpt);
    assert_int_equal(count_matches(s, wide), 0);
}

/* A question that sampling finds at its middle is expanded to the left as well. */
static void clusters_grow_to_the_left(void **state)
{
    detect_site *s = *state;
    AUTO_FREE char *question = long_question();
    s->settings.sample_every_m_tokens = 25;
    detect_site_index(s, (const char *const[]){question, HEN, NULL});
    AUTO(buf) text = BUF(4096);
    buf_append_str(&text, "x x x ");
    append_words(&text, 1, 40);
    finding f = find(s, buf_str(&text));
    assert_int_equal(f.count, 1);
    assert_int_equal(f.first.question_first, 3);
    assert_int_equal(f.first.question_last, 42);
    assert_true(f.first.score == 1.0f);
    buf_deinit(&f.excerpt);
}

/* Records are processed by ascending doc_id; the same (eval_key, instance, start) is reported
 * once. */
static void choices_of_one_question_are_reported_once(void **state)
{
    detect_site *s = *state;
#define CHOICE(id, instance)                                                                       \
    "{\"doc_id\":" id ",\"eval_key\":\"k\",\"eval_instance_index\":" instance                      \
    ",\"question\":\"How many eggs does the brown hen lay each week?\"}"
    detect_site_index(s, (const char *const[]){CHOICE("30", "1"), CHOICE("20", "1"),
                                               CHOICE("25", "2"), RIVER, NULL});
    finding f = find(s, "how many eggs does the brown hen lay each week");
    assert_int_equal(f.count, 2);
    assert_int_equal(f.doc_ids[0], 20);
    assert_int_equal(f.doc_ids[1], 25);
    buf_deinit(&f.excerpt);
}

static void two_questions_in_one_document(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    finding f = find(s, "how many eggs does the brown hen lay each week one two three four five "
                        "six seven which river flows through the old town of lindow havel");
    assert_int_equal(f.count, 2);
    assert_int_equal(f.doc_ids[0], 3);
    assert_int_equal(f.doc_ids[1], 7);
    buf_deinit(&f.excerpt);
}

static void hot_ngrams_start_no_cluster(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    assert_int_equal(s->index->hot_limit, 2000);
    s->index->hot_limit = 0;
    assert_int_equal(count_matches(s, "how many eggs does the brown hen lay each week"), 0);
}

static void short_documents_are_not_scanned(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    AUTO(matcher) m = {0};
    finding f = {0};
    bool scanned = true;
    matcher_init(&m, s->index);
    assert_true(match_document(&m, SLICE_LIT("1 2 3 4 5 6 7 8 9"), on_match, &f, &scanned, NULL));
    assert_false(scanned);
    assert_true(match_document(&m, SLICE_LIT("1 2 3 4 5 6 7 8 9 0"), on_match, &f, &scanned, NULL));
    assert_true(scanned);
    assert_true(match_document(&m, SLICE_LIT(""), on_match, &f, &scanned, NULL));
    assert_false(scanned);
}

/* 12 answer words, 10 n-grams of 3. The document has words 1 to 5 and, two foreign words later, 6
 * to 12: 3 + 5 n-grams; the gap of two is bridged. */
static void long_answers_are_found_in_ranges(void **state)
{
    detect_site *s = *state;
    s->settings.decay = (score_decay){0};
    detect_site_index(
        s, (const char *const[]){"{\"doc_id\":1,\"question\":\"How does the miller grind his rye\","
                                 "\"answer\":\"a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12\"}",
                                 RIVER, NULL});
#define MILLER "how does the miller grind his rye "
    finding f = find(s, MILLER "a1 a2 a3 a4 a5 so then a6 a7 a8 a9 a10 a11 a12 end");
    assert_int_equal(f.count, 1);
    assert_float_equal(f.answer_overlap, 0.8f, 1e-6f);
    assert_int_equal(f.answer.first, 7);
    assert_int_equal(f.answer.last, 20);
    buf_deinit(&f.excerpt);
    f = find(s, MILLER "a1 a2 a3 a4 a5 so then it was a6 a7 a8 a9 a10 a11 a12 end");
    assert_int_equal(f.answer.last, 11);
    buf_deinit(&f.excerpt);
}

#define PHONETIC                                                                                   \
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november "      \
    "oscar papa quebec romeo sierra tango uniform victor whiskey xray"

/* 20 of the question's 26 n-grams: 0.77. The threshold of 0.8 is reached only with the whole
 * answer, which is searched after the question was scored alone. */
static void a_part_of_a_question_counts_with_its_answer(void **state)
{
    detect_site *s = *state;
    s->settings.decay = (score_decay){0};
    detect_site_index(
        s, (const char *const[]){RIVER, HEN,
                                 "{\"doc_id\":1,\"question\":\"" PHONETIC
                                 " yankee zulu amber birch cedar dogwood\",\"answer\":\"Havel\"}",
                                 NULL});
    assert_int_equal(count_matches(s, "they say " PHONETIC " havel and more of that"), 1);
    assert_int_equal(count_matches(s, "they say " PHONETIC " and more of that"), 0);
}

static void answers_can_be_ignored(void **state)
{
    detect_site *s = *state;
    s->settings.index_answers = false;
    s->settings.index_passages = false;
    detect_site_index(s, quiz);
    finding f = find(s, "which river flows through the old town of lindow they ask");
    assert_int_equal(f.count, 1);
    assert_null(f.first.answer);
    assert_null(index_texts(f.first.index, f.first.record).answer.data);
    buf_deinit(&f.excerpt);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(question_and_short_answer),
        TEST(missing_answer_does_not_match),
        TEST(window_of_short_answers),
        TEST(passage_before_the_question),
        TEST(passage_that_touches_the_question),
        TEST(sampling_misses_short_questions),
        TEST(misses_end_a_cluster),
        TEST(clusters_grow_to_the_left),
        TEST(choices_of_one_question_are_reported_once),
        TEST(two_questions_in_one_document),
        TEST(hot_ngrams_start_no_cluster),
        TEST(short_documents_are_not_scanned),
        TEST(long_answers_are_found_in_ranges),
        TEST(a_part_of_a_question_counts_with_its_answer),
        TEST(answers_can_be_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
