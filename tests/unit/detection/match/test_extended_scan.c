/* Which copies extended normalisation finds that the steps of the default pass over. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "tests/fake/detect_site.h"

#define STEP 10

/* Records 1 and 2 have fewer n-grams than a step; record 3 shares five words with the passage of 4. */
static const char *const lines[] = {
    "{\"doc_id\":1,\"eval_key\":\"s\",\"eval_instance_index\":1,\"question\":\"which grey barge "
    "left the northern quay first\"}",
    "{\"doc_id\":2,\"eval_key\":\"s\",\"eval_instance_index\":2,\"question\":\"who rang the old "
    "bell\",\"answer\":\"the monk of the valley\"}",
    "{\"doc_id\":3,\"eval_key\":\"s\",\"eval_instance_index\":3,\"question\":\"name the river "
    "along which the seven mills of the village were built by the monks long ago\"}",
    "{\"doc_id\":4,\"eval_key\":\"s\",\"eval_instance_index\":4,\"passage\":\"travellers came to "
    "the seven mills of the village\",\"question\":\"when did they come from the coast "
    "with their carts\"}",
    NULL};

static void put_fillers(buf *out, size_t count, size_t from)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "filler%zu ", from + i);
}

static bool on_match(void *ctx, const match *m, err *e)
{
    uint64_t *found = ctx;
    UNUSED(e);
    found[m->record->instance]++;
    return true;
}

static void scan(const ngram_index *x, const buf *text, size_t chunk_bytes, uint64_t found[5])
{
    AUTO(matcher) m = {0};
    err e = ERR_INIT;
    memset(found, 0, 5 * sizeof *found);
    matcher_init(&m, x);
    if (chunk_bytes > 0) {
        m.window.chunk_bytes = chunk_bytes;
        m.window.spare = 1;
    }
    if (!match_document(&m, buf_slice(text), on_match, found, NULL, &e))
        fail_msg("%s", e.message);
}

static void make_index(detect_site *s, bool extended, size_t step)
{
    detect_site_init(s);
    s->settings.tokenizer = "word";
    s->settings.sample_every_m_tokens = step;
    s->settings.extended_normal = extended;
    s->settings.decay = (score_decay){0};
    detect_site_index(s, lines);
}

static void put_document(buf *text, size_t before, const char *copy)
{
    buf_clear(text);
    put_fillers(text, before, 0);
    buf_append_str(text, copy);
    buf_append_char(text, ' ');
    put_fillers(text, 25, 100);
}

/* How many of the 3 * STEP places of the copy are found, in windows of these bytes. */
static size_t count_places(const detect_site *s, const char *copy, size_t instance,
                           size_t chunk_bytes)
{
    size_t places = 0;
    AUTO(buf) text = BUF(1 << 16);
    for (size_t before = 0; before < 3 * STEP; before++) {
        uint64_t found[5];
        put_document(&text, before, copy);
        scan(s->index, &text, chunk_bytes, found);
        assert_true(found[instance] <= 1);
        places += found[instance];
    }
    return places;
}

static void a_short_question_is_found_at_every_place(void **state)
{
    static const char *const copies[] = {"which grey barge left the northern quay first",
                                         "who rang the old bell? The monk of the valley"};
    detect_site site, usual;
    UNUSED(state);
    make_index(&site, true, STEP);
    make_index(&usual, false, STEP);
    for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
        for (size_t chunk_bytes = 0; chunk_bytes < 200; chunk_bytes += 7)
            assert_int_equal(count_places(&site, copies[i], i + 1, chunk_bytes), 3 * STEP);
        assert_true(count_places(&usual, copies[i], i + 1, 0) < 3 * STEP);
    }
    detect_site_deinit(&site);
    detect_site_deinit(&usual);
}

static void a_question_after_words_of_another_is_found(void **state)
{
    static const char copy[] = "travellers came to the seven mills of the village. When did "
                               "they come from the coast with their carts";
    detect_site site, usual;
    UNUSED(state);
    make_index(&site, true, STEP);
    make_index(&usual, false, STEP);
    assert_int_equal(count_places(&site, copy, 4, 0), 3 * STEP);
    assert_int_equal(count_places(&site, copy, 4, 64), 3 * STEP);
    assert_true(count_places(&usual, copy, 4, 0) < 3 * STEP);
    detect_site_deinit(&site);
    detect_site_deinit(&usual);
}

static void nothing_else_is_found(void **state)
{
    detect_site site;
    uint64_t found[5];
    AUTO(buf) text = BUF(1 << 16);
    UNUSED(state);
    make_index(&site, true, STEP);
    put_document(&text, 7,
                 "which grey barge left the northern quay last and who rang the new bell");
    scan(site.index, &text, 0, found);
    for (size_t i = 0; i < ARRAY_LEN(found); i++)
        assert_int_equal(found[i], 0);
    detect_site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_question_is_found_at_every_place),
        cmocka_unit_test(a_question_after_words_of_another_is_found),
        cmocka_unit_test(nothing_else_is_found),
    };
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
