/* The same records under other settings: sampling, size of n-grams, thresholds; texts that differ
 * in punctuation, and texts without a match. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "tests/fake/tower_site.h"

static void init_text(buf *text, unsigned stones, const char *more)
{
    buf_init(text, 65536);
    put_stones(text, stones);
    buf_append_str(text, more);
}

/* Punctuation, white space and capitals do not matter. */
static void punctuation_may_vary(void **state)
{
    AUTO(buf) text = {0};
    init_text(
        &text, 13,
        "THE EIFFEL TOWER: a landmark;\\tin Paris [France]...  was constructed in \u201c1889\u201d"
        "\u2014it is a (global) cultural   icon!! What year -- was the eiffel TOWER "
        "constructed??? The answer: is '1889'.");
    for (char *p = text.data; (p = strstr(p, "\\t"));)
        memcpy(p, " \t", 2);
    tower_index(*state, tower_with_passage);
    EXPECT_MATCHES(*state, &text, {101, 0.8696909, 35, 43, 47});
    tower_index(*state, tower_in_question);
    EXPECT_MATCHES(*state, &text, {101, 1, 13, 43, 47});
    tower_index(*state, tower_without_answer);
    EXPECT_MATCHES(*state, &text, {101, 1, 13, 43, 0});
}

static void clean_texts_match_nothing(void **state)
{
    static const char *const texts[] = {"the tower by the river was constructed of stone",
                                        "oxygen is an element of the earth", "1889",
                                        "what is photosynthesis? making food out of the light"};
    tower_index(*state, tower_with_passage);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(buf) text = {0};
        init_text(&text, 20, texts[i]);
        expect_matches(*state, &text, NULL, 0);
    }
}

/* Probes at 0, 10, 20 ..: one hits the tower's 5 n-grams from 38 on, none the element's 6 from 12
 * on. */
static void sampling_may_miss_short_questions(void **state)
{
    detect_site *s = *state;
    AUTO(buf) tower = {0};
    AUTO(buf) element = {0};
    init_text(&tower, 0, "");
    put_tower(&tower, 16);
    put_stones(&tower, 20);
    init_text(&element, 12, ELEMENT " The answer is oxygen. ");
    put_stones(&element, 20);
    tower_index(s, tower_with_passage);
    EXPECT_MATCHES(s, &element, {102, 1, 12, 21, 25});
    s->settings.sample_every_m_tokens = 10;
    tower_index(s, tower_with_passage);
    EXPECT_MATCHES(s, &tower, {101, 0.8696909, 38, 46, 50});
    expect_matches(s, &element, NULL, 0);
}

/* One probe, exactly at the question; the next is far after the other question. */
static void long_steps(void **state)
{
    detect_site *s = *state;
    AUTO(buf) text = {0};
    init_text(&text, 197, PASSAGE " " YEAR_ASKED " 1889. ");
    put_stones(&text, 156);
    buf_append_str(&text, ELEMENT " Oxygen. ");
    put_stones(&text, 20);
    s->settings.sample_every_m_tokens = 219;
    s->settings.question_max_misses = 5;
    tower_index(s, tower_with_passage);
    EXPECT_MATCHES(s, &text, {101, 0.8696909, 219, 227, 228});
    s->settings.sample_every_m_tokens = 600;
    s->settings.question_max_misses = 1;
    tower_index(s, tower_with_passage);
    expect_matches(s, &text, NULL, 0);
}

/* With n-grams of three tokens both are found as with five. */
static void shorter_ngrams(void **state)
{
    detect_site *s = *state;
    AUTO(buf) tower = {0};
    AUTO(buf) element = {0};
    init_text(&tower, 16, PASSAGE " Now for the question: " YEAR_ASKED " The answer is 1889.");
    init_text(&element, 11, ELEMENT " The correct answer is oxygen.");
    s->settings.ngram_size = 3;
    tower_index(s, tower_with_passage);
    EXPECT_MATCHES(s, &tower, {101, 1, 42, 50, 54});
    EXPECT_MATCHES(s, &element, {102, 1, 11, 20, 25});
}

/* Short records must match perfectly, for any threshold. */
static void low_thresholds_do_not_let_short_records_in(void **state)
{
    detect_site *s = *state;
    AUTO(buf) whole = {0};
    AUTO(buf) edited = {0};
    init_text(&whole, 20, ELEMENT " The answer is oxygen.");
    init_text(&edited, 20,
              "Which element is most abundant in the moon's crust? The answer is oxygen.");
    static const float thresholds[] = {0.1f, 0.5f, 0.8f, 0.95f};
    for (size_t i = 0; i < ARRAY_LEN(thresholds); i++) {
        s->settings.threshold = thresholds[i];
        s->settings.sample_every_m_tokens = 10;
        tower_index(s, tower_with_passage);
        EXPECT_MATCHES(s, &whole, {102, 1, 20, 29, 33});
        expect_matches(s, &edited, NULL, 0);
    }
}

/* Four records of one question: the one whose answer follows is reported, the others score 0.75. */
static void the_choice_that_follows_is_reported(void **state)
{
#define RISC(id, answer)                                                                           \
    "{\"doc_id\":" #id                                                                             \
    ",\"eval_key\":\"quiz\",\"eval_instance_index\":36,\"question\":\"How many "                   \
    "cycles does the old pipelined machine need for the sum of all four registers, when each add " \
    "takes one cycle and each product takes two of them in a row, at the very least?\","           \
    "\"answer\":\"" #answer "\"}"
    static const char *const choices[] = {RISC(1, 5),
                                          RISC(2, 6),
                                          RISC(3, 7),
                                          RISC(4, 8),
                                          "{\"doc_id\":5,\"question\":\"" ELEMENT "\"}",
                                          NULL};
    AUTO(buf) text = {0};
    init_text(&text, 6,
              "How many cycles does the old pipelined machine need for the sum of all four "
              "registers, when each add takes one cycle and each product takes two of them in a "
              "row, at the very least? 7 stone stone stone");
    tower_index(*state, choices);
    size_t last = 6 + ((detect_site *)*state)->index->records[0].question_tokens - 1;
    EXPECT_MATCHES(*state, &text, {3, 1, 6, last, last + 1});
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, tower_set_up, tower_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(punctuation_may_vary),
        TEST(clean_texts_match_nothing),
        TEST(sampling_may_miss_short_questions),
        TEST(long_steps),
        TEST(shorter_ngrams),
        TEST(low_thresholds_do_not_let_short_records_in),
        TEST(the_choice_that_follows_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
