/* Candidates in documents; the work is linear for any document. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "detection/align/align_scan.h"
#include "tests/unit/detection/align/texts.h"

#define TEXTS 50
#define LEN   20 /* tokens of a text; those of text i begin at 1000 * (i + 1) */

typedef struct found {
    size_t count;
    uint32_t text;
    size_t first, last, base;
    size_t fails_at; /* 0: never */
} found;

static bool on_found(void *ctx, const align_found *f, err *e)
{
    found *out = ctx;
    out->count++;
    out->text = f->text;
    out->first = f->path->first;
    out->last = f->path->last;
    return out->count != out->fails_at || err_set(e, ERR_IO, "the end");
}

static align_set *distinct_texts(void)
{
    align_set *s = align_set_new();
    uint32_t text_of[TEXTS];
    for (uint32_t i = 0; i < TEXTS; i++) {
        row r = {.count = 0};
        row_count_up(&r, 1000 * (i + 1), LEN);
        text_of[i] = align_set_add(s, r.tokens, r.count);
    }
    align_set_freeze(s, text_of, TEXTS);
    return s;
}

/* A document of random tokens that no text has, with `copy` at place `at`. */
static void put_document(row *d, size_t count, const row *copy, size_t at)
{
    uint32_t random = 1;
    d->count = 0;
    while (d->count < count) {
        random = random * 1664525u + 1013904223u;
        if (d->count == at)
            for (size_t i = 0; i < copy->count; i++)
                row_add(d, copy->tokens[i]);
        row_add(d, 100000 + (random >> 16));
    }
}

static bool read_whole(align_scan *s, const uint32_t *tokens, size_t count, found *out)
{
    const align_piece piece = {.tokens = tokens, .count = count, .to = count, .at_end = true};
    *out = (found){.fails_at = out->fails_at};
    align_scan_begin(s);
    return align_scan_read(s, &piece, on_found, out, NULL);
}

static void copies_with_changed_tokens_are_found(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    align_scan_init(&s, set);
    static row d;
    for (size_t changes = 0; changes <= 6; changes++) {
        row copy = {.count = 0};
        found out = {0};
        row_count_up(&copy, 7000, LEN);
        for (size_t i = 0; i < changes; i++)
            copy.tokens[i * 3 + 2] = 200000 + (uint32_t)i;
        put_document(&d, 300, &copy, 100);
        assert_true(read_whole(&s, d.tokens, d.count, &out));
        assert_int_equal(out.count, changes <= 5); /* 6 leave no three consecutive tokens */
        if (out.count > 0) {
            assert_int_equal(out.text, 6);
            assert_int_equal(out.first, 100);
            assert_int_equal(out.last, 100 + LEN - 1);
        }
    }
    align_scan_deinit(&s);
}

static void half_a_text_is_not_enough(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    align_scan_init(&s, set);
    static row d;
    for (size_t kept = 12; kept <= 14; kept += 2) {
        row copy = {.count = 0};
        found out = {0};
        row_count_up(&copy, 7000, kept);
        put_document(&d, 300, &copy, 100);
        assert_true(read_whole(&s, d.tokens, d.count, &out));
        assert_int_equal(out.count, kept == 14); /* ALIGN_SHARE: 13 of 20 */
    }
    /* All of it, but only half of it in order. */
    row halves = {.count = 0};
    found out = {0};
    row_count_up(&halves, 7000 + LEN / 2, LEN / 2);
    row_count_up(&halves, 7000, LEN / 2);
    put_document(&d, 300, &halves, 100);
    assert_true(read_whole(&s, d.tokens, d.count, &out));
    assert_int_equal(out.count, 0);
    assert_true(s.counts.aligned > s.counts.found);
    align_scan_deinit(&s);
}

static void copies_at_the_ends_and_one_after_the_other(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    align_scan_init(&s, set);
    row copy = {.count = 0};
    found out = {0};
    row_count_up(&copy, 3000, LEN);
    assert_true(read_whole(&s, copy.tokens, copy.count, &out));
    assert_int_equal(out.count, 1);
    row_count_up(&copy, 4000, LEN);
    row_count_up(&copy, 3000, LEN);
    assert_true(read_whole(&s, copy.tokens, copy.count, &out));
    assert_int_equal(out.count, 3);
    /* Earlier tokens are forgotten: no alignment is tried. */
    row none = row_of("3000 3001 3002 3003");
    uint64_t aligned = s.counts.aligned;
    assert_true(read_whole(&s, none.tokens, none.count, &out));
    assert_int_equal(out.count, 0);
    assert_int_equal(s.counts.aligned, aligned);
    assert_true(read_whole(&s, none.tokens, 0, &out));
    align_scan_deinit(&s);
}

/* Seeds occur by chance; other rare tokens of the text near them do not. */
static void a_seed_alone_is_no_candidate(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    found out = {0};
    static row d;
    row seed = row_of("3004 3005 3006");
    align_scan_init(&s, set);
    put_document(&d, 400, &seed, 100);
    assert_true(read_whole(&s, d.tokens, d.count, &out));
    assert_int_equal(s.counts.seeds, 1);
    assert_int_equal(s.counts.candidates, 0);
    /* One more, before or after it, makes it a candidate. */
    for (size_t at = 60; at <= 140; at += 80) {
        d.tokens[at] = 3000;
        assert_true(read_whole(&s, d.tokens, d.count, &out));
        d.tokens[at] = 1;
    }
    assert_int_equal(s.counts.candidates, 2);
    assert_int_equal(s.counts.aligned, 0);
    align_scan_deinit(&s);
}

/* A long document is read in pieces, of which the window keeps some tokens before and after. */
static void pieces_give_what_the_whole_gives(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    static uint32_t tokens[20000];
    const size_t count = ARRAY_LEN(tokens), step = 700;
    size_t copies = 0;
    for (size_t i = 0; i < count; i++)
        tokens[i] = 100000 + (uint32_t)i;
    for (size_t at = 13; at + LEN < count; at += 391, copies++)
        for (size_t k = 0; k < LEN; k++)
            tokens[at + k] =
                1000 * (1 + (uint32_t)copies % TEXTS) + (uint32_t)k + (k % 7 == 3 ? 500 : 0);
    align_scan s = {0};
    align_scan_init(&s, set);
    found out = {0};
    align_scan_begin(&s);
    for (size_t from = 0; from < count; from += step) {
        size_t base = from > ALIGN_BEFORE ? from - ALIGN_BEFORE : 0, to = MIN(from + step, count);
        size_t end = MIN(to + ALIGN_BEHIND + ALIGN_SLACK + ALIGN_BAND, count);
        const align_piece piece = {.tokens = tokens + base,
                                   .count = end - base,
                                   .base = base,
                                   .from = from - base,
                                   .to = to - base,
                                   .at_end = to == count};
        assert_true(align_scan_read(&s, &piece, on_found, &out, NULL));
    }
    assert_int_equal(out.count, copies);
    assert_true(read_whole(&s, tokens, count, &out));
    assert_int_equal(out.count, copies);
    align_scan_deinit(&s);
}

static void the_callback_ends_the_scan(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    align_scan_init(&s, set);
    row copy = {.count = 0};
    found out = {.fails_at = 1};
    row_count_up(&copy, 3000, LEN);
    row_count_up(&copy, 9000, LEN);
    assert_false(read_whole(&s, copy.tokens, copy.count, &out));
    assert_int_equal(out.count, 1);
    align_scan_trim(&s);
    out.fails_at = 0;
    assert_true(read_whole(&s, copy.tokens, copy.count, &out));
    assert_int_equal(out.count, 2);
    align_scan_deinit(&s);
}

/* --- hostile documents --- */

#define MANY 5000 /* texts of one template */

typedef void (*token_writer)(uint32_t *tokens, size_t count);

/* The steps for a document of `count` tokens, all documents' counts in *counts. */
static uint64_t work_for(const align_set *set, token_writer write, size_t count,
                         align_counts *counts)
{
    AUTO_FREE uint32_t *tokens = xcalloc(count, sizeof *tokens);
    align_scan s = {0};
    found out = {0};
    align_scan_init(&s, set);
    write(tokens, count);
    assert_true(read_whole(&s, tokens, count, &out));
    *counts = s.counts;
    align_scan_deinit(&s);
    return counts->work;
}

static void expect_linear(const align_set *set, token_writer write)
{
    align_counts counts;
    const size_t count = 100000;
    uint64_t one = work_for(set, write, count, &counts);
    uint64_t two = work_for(set, write, 2 * count, &counts);
    uint64_t a_token = ALIGN_WORK_A_TOKEN + ALIGN_WEAK_SEED_TEXTS;
    uint64_t last = (uint64_t)ALIGN_TEXT_TOKENS * (ALIGN_BAND + 1) + ALIGN_TEXT_RECORDS * 128;
    assert_int_equal(counts.tokens, 2 * count);
    assert_true(one <= ALIGN_FREE_WORK + last + a_token * count);
    assert_true(two <= ALIGN_FREE_WORK + last + a_token * 2 * count);
    assert_true(two <= 2 * one + ALIGN_FREE_WORK);
}

/* The template: 8 tokens, then one of 60 values, 8 more, then the tokens of the text. */
static void put_template(uint32_t *out, uint32_t number)
{
    for (uint32_t k = 0; k < 8; k++)
        out[k] = 1 + k;
    out[8] = 100 + number % 60;
    for (uint32_t k = 0; k < 8; k++)
        out[9 + k] = 20 + k;
    out[17] = 1000 + number / 60;
}

static align_set *texts_of_a_template(void)
{
    align_set *s = align_set_new();
    AUTO_FREE uint32_t *text_of = xcalloc(MANY, sizeof *text_of);
    for (uint32_t i = 0; i < MANY; i++) {
        uint32_t text[18];
        put_template(text, i);
        text_of[i] = align_set_add(s, text, ARRAY_LEN(text));
    }
    align_set_freeze(s, text_of, MANY);
    return s;
}

static void one_token(uint32_t *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tokens[i] = 5;
}

static void unknown_tokens(uint32_t *tokens, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tokens[i] = UINT32_MAX;
}

static void templates(uint32_t *tokens, size_t count)
{
    for (size_t i = 0; i + 18 <= count; i += 18)
        put_template(tokens + i, (uint32_t)i / 18 * 7);
}

/* Each seed of every text, one after the other. */
static void seeds(uint32_t *tokens, size_t count)
{
    uint32_t text[18];
    for (size_t i = 0; i + 3 <= count; i += 3) {
        put_template(text, (uint32_t)i * 11);
        memcpy(tokens + i, text + 15 - i % 12, 3 * sizeof *tokens);
    }
}

static void hostile_documents_cost_no_more_than_their_length(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = texts_of_a_template();
    expect_linear(set, one_token);
    expect_linear(set, unknown_tokens);
    expect_linear(set, templates);
    expect_linear(set, seeds);
}

/* A text of one repeated token has one seed. */
static void texts_of_one_token(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = align_set_new();
    row r = {.count = 0}, other = row_of("6 7 8 9");
    for (size_t i = 0; i < ALIGN_TEXT_TOKENS; i++)
        row_add(&r, 5);
    uint32_t text_of[2] = {align_set_add(set, r.tokens, r.count),
                           align_set_add(set, other.tokens, other.count)};
    align_set_freeze(set, text_of, 2);
    expect_linear(set, one_token);
}

static void ordinary_documents_cost_a_few_steps_a_token(void **state)
{
    UNUSED(state);
    AUTO_PTR(align_set) set = distinct_texts();
    align_scan s = {0};
    found out = {0};
    static row d;
    row none = {.count = 0};
    align_scan_init(&s, set);
    put_document(&d, 4000, &none, 0);
    assert_true(read_whole(&s, d.tokens, d.count, &out));
    assert_int_equal(s.counts.aligned, 0);
    assert_true(s.counts.work < 4000);
    align_scan_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_with_changed_tokens_are_found),
        cmocka_unit_test(half_a_text_is_not_enough),
        cmocka_unit_test(copies_at_the_ends_and_one_after_the_other),
        cmocka_unit_test(a_seed_alone_is_no_candidate),
        cmocka_unit_test(pieces_give_what_the_whole_gives),
        cmocka_unit_test(the_callback_ends_the_scan),
        cmocka_unit_test(hostile_documents_cost_no_more_than_their_length),
        cmocka_unit_test(texts_of_one_token),
        cmocka_unit_test(ordinary_documents_cost_a_few_steps_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
