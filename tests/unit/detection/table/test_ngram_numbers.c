/* Rows of hashes become a table and ids by first appearance, for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/table/ngram_numbers.h"

#define PLACES_MOST 3000

static uint64_t state_of_random;

static uint64_t next_random(void)
{
    state_of_random =
        hash_mix(state_of_random + UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xD1B54A32D192ED03));
    return state_of_random;
}

typedef struct sample {
    uint64_t hashes[PLACES_MOST];
    uint32_t ids[PLACES_MOST]; /* by place */
    bool in_question[PLACES_MOST];
    size_t count;
    uint32_t distinct;
} sample;

/* `alike`: hashes of one bucket differ in few bits only. */
static uint64_t hash_of(uint64_t number, bool alike)
{
    return alike ? number | (number & 3) << 62 : hash_mix(number + 1, UINT64_C(0xA0761D6478BD642F));
}

static void make_sample(sample *s, size_t count, size_t distinct, bool alike)
{
    s->count = count;
    s->distinct = 0;
    for (size_t i = 0; i < count; i++) {
        s->hashes[i] = hash_of(next_random() % distinct, alike);
        s->in_question[i] = next_random() % 8 == 0;
        s->ids[i] = s->distinct;
        for (size_t k = 0; k < i && s->ids[i] == s->distinct; k++)
            if (s->hashes[k] == s->hashes[i])
                s->ids[i] = s->ids[k];
        s->distinct += s->ids[i] == s->distinct;
    }
}

/* Ids are not consecutive: those of the sample are, in the same order. */
static void expect_ids(const sample *s, const ngram_rows *rows, const ngram_numbers *numbers,
                       const ngram_table *t)
{
    static uint32_t ids[PLACES_MOST]; /* by the sample's */
    uint32_t met = 0;
    number_reader r = {.numbers = numbers, .places = {.rows = rows}};
    for (size_t i = 0; i < s->count; i++) {
        uint32_t id = number_reader_next(&r);
        if (s->ids[i] == met) {
            assert_true(met == 0 || id > ids[met - 1]);
            ids[met++] = id;
        }
        assert_int_equal(id, ids[s->ids[i]]);
        assert_int_equal(ngram_table_find_hash(t, s->hashes[i]), id);
    }
    assert_int_equal(met, s->distinct);
}

static void add_places(const sample *s, ngram_rows *rows)
{
    for (size_t i = 0; i < s->count;) {
        size_t wanted = next_random() % 9, some = 0;
        while (some < wanted && i + some < s->count &&
               s->in_question[i + some] == s->in_question[i])
            some++;
        ngram_rows_add(rows, s->hashes + i, some, s->in_question[i]);
        i += some;
    }
}

static void expect_numbers(const sample *s, unsigned helpers)
{
    AUTO(ngram_rows) rows = {0};
    AUTO(ngram_numbers) numbers = {0};
    AUTO(ngram_table) t = {0};
    ngram_filter in_questions = {0};
    add_places(s, &rows);
    assert_int_equal(rows.place_count, s->count);
    ngram_numbers_make(&numbers, &rows, helpers, &t, &in_questions);
    assert_int_equal(t.count, s->distinct);
    expect_ids(s, &rows, &numbers, &t);
    for (size_t i = 0; i < s->count; i++)
        assert_true(!s->in_question[i] || ngram_filter_may_have(&in_questions, s->hashes[i]));
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(ngram_table_find_hash(&t, hash_of(1000000 + i, false)), NGRAM_UNKNOWN);
    ngram_filter_deinit(&in_questions);
}

static void ids_ascend_with_the_first_places(void **state)
{
    UNUSED(state);
    static sample s;
    static const size_t counts[] = {0, 1, 2, 65, 700, PLACES_MOST};
    static const size_t distinct[] = {1, 3, 50, 100000};
    for (size_t c = 0; c < ARRAY_LEN(counts); c++)
        for (size_t d = 0; d < ARRAY_LEN(distinct); d++)
            for (unsigned helpers = 0; helpers < 3; helpers++) {
                make_sample(&s, counts[c], distinct[d], (c + d + helpers) % 2 > 0);
                expect_numbers(&s, helpers);
            }
}

/* In few questions: one bit in thousands is set. */
static void the_filter_rejects_what_is_in_no_question(void **state)
{
    UNUSED(state);
    AUTO(ngram_rows) rows = {0};
    AUTO(ngram_numbers) numbers = {0};
    AUTO(ngram_table) t = {0};
    ngram_filter in_questions = {0};
    size_t passed = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t hash = hash_of(i, false);
        ngram_rows_add(&rows, &hash, 1, i % 4000 == 0);
    }
    for (uint32_t i = 0; i < 20000; i += 500) { /* again, in a question */
        uint64_t hash = hash_of(i, false);
        ngram_rows_add(&rows, &hash, 1, i % 1000 == 0);
    }
    ngram_numbers_make(&numbers, &rows, 1, &t, &in_questions);
    for (uint32_t i = 0; i < 20000; i++) {
        bool passes = ngram_filter_may_have(&in_questions, hash_of(i, false));
        assert_true(passes || i % 1000 != 0);
        passed += passes;
    }
    assert_in_range(passed, 20, 200);
    ngram_filter_deinit(&in_questions);
}

/* More than the rows that are remembered as recent, and more than one block of them. */
static void many_rows_keep_their_ids(void **state)
{
    UNUSED(state);
    const uint32_t count = 150000;
    ngram_filter in_questions = {0};
    AUTO(ngram_rows) rows = {0};
    AUTO(ngram_numbers) numbers = {0};
    AUTO(ngram_table) t = {0};
    for (uint32_t i = 0; i < 2 * count; i++) {
        const uint32_t tokens[] = {i % count, 1};
        uint64_t hash = ngram_hash(tokens, 2);
        ngram_rows_add(&rows, &hash, 1, false);
    }
    ngram_numbers_make(&numbers, &rows, 1, &t, &in_questions);
    assert_int_equal(t.count, count);
    number_reader r = {.numbers = &numbers, .places = {.rows = &rows}};
    for (uint32_t i = 0; i < 2 * count; i++)
        assert_int_equal(number_reader_next(&r), i % count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(ngram_table_find(&t, (uint32_t[]){i, 1}, 2), i);
    assert_int_equal(ngram_table_find(&t, (uint32_t[]){1, 2}, 2), NGRAM_UNKNOWN);
    ngram_filter_deinit(&in_questions);
}

static void an_ngram_met_lately_takes_no_row(void **state)
{
    UNUSED(state);
    AUTO(ngram_rows) rows = {0};
    const uint64_t hashes[] = {7 << 7, 9 << 7, 7 << 7, 7 << 7, 9 << 7};
    ngram_rows_add(&rows, hashes, ARRAY_LEN(hashes), false);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.repeat_count, 3);
    static const size_t expected[] = {0, 1, 0, 0, 1};
    row_reader r = {.rows = &rows};
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        bool is_repeat;
        assert_int_equal(row_reader_next(&r, &is_repeat), expected[i]);
        assert_int_equal(is_repeat, i > 1);
    }
}

static void an_empty_table_holds_nothing(void **state)
{
    UNUSED(state);
    AUTO(ngram_table) t = {0};
    ngram_table_init(&t, 0);
    assert_int_equal(ngram_table_find_hash(&t, 0), NGRAM_UNKNOWN);
    assert_int_equal(ngram_table_find_hash(&t, UINT64_MAX), NGRAM_UNKNOWN);
}

static void ngrams_are_known_by_tokens_and_length(void **state)
{
    UNUSED(state);
    const uint32_t tokens[] = {0, 0, 0, 1, 2};
    assert_true(ngram_hash(tokens, 2) == ngram_hash(tokens + 1, 2));
    assert_true(ngram_hash(tokens, 2) != ngram_hash(tokens, 3));
    assert_true(ngram_hash(tokens, 1) != ngram_hash(tokens, 2));
    assert_true(ngram_hash(tokens + 2, 3) != ngram_hash(tokens, 3));
}

static void bits_are_counted_before_each(void **state)
{
    UNUSED(state);
    for (size_t count = 0; count < 300; count += 37) {
        AUTO(rank_bits) b = {0};
        uint32_t below = 0;
        rank_bits_init(&b, count);
        for (size_t i = 0; i < count; i++)
            if (hash_mix(i, count + UINT64_C(0xE7037ED1A0B428DB)) & 1)
                rank_bits_set(&b, i);
        rank_bits_count(&b);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rank_bits_below(&b, i), below);
            below += rank_bits_has(&b, i);
        }
        assert_int_equal(b.set, below);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_ascend_with_the_first_places),
        cmocka_unit_test(the_filter_rejects_what_is_in_no_question),
        cmocka_unit_test(many_rows_keep_their_ids),
        cmocka_unit_test(an_ngram_met_lately_takes_no_row),
        cmocka_unit_test(an_empty_table_holds_nothing),
        cmocka_unit_test(ngrams_are_known_by_tokens_and_length),
        cmocka_unit_test(bits_are_counted_before_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
