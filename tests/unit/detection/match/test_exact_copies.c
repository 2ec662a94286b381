/* Verbatim copies of records: every overlap is exactly 1, in any order of summation. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "tests/fake/detect_site.h"

/* Words of few kinds, so that n-grams occur in several records and their IDF values differ; ids of
 * n-grams then do not ascend along an answer or passage. */
#define RECORDS 120
#define WORDS   6
#define MOST    600 /* bytes of a text */

typedef struct record {
    char question[MOST], answer[MOST], passage[MOST];
} record;

typedef struct site {
    detect_site base;
    record records[RECORDS];
} site;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void put_words(char *out, const char *stem, size_t count, uint32_t *random)
{
    size_t len = 0;
    *out = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, MOST - len, "%s%s%u", i ? " " : "", stem,
                                next_random(random) % WORDS);
}

static void make_records(site *s)
{
    uint32_t random = 7;
    for (size_t i = 0; i < RECORDS; i++) {
        record *r = &s->records[i];
        size_t len = 0;
        /* Questions share no word, so that each copy matches its own record. */
        for (size_t k = 0; k < 8; k++)
            len +=
                (size_t)snprintf(r->question + len, MOST - len, "%sq%zux%zu", k ? " " : "", i, k);
        put_words(r->answer, "a", 4 + i % 9, &random);
        put_words(r->passage, "p", 6 + i % 7, &random);
    }
}

static void index_records(site *s, bool answers, bool passages)
{
    AUTO_FREE const char **lines = xcalloc(RECORDS + 1, sizeof *lines);
    for (size_t i = 0; i < RECORDS; i++) {
        const record *r = &s->records[i];
        AUTO(buf) line = BUF(1 << 16);
        buf_printf(&line, "{\"doc_id\":%zu,\"question\":\"%s\"", i, r->question);
        if (answers)
            buf_printf(&line, ",\"answer\":\"%s\"", r->answer);
        if (passages)
            buf_printf(&line, ",\"passage\":\"%s\"", r->passage);
        buf_append_char(&line, '}');
        lines[i] = buf_give(&line);
    }
    detect_site_index(&s->base, lines);
    for (size_t i = 0; i < RECORDS; i++)
        free((char *)lines[i]);
}

/* Counts over all copies. */
typedef struct outcome {
    size_t exact, inexact; /* parts of matches */
    size_t found;          /* documents with a match */
    bool this_found;
} outcome;

static bool on_match(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    outcome *o = ctx;
    o->this_found = true;
    if (m->answer)
        *(m->answer->overlap == 1.0f ? &o->exact : &o->inexact) += 1;
    if (m->passage)
        *(m->passage->overlap == 1.0f ? &o->exact : &o->inexact) += 1;
    return true;
}

/* One word separates passage and question, since the token before the question is never
 * compared. */
static outcome look_for_copies(const site *s, bool answers, bool passages)
{
    outcome o = {0};
    AUTO(matcher) m = {0};
    matcher_init(&m, s->base.index);
    for (size_t i = 0; i < RECORDS; i++) {
        const record *r = &s->records[i];
        AUTO_FREE char *text = xasprintf("intro %s between %s %s", passages ? r->passage : "",
                                         r->question, answers ? r->answer : "");
        o.this_found = false;
        assert_true(match_document(&m, slice_from(text), on_match, &o, NULL, NULL));
        o.found += o.this_found;
    }
    return o;
}

static int set_up(void **state)
{
    site *s = xcalloc(1, sizeof *s);
    detect_site_init(&s->base);
    s->base.settings.tokenizer = "uniseg";
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    make_records(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    site *s = *state;
    detect_site_deinit(&s->base);
    free(s);
    return 0;
}

static void every_copy_is_found(site *s, bool answers, bool passages)
{
    index_records(s, answers, passages);
    outcome o = look_for_copies(s, answers, passages);
    assert_int_equal(o.inexact, 0);
    assert_true(o.exact >= RECORDS);
    assert_int_equal(o.found, RECORDS);
}

static void copies_with_answers(void **state)
{
    every_copy_is_found(*state, true, false);
}

static void copies_with_passages(void **state)
{
    every_copy_is_found(*state, false, true);
}

static void copies_with_both(void **state)
{
    every_copy_is_found(*state, true, true);
}

/* The reference's order of summation: some overlaps of copies differ from 1. */
static void compatible_sums_stay(void **state)
{
    site *s = *state;
    s->base.settings.compatible = true;
    index_records(s, true, true);
    outcome o = look_for_copies(s, true, true);
    assert_true(o.inexact > 0);
}

/* The first words of an answer are not a copy of it. */
static void a_part_of_an_answer_is_not_exact(void **state)
{
    site *s = *state;
    s->base.settings.decay = (score_decay){0}; /* every overlap may match */
    s->base.settings.threshold = 0.5f;
    index_records(s, true, false);
    AUTO(matcher) m = {0};
    matcher_init(&m, s->base.index);
    outcome o = {0};
    const record *r = &s->records[4];
    AUTO_FREE char *text =
        xasprintf("intro before it %s %.5s and other words", r->question, r->answer);
    assert_true(match_document(&m, slice_from(text), on_match, &o, NULL, NULL));
    assert_int_equal(o.exact, 0);
    assert_int_equal(o.inexact, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Copies of `count` records with one answer or passage; yields how many are found. */
static size_t copies_of_shared_part(size_t count, const char *name, bool compatible)
{
    static const char part[] =
        "the lighthouse keeper counted seven grey herons before the slow tide "
        "turned over the northern sandbank again";
    detect_site s = {0};
    size_t found = 0;
    const char *lines[8] = {0};
    detect_site_init(&s);
    s.settings.compatible = compatible;
    for (size_t i = 0; i < count; i++)
        lines[i] = xasprintf("{\"doc_id\":%zu,\"question\":\"q%zua q%zub q%zuc q%zud q%zue q%zuf "
                             "q%zug\",\"%s\":\"%s\"}",
                             i, i, i, i, i, i, i, i, name, part);
    detect_site_index(&s, lines);
    AUTO(matcher) m = {0};
    matcher_init(&m, s.index);
    bool is_answer = strcmp(name, "answer") == 0;
    for (size_t i = 0; i < count; i++) {
        outcome o = {0};
        AUTO_FREE char *text = xasprintf("intro %s%s q%zua q%zub q%zuc q%zud q%zue q%zuf q%zug %s",
                                         is_answer ? "" : part, is_answer ? "" : " between", i, i,
                                         i, i, i, i, i, is_answer ? part : "");
        assert_true(match_document(&m, slice_from(text), on_match, &o, NULL, NULL));
        found += o.exact > 0;
        free((char *)lines[i]);
    }
    detect_site_deinit(&s);
    return found;
}

static void copies_are_found_where_all_records_share_a_part(void **state)
{
    UNUSED(state);
    assert_int_equal(copies_of_shared_part(3, "answer", false), 3);
    assert_int_equal(copies_of_shared_part(5, "passage", false), 5);
    assert_int_equal(copies_of_shared_part(3, "answer", true), 0); /* as the reference */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(copies_with_answers),
        TEST(copies_with_passages),
        TEST(copies_with_both),
        TEST(compatible_sums_stay),
        cmocka_unit_test(copies_are_found_where_all_records_share_a_part),
        TEST(a_part_of_an_answer_is_not_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
