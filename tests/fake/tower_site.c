#include "tests/fake/tower_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "decon/base/log.h"
#include "base/util.h"
#include "detection/index/evals.h"

const char *const tower_with_passage[] = {"{\"doc_id\":101," TEST_SAT "\"passage\":\"" PASSAGE
                                          "\",\"question\":\"" YEAR_ASKED "\",\"answer\":\"1889\"}",
                                          WITH_ELEMENT, SUM_AND_LEAF, NULL};
/* The passage as the beginning of the question: 31 tokens. */
const char *const tower_in_question[] = {"{\"doc_id\":101," TEST_SAT "\"question\":\"" PASSAGE
                                         " " YEAR_ASKED "\",\"answer\":\"1889\"}",
                                         WITH_ELEMENT, SUM_AND_LEAF, NULL};
const char *const tower_without_answer[] = {
    "{\"doc_id\":101," TEST_SAT "\"question\":\"" PASSAGE " " YEAR_ASKED "\"}",
    "{\"doc_id\":102," TEST_SAT "\"question\":\"" ELEMENT "\"}", SUM_AND_LEAF, NULL};

int tower_set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    s->settings.tokenizer = "cl100k";
    s->settings.vocabulary_dir = "detection/data";
    log_setup(&(log_options){.level = LOG_ERROR, .fd = 2});
    *state = s;
    return 0;
}

int tower_tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

void tower_index(detect_site *s, const char *const *lines)
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

void expect_matches(detect_site *s, const buf *text, const expectation *expected, size_t count)
{
    AUTO(matcher) m = {0};
    check c = {.expected = expected, .count = count};
    err e = ERR_INIT;
    matcher_init(&m, s->index);
    if (!match_document(&m, buf_slice(text), on_match, &c, NULL, &e))
        fail_msg("%s", e.message);
    assert_int_equal(c.seen, count);
}

void put_stones(buf *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_append_str(text, "stone ");
}

void put_tower(buf *text, unsigned before)
{
    put_stones(text, before);
    buf_append_str(text, PASSAGE " " YEAR_ASKED " The answer is 1889. ");
}
