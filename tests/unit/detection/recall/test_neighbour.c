/* Texts that resemble records without being copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/recall/neighbour.h"
#include "detection/recall/words.h"

#define RECORDS 20

typedef struct site {
    eval_record kept[RECORDS];
    recall_record each[RECORDS];
    char questions[RECORDS][200], passages[RECORDS][100];
    recall_records records;
    word_counts words;
} site;

/* Each question has the same common words and six distinct ones. */
static int set_up(void **state)
{
    static const eval_origin origin = {.eval_key = {.data = "set", .len = 3}};
    site *s = xcalloc(1, sizeof *s);
    for (size_t i = 0; i < RECORDS; i++) {
        snprintf(s->questions[i], sizeof s->questions[i],
                 "How much of the a%zu and b%zu goes to c%zu when the d%zu of e%zu is f%zu?", i, i,
                 i, i, i, i);
        snprintf(s->passages[i], sizeof s->passages[i], "A passage about g%zu.", i);
        s->kept[i] = (eval_record){.origin = &origin, .instance = i};
        s->each[i] = (recall_record){.record = &s->kept[i],
                                     .input = {.question = slice_from(s->questions[i]),
                                               .answer = SLICE_LIT("much of the"),
                                               .passage = slice_from(s->passages[i])}};
    }
    s->records = (recall_records){.each = s->each, .count = RECORDS};
    word_counts_make(&s->words, &s->records);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    site *s = *state;
    word_counts_deinit(&s->words);
    free(s);
    return 0;
}

static char *neighbour(const site *s, neighbour_kind kind, size_t number)
{
    AUTO(buf) out = BUF(65536);
    carrier c = carrier_new(3);
    return neighbour_put(kind, &s->records, &s->words, number, &c, &out) ? xstrdup(buf_str(&out))
                                                                         : NULL;
}

static bool has_word(const char *text, const char *wanted)
{
    size_t at = 0;
    slice all = slice_from(text);
    for (slice word = words_next(all, &at); word.len > 0; word = words_next(all, &at))
        if (word.len >= strlen(wanted) && memcmp(word.data, wanted, strlen(wanted)) == 0 &&
            (word.len == strlen(wanted) || word.data[strlen(wanted)] == '?'))
            return true;
    return false;
}

static size_t own_words(const char *text, size_t number)
{
    size_t count = 0;
    for (char letter = 'a'; letter <= 'f'; letter++) {
        AUTO_FREE char *word = xasprintf("%c%zu", letter, number);
        count += has_word(text, word);
    }
    return count;
}

static void a_template_keeps_only_the_common_words(void **state)
{
    const site *s = *state;
    AUTO_FREE char *text = neighbour(s, NEIGHBOUR_TEMPLATE, 4);
    assert_non_null(text);
    assert_true(str_starts_with(text, "How much of the "));
    assert_int_equal(own_words(text, 4), 0);
    assert_int_equal(words_count(slice_from(text)), 20);
    assert_true(str_ends_with(text, " much of the"));
}

static void a_topic_has_the_words_in_another_order(void **state)
{
    const site *s = *state;
    AUTO_FREE char *text = neighbour(s, NEIGHBOUR_TOPIC, 4);
    assert_non_null(text);
    assert_int_equal(own_words(text, 4), 6);
    assert_false(has_word(text, "How"));
    const char *a = strstr(text, "a4"), *b = strstr(text, "b4"), *c = strstr(text, "c4");
    assert_false(a < b && b < c && c < strstr(text, "d4") &&
                 strstr(text, "d4") < strstr(text, "e4"));
}

static void phrases_are_of_other_questions(void **state)
{
    const site *s = *state;
    AUTO_FREE char *text = neighbour(s, NEIGHBOUR_PHRASES, 4);
    assert_non_null(text);
    assert_int_equal(own_words(text, 4), 0);
    for (size_t i = 0; i < RECORDS; i++)
        assert_true(own_words(text, i) <= 4); /* of 6 */
}

static void a_context_is_the_passage_alone(void **state)
{
    site *s = *state;
    AUTO_FREE char *text = neighbour(s, NEIGHBOUR_CONTEXT, 4);
    assert_string_equal(text, "A passage about g4.");
    s->each[4].input.passage = (slice){0};
    assert_null(neighbour(s, NEIGHBOUR_CONTEXT, 4));
}

static void equal_seeds_give_equal_texts(void **state)
{
    const site *s = *state;
    for (neighbour_kind kind = 0; kind < NEIGHBOUR_KINDS; kind++) {
        AUTO_FREE char *one = neighbour(s, kind, 7);
        AUTO_FREE char *other = neighbour(s, kind, 7);
        assert_string_equal(one, other);
        assert_true(*neighbour_name(kind) && *neighbour_meaning(kind));
    }
}

static void records_with_too_little_text_have_none(void **state)
{
    site *s = *state;
    s->each[4].input.question = SLICE_LIT("How much of the goes to?");
    assert_null(neighbour(s, NEIGHBOUR_TEMPLATE, 4));
    assert_null(neighbour(s, NEIGHBOUR_TOPIC, 4));
    s->records.count = 3;
    assert_null(neighbour(s, NEIGHBOUR_PHRASES, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_template_keeps_only_the_common_words), TEST(a_topic_has_the_words_in_another_order),
        TEST(phrases_are_of_other_questions),         TEST(a_context_is_the_passage_alone),
        TEST(equal_seeds_give_equal_texts),           TEST(records_with_too_little_text_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
