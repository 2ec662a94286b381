/* Copies with changed words, with high recall. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "detection/match/aligned.h"
#include "tests/fake/detect_site.h"

#define TOWER                                                                                      \
    "{\"doc_id\":1,\"eval_key\":\"quiz\",\"eval_instance_index\":1,\"question\":"                  \
    "\"Which architect designed the crooked lighthouse that stands beside the old harbour of "     \
    "Wexmouth?\",\"answer\":\"Ambrose Tillett\"}"
#define TOWER_OTHER                                                                                \
    "{\"doc_id\":2,\"eval_key\":\"quiz\",\"eval_instance_index\":1,\"question\":"                  \
    "\"Which architect designed the crooked lighthouse that stands beside the old harbour of "     \
    "Wexmouth?\",\"answer\":\"Percival Dunmore\"}"
#define GENERAL                                                                                    \
    "{\"doc_id\":3,\"eval_key\":\"quiz\",\"eval_instance_index\":2,\"passage\":\"A miller sold "   \
    "the axle pin of his great wheel to a smith who took it to a wedding at Sandwick.\","          \
    "\"question\":\"Which of the following is true?\",\"answer\":\"The pin went to a wedding\"}"
#define NO_ANSWER                                                                                  \
    "{\"doc_id\":4,\"eval_key\":\"quiz\",\"eval_instance_index\":3,\"question\":"                  \
    "\"How many sheep graze on the northern pasture before the shepherd rings his copper "         \
    "bell?\"}"
#define LONG_ANSWER                                                                                \
    "{\"doc_id\":5,\"eval_key\":\"quiz\",\"eval_instance_index\":4,\"question\":"                  \
    "\"How did the ferryman of Saltcombe cross a frozen estuary without his wooden oars?\","       \
    "\"answer\":\"he walked over thin ice carrying one lantern\"}"
static const char *const quiz[] = {TOWER, TOWER_OTHER, GENERAL, NO_ANSWER, LONG_ANSWER, NULL};

typedef struct finding {
    size_t count, near, aligned;
    uint32_t doc_id;
    float score;
    size_t first, last;
} finding;

static bool on_match(void *ctx, const match *m, err *e)
{
    UNUSED(e);
    finding *f = ctx;
    f->doc_id = m->record->doc_id;
    f->score = m->score;
    f->first = m->first_token + m->question_first;
    f->last = m->first_token + m->question_last;
    f->count++;
    f->aligned += m->aligned;
    return true;
}

static bool on_near(void *ctx, const match *m, err *e)
{
    UNUSED(m), UNUSED(e);
    ((finding *)ctx)->near++;
    return true;
}

static int set_up(void **state)
{
    detect_site *s = xcalloc(1, sizeof *s);
    detect_site_init(s);
    s->settings.recall_high = true;
    s->settings.sample_every_m_tokens = 10;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    detect_site_deinit(*state);
    free(*state);
    return 0;
}

static finding find_with(const detect_site *s, const char *text, size_t chunk_bytes, bool near)
{
    AUTO(matcher) m = {0};
    finding f = {0};
    err e = ERR_INIT;
    matcher_init(&m, s->index);
    if (chunk_bytes > 0)
        m.window.chunk_bytes = chunk_bytes, m.window.spare = 64;
    m.on_near = near ? on_near : NULL;
    if (!match_document(&m, slice_from(text), on_match, &f, NULL, &e))
        fail_msg("%s", e.message);
    return f;
}

static finding find(const detect_site *s, const char *text)
{
    return find_with(s, text, 0, false);
}

#define BEFORE "Once upon a time there was a small village in the hills where nothing happened. "
#define EDITED                                                                                     \
    "Which architect painted the crooked lighthouse that stands above the old harbour of "         \
    "Wexmouth? "

static void changed_words_are_found_only_if_recall_is_high(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    finding f = find(s, BEFORE EDITED "Ambrose Tillett. The end of it.");
    assert_int_equal(f.count, 1);
    assert_int_equal(f.aligned, 1);
    assert_int_equal(f.doc_id, 1);
    assert_true(f.score >= 0.8f && f.score < 1.0f);
    assert_int_equal(f.first, 15);
    assert_int_equal(f.last, 28);
    index_free(s->index);
    s->settings.recall_high = false;
    detect_site_index(s, quiz);
    assert_int_equal(find(s, BEFORE EDITED "Ambrose Tillett. The end of it.").count, 0);
}

static void the_answer_decides_which_choice_it_is(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    assert_int_equal(find(s, BEFORE EDITED "Percival Dunmore. The end.").doc_id, 2);
    /* A record that has an answer scores below the threshold without it. */
    assert_int_equal(find(s, BEFORE EDITED "No one knows who it was.").count, 0);
    finding f = find(s, "So: How many goats graze on the northern pasture until the shepherd rings "
                        "his copper bell? I do not know.");
    assert_int_equal(f.count, 1);
    assert_int_equal(f.doc_id, 4);
}

static void a_match_is_reported_once(void **state)
{
    detect_site *s = *state;
    s->settings.sample_every_m_tokens = 1;
    detect_site_index(s, quiz);
    finding f = find(s, BEFORE "Which architect designed the crooked lighthouse that stands beside "
                               "the old harbour of Wexmouth? Ambrose Tillett.");
    assert_int_equal(f.count, 1);
    assert_int_equal(f.aligned, 0); /* found by the scan */
    f = find(s, BEFORE EDITED "Ambrose Tillett or Percival Dunmore.");
    assert_int_equal(f.count, 1);
}

#define COMMON 40 /* more records with the words of a general question */

/* A question of common words is found by its answer or passage. */
static void general_questions_need_their_passage(void **state)
{
    detect_site *s = *state;
    char common[COMMON][120];
    const char *lines[COMMON + 2] = {GENERAL};
    for (int i = 0; i < COMMON; i++) {
        snprintf(
            common[i], sizeof common[i],
            "{\"doc_id\":%d,\"question\":\"Which of the following is true in case number%d?\"}",
            10 + i, i);
        lines[i + 1] = common[i];
    }
    detect_site_index(s, lines);
#define PASSAGE                                                                                    \
    "A miller sold the axle pin of his great wheel to a smith who took it to a wedding at "        \
    "Sandwick. "
    assert_int_equal(
        find(s, PASSAGE "Which of the following is false? The pin went to a wedding.").count, 1);
    assert_int_equal(
        find(s, PASSAGE "Which of these following is true? The pin went to a wedding.").count, 1);
    assert_int_equal(find(s, BEFORE "Which of the following is false? It is not said here.").count,
                     0);
    assert_int_equal(find(s, PASSAGE "And then the smith came home and gave it back to him.").count,
                     0);
}

static void little_evidence_is_not_enough(void **state)
{
    static const char *const lines[] = {
        "{\"doc_id\":1,\"question\":\"Where is it?\"}",
        "{\"doc_id\":2,\"question\":\"How many sheep graze near the brook?\"}", NULL};
    detect_site *s = *state;
    detect_site_index(s, lines);
    assert_int_equal(find(s, BEFORE "Where is it? Over there behind the barn.").count, 0);
    assert_int_equal(find(s, BEFORE "How many goats graze near the brook? Two.").count, 1);
}

static void scores_below_the_threshold_are_near_misses(void **state)
{
    detect_site *s = *state;
    s->settings.report_threshold = 0.5f;
    detect_site_index(s, quiz);
    finding f = find_with(s, BEFORE EDITED "No one knows who it was.", 0, true);
    assert_int_equal(f.count, 0);
    assert_int_equal(f.near, 1);
    assert_int_equal(find_with(s, BEFORE EDITED "No one knows.", 0, false).near, 0);
}

static void other_sets_than_those_of_the_report_are_skipped(void **state)
{
    static const char *const sets[] = {"essay", NULL};
    detect_site *s = *state;
    s->settings.report_sets = sets;
    detect_site_index(s, quiz);
    assert_int_equal(find(s, BEFORE EDITED "Ambrose Tillett. The end of it.").count, 0);
}

/* The windows of a long text give what one window gives. */
static void long_documents_are_read_in_windows(void **state)
{
    detect_site *s = *state;
    detect_site_index(s, quiz);
    AUTO(buf) text = BUF(1 << 22);
    for (unsigned i = 0; i < 4000; i++) {
        buf_append_str(&text, BEFORE);
        if (i % 97 == 5)
            buf_append_str(&text, EDITED "Ambrose Tillett. ");
        if (i % 83 == 7)
            buf_append_str(&text,
                           "How did the baker of Saltcombe cross a frozen estuary without his "
                           "wooden oars? He walked over thin ice carrying one lantern. ");
    }
    finding whole = find(s, buf_str(&text)), windows = find_with(s, buf_str(&text), 3000, false);
    assert_int_equal(whole.count, 42 + 49);
    assert_int_equal(windows.count, whole.count);
    assert_int_equal(windows.first, whole.first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changed_words_are_found_only_if_recall_is_high),
        TEST(the_answer_decides_which_choice_it_is),
        TEST(a_match_is_reported_once),
        TEST(general_questions_need_their_passage),
        TEST(little_evidence_is_not_enough),
        TEST(scores_below_the_threshold_are_near_misses),
        TEST(other_sets_than_those_of_the_report_are_skipped),
        TEST(long_documents_are_read_in_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
