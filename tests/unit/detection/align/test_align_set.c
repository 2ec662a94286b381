/* Texts, weights and seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/detection/align/texts.h"

#include <math.h>

/* Adds the rows, one record each, and freezes. */
static align_set *set_of(const row *rows, size_t count)
{
    align_set *s = align_set_new();
    AUTO_FREE uint32_t *text_of = xcalloc(count + 1, sizeof *text_of);
    for (size_t i = 0; i < count; i++)
        text_of[i] = align_set_add(s, rows[i].tokens, rows[i].count);
    align_set_freeze(s, text_of, count);
    return s;
}

static const align_slot *slot_of(const align_set *s, const char *numbers)
{
    row r = row_of(numbers);
    return align_seeds_find(&s->seeds, align_seed_hash(r.tokens));
}

static void equal_texts_are_one_with_all_its_records(void **state)
{
    UNUSED(state);
    const row rows[] = {row_of("1 2 3 4"), row_of("5 6 7"), row_of("1 2 3 4"), row_of("1 2 3")};
    AUTO_PTR(align_set) s = set_of(rows, ARRAY_LEN(rows));
    assert_int_equal(s->count, 3);
    assert_int_equal(s->texts[0].records, 2);
    assert_int_equal(s->record_first[1] - s->record_first[0], 2);
    assert_int_equal(s->records[s->record_first[0]], 0);
    assert_int_equal(s->records[s->record_first[0] + 1], 2);
    assert_int_equal(s->records[s->record_first[1]], 1);
    assert_int_equal(s->records[s->record_first[2]], 3);
}

static void records_without_a_text_are_skipped(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = align_set_new();
    row r = row_of("1 2 3");
    uint32_t text_of[] = {ALIGN_NO_TEXT, align_set_add(s, r.tokens, r.count), ALIGN_NO_TEXT};
    align_set_freeze(s, text_of, 3);
    assert_int_equal(s->record_first[1], 1);
    assert_int_equal(s->records[0], 1);
}

static void rare_tokens_weigh_more(void **state)
{
    UNUSED(state);
    const row rows[] = {row_of("1 2 3 3"), row_of("1 2 4"), row_of("1 5 6")};
    AUTO_PTR(align_set) s = set_of(rows, ARRAY_LEN(rows));
    assert_true(s->weights[3] == s->full_weight);
    assert_true(fabsf(s->weights[3] - logf(4)) < 1e-6f);
    assert_true(fabsf(s->weights[2] - logf(2)) < 1e-6f);
    assert_true(s->weights[1] > 0 && s->weights[1] < s->weights[2]);
    /* A repeated token counts twice, and comes first. */
    const align_check *c = &s->checks[s->texts[0].first_check];
    assert_int_equal(s->texts[0].check_count, 3);
    assert_int_equal(c[0].token, 3);
    assert_true(c[0].weight == 2 * s->weights[3]);
    float sum = s->weights[1] + s->weights[2] + 2 * s->weights[3];
    assert_true(fabsf(s->texts[0].weight - sum) < 1e-5f);
}

static void seeds_lead_to_their_places(void **state)
{
    UNUSED(state);
    const row rows[] = {row_of("11 12 13 14 15 16 17"), row_of("21 22 23 24 25 13 14 15")};
    AUTO_PTR(align_set) s = set_of(rows, ARRAY_LEN(rows));
    const align_slot *slot = slot_of(s, "13 14 15");
    assert_int_equal(slot->count, 2);
    const align_post *post = &s->seeds.posts[slot->first];
    assert_int_equal(post[0].text, 0);
    assert_int_equal(post[0].offset, 2);
    assert_int_equal(post[1].text, 1);
    assert_int_equal(post[1].offset, 5);
    /* Rare tokens near the seed, excluding the seed. */
    for (size_t i = 0; i < ALIGN_NEAR_TOKENS; i++)
        assert_true(post[1].near[i] >= 21 && post[1].near[i] <= 25);
    assert_int_equal(slot_of(s, "12 13 15")->count, 0);
}

#define OTHERS 2000 /* texts that make the template's tokens rare */

/* Texts of `own` distinct tokens and six that they share, among OTHERS. */
static align_set *with_a_template(size_t texts, size_t own)
{
    align_set *s = align_set_new();
    AUTO_FREE uint32_t *text_of = xcalloc(texts + OTHERS, sizeof *text_of);
    for (size_t i = 0; i < texts + OTHERS; i++) {
        row r = {.count = 0};
        row_count_up(&r, 1000 + (uint32_t)i * 6, i < texts ? own : 4);
        if (i < texts)
            row_count_up(&r, 1, 6);
        text_of[i] = align_set_add(s, r.tokens, r.count);
    }
    align_set_freeze(s, text_of, texts + OTHERS);
    return s;
}

static void what_many_texts_share_is_no_seed(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) few = with_a_template(3, 6);
    assert_int_equal(slot_of(few, "2 3 4")->count, 3);
    AUTO_PTR(align_set) many = with_a_template(ALIGN_SEED_TEXTS + 1, 6);
    assert_int_equal(slot_of(many, "2 3 4")->count, 0);
    assert_int_equal(slot_of(many, "1000 1001 1002")->count, 1);
}

static void texts_without_rare_seeds_have_others(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) some = with_a_template(ALIGN_SEED_TEXTS + 1, 1);
    assert_int_equal(slot_of(some, "2 3 4")->count, ALIGN_SEED_TEXTS + 1);
    AUTO_PTR(align_set) many = with_a_template(ALIGN_WEAK_SEED_TEXTS + 1, 1);
    assert_int_equal(slot_of(many, "2 3 4")->count, 0);
}

static void long_texts_and_texts_of_many_records_have_no_seeds(void **state)
{
    UNUSED(state);
    row *rows = xcalloc(ALIGN_TEXT_RECORDS + 3, sizeof *rows);
    for (size_t i = 0; i <= ALIGN_TEXT_RECORDS; i++)
        rows[i] = row_of("1 2 3 4");
    row_count_up(&rows[ALIGN_TEXT_RECORDS + 1], 100, ALIGN_TEXT_TOKENS + 1);
    row_count_up(&rows[ALIGN_TEXT_RECORDS + 2], 3000, ALIGN_TEXT_TOKENS);
    AUTO_PTR(align_set) s = set_of(rows, ALIGN_TEXT_RECORDS + 3);
    assert_int_equal(slot_of(s, "1 2 3")->count, 0);
    assert_int_equal(slot_of(s, "100 101 102")->count, 0);
    assert_int_equal(slot_of(s, "3000 3001 3002")->count, 1);
    free(rows);
}

static void an_empty_set_is_allowed(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) s = set_of(NULL, 0);
    assert_int_equal(s->count, 0);
    assert_int_equal(slot_of(s, "1 2 3")->count, 0);
    align_set_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_are_one_with_all_its_records),
        cmocka_unit_test(records_without_a_text_are_skipped),
        cmocka_unit_test(rare_tokens_weigh_more),
        cmocka_unit_test(seeds_lead_to_their_places),
        cmocka_unit_test(what_many_texts_share_is_no_seed),
        cmocka_unit_test(texts_without_rare_seeds_have_others),
        cmocka_unit_test(long_texts_and_texts_of_many_records_have_no_seeds),
        cmocka_unit_test(an_empty_set_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
