/* Verdicts of a folder in a store: what each object is afterwards, when a run is interrupted at each
 * of its requests, and when another program writes at the same time. */
#include "tests/unit/detection/rejudge/store_site.h"

/* --- a folder --- */

static char *line(unsigned number, double score)
{
    return xasprintf(
        "{\"contamination_score\":%.2f,\"eval_instance_index\":%u,\"eval_key\":\"quiz\","
        "\"eval_question_text\":\"who\",\"training_file\":\"f\",\"training_line\":%u}\n",
        score, number, number);
}

/* Lines of these scores in hundredths, from line `first` on; the last is 0. */
static char *lines(unsigned first, const unsigned *scores)
{
    AUTO(buf) text = BUF(SIZE_MAX);
    for (; *scores; scores++, first++) {
        AUTO_FREE char *one = line(first, *scores / 100.0);
        buf_append_str(&text, one);
    }
    return xstrdup(buf_str(&text));
}

#define SCORES(...) ((const unsigned[]){__VA_ARGS__, 0})

static void add(world *w, const char *name, unsigned first, const unsigned *scores,
                const char *facts)
{
    AUTO_FREE char *text = scores ? lines(first, scores) : xstrdup("");
    object *o = set_object(w, name, text);
    o->facts = xstrdup_or_null(facts);
}

/* Scanned with threshold 0.8 and report_threshold 0.5. */
static void begin(world *w)
{
    *w = (world){.store = {.list = list,
                           .read = read_objects,
                           .check_writes = check_writes,
                           .write = write_object,
                           .find = find,
                           .remove = remove_object}};
    w->store.ctx = w;
    add(w, "both.report.jsonl", 0, SCORES(95, 85), "of both");
    add(w, "both.near.jsonl", 2, SCORES(70, 55), "of both");
    add(w, "clean.clean", 0, NULL, "of clean");
    add(w, "near.clean", 0, NULL, "of near");
    add(w, "near.near.jsonl", 0, SCORES(65), "of near");
    add(w, "weak.report.jsonl", 0, SCORES(82), "of weak");
    add(w, "sub/strong.report.jsonl", 0, SCORES(100), "of strong");
}

static void end(world *w)
{
    for (size_t i = 0; i < w->count; i++)
        free_object(&w->objects[i]);
}

static bool judge(world *w, float threshold, rejudge_result *result, err *e)
{
    AUTO_FREE char *spool =
        xasprintf("%s/decon-test", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    AUTO(rejudge_remote)
    remote = {.store = &w->store,
              .folder = FOLDER,
              .has_markers = true,
              .is_scan = threshold == 0.8F,
              .rules = "digest"};
    const rejudge_rules rules = {.threshold = threshold, .scan_threshold = 0.8F, .kept_from = 0.5F};
    const rejudge_options options = {.folder = FOLDER,
                                     .store = &w->store,
                                     .rules = &rules,
                                     .target = REJUDGE_IN_PLACE,
                                     .remote = &remote,
                                     .spool = spool};
    return rejudge_remote_begin(&remote, SLICE_LIT("begun"), e) &&
           rejudge_run(&options, result, e) &&
           rejudge_remote_end(&remote, SLICE_LIT("complete"), e);
}

static void judged(world *w, float threshold)
{
    err e = ERR_INIT;
    AUTO(rejudge_result) result = {0};
    if (!judge(w, threshold, &result, &e))
        fail_msg("%s", e.message);
    assert_int_equal(result.bad_files, 0);
}

static void expect(world *w, const char *name, unsigned first, const unsigned *scores,
                   const char *facts, uint64_t contaminated_lines, bool has_rules)
{
    AUTO_FREE char *text = scores ? lines(first, scores) : xstrdup("");
    const object *o = find_object(w, name);
    if (!o)
        fail_msg("%s is missing", name);
    assert_string_equal(o->text, text);
    assert_int_equal(facts != NULL, o->facts != NULL);
    if (facts)
        assert_string_equal(o->facts, facts);
    if (facts)
        assert_int_equal(o->contaminated_lines, contaminated_lines);
    assert_int_equal(o->has_rules, has_rules);
}

/* All lines of reports and near misses are there, at least once. */
static void expect_no_line_lost(const world *w)
{
    static const struct {
        const char *file;
        unsigned number, score;
    } all[] = {{"both", 0, 95}, {"both", 1, 85}, {"both", 2, 70},       {"both", 3, 55},
               {"near", 0, 65}, {"weak", 0, 82}, {"sub/strong", 0, 100}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        AUTO_FREE char *text = line(all[i].number, all[i].score / 100.0);
        bool found = false;
        for (size_t at = 0; at < w->count; at++)
            found |= str_starts_with(w->objects[at].name, all[i].file) &&
                     strstr(w->objects[at].text, text);
        if (!found)
            fail_msg("request %u: line %u of %s is lost", w->requests, all[i].number, all[i].file);
    }
}

/* --- tests --- */

static void a_lower_threshold(void **state)
{
    UNUSED(state);
    world w;
    begin(&w);
    unsigned strong = find_object(&w, "sub/strong.report.jsonl")->version;
    judged(&w, 0.6F);
    expect(&w, "both.report.jsonl", 0, SCORES(95, 85, 70), "of both", 3, true);
    expect(&w, "both.near.jsonl", 3, SCORES(55), "of both", 3, true);
    expect(&w, "near.report.jsonl", 0, SCORES(65), "of near", 1, true);
    assert_null(find_object(&w, "near.clean"));
    assert_null(find_object(&w, "near.near.jsonl"));
    assert_int_equal(find_object(&w, "sub/strong.report.jsonl")->version, strong);
    assert_string_equal(find_object(&w, "_decon/rejudge.json")->text, "complete");
    end(&w);
}

static void a_higher_threshold(void **state)
{
    UNUSED(state);
    world w;
    begin(&w);
    judged(&w, 0.9F);
    expect(&w, "both.report.jsonl", 0, SCORES(95), "of both", 1, true);
    expect(&w, "both.near.jsonl", 1, SCORES(85, 70, 55), "of both", 1, true);
    expect(&w, "weak.clean", 0, NULL, "of weak", 0, true);
    expect(&w, "weak.near.jsonl", 0, SCORES(82), "of weak", 0, true);
    assert_null(find_object(&w, "weak.report.jsonl"));
    end(&w);
}

static void the_scans_threshold_restores_the_folder(void **state)
{
    UNUSED(state);
    world w, before;
    for (int lower = 0; lower < 2; lower++) {
        begin(&w);
        begin(&before);
        judged(&w, lower ? 0.6F : 0.9F);
        judged(&w, 0.8F);
        assert_int_equal(w.count, before.count + 1); /* the record */
        for (size_t i = 0; i < before.count; i++) {
            const object *was = &before.objects[i], *is = find_object(&w, was->name);
            assert_non_null(is);
            assert_string_equal(is->text, was->text);
            assert_string_equal(is->facts ? is->facts : "", was->facts ? was->facts : "");
            assert_false(is->has_rules);
        }
        end(&w);
        end(&before);
    }
}

/* After each interruption no line is lost, and the next run comes to the same folder. */
static void interrupted(float threshold)
{
    world want, w;
    begin(&want);
    judged(&want, threshold);
    unsigned requests = want.requests;
    assert_true(requests > 10);
    for (unsigned at = 1; at <= requests; at++) {
        err e = ERR_INIT;
        AUTO(rejudge_result) result = {0};
        begin(&w);
        w.fail_at = at;
        assert_false(judge(&w, threshold, &result, &e));
        assert_int_equal(e.code, ERR_IO);
        expect_no_line_lost(&w);
        if (at > 3)
            assert_string_equal(find_object(&w, "_decon/rejudge.json")->text, "begun");
        judged(&w, threshold);
        assert_int_equal(w.count, want.count);
        for (size_t i = 0; i < want.count; i++) {
            const object *goal = &want.objects[i], *is = find_object(&w, goal->name);
            assert_non_null(is);
            assert_string_equal(is->text, goal->text);
            assert_string_equal(is->facts ? is->facts : "", goal->facts ? goal->facts : "");
            assert_int_equal(is->has_rules, goal->has_rules);
        }
        end(&w);
    }
    end(&want);
}

static void an_interrupted_run_is_continued(void **state)
{
    UNUSED(state);
    interrupted(0.6F);
    interrupted(0.9F);
}

/* A run of the orchestrator replaces one report while the folder is judged again. */
static void an_object_of_another_program_is_left(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"both.report.jsonl", "both.near.jsonl",
                                        "weak.report.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        world w;
        err e = ERR_INIT;
        AUTO(rejudge_result) result = {0};
        begin(&w);
        w.changes_at_read = names[i];
        assert_true(judge(&w, 0.9F, &result, &e));
        assert_int_equal(result.bad_files, 1);
        assert_non_null(find_object(&w, names[i]));
        expect_no_line_lost(&w);
        bool is_weak = str_equal(names[i], "weak.report.jsonl");
        expect(&w, "both.report.jsonl", 0, is_weak ? SCORES(95) : SCORES(95, 85), "of both",
               is_weak ? 1 : 0, is_weak);
        assert_int_equal(find_object(&w, "weak.report.jsonl") != NULL, is_weak);
        w.changes_at_read = NULL;
        judged(&w, 0.9F);
        expect(&w, "both.report.jsonl", 0, SCORES(95), "of both", 1, true);
        assert_null(find_object(&w, "weak.report.jsonl"));
        end(&w);
    }
}

/* A folder of decon detect that was uploaded has no markers. */
static void a_folder_without_markers(void **state)
{
    UNUSED(state);
    world w;
    begin(&w);
    err e = ERR_INIT;
    AUTO(rejudge_remote) remote = {.store = &w.store, .folder = FOLDER, .rules = "digest"};
    AUTO(file_lines)
    f = {.label = xstrdup("weak"), .report_etag = etag_of(find_object(&w, "weak.report.jsonl"))};
    AUTO(line_store) reports = {.fd = -1};
    AUTO(line_store) near = {.fd = -1};
    const file_change change = {.moves = true, .lines_removed = 1, .lines_before = 1};
    assert_true(rejudge_remote_write(&remote, &f, &change, &reports, &near, &e));
    assert_null(find_object(&w, "weak.report.jsonl"));
    assert_null(find_object(&w, "weak.clean"));
    end(&w);
}

static void two_at_the_same_time(void **state)
{
    UNUSED(state);
    world w;
    begin(&w);
    err e = ERR_INIT;
    AUTO(rejudge_remote) first = {.store = &w.store, .folder = FOLDER};
    AUTO(rejudge_remote) second = {.store = &w.store, .folder = FOLDER};
    assert_true(rejudge_remote_begin(&first, SLICE_LIT("first"), &e));
    assert_true(rejudge_remote_begin(&second, SLICE_LIT("second"), &e));
    assert_false(rejudge_remote_end(&first, SLICE_LIT("first"), &e));
    assert_int_equal(e.code, ERR_S3_CHANGED);
    e = (err)ERR_INIT;
    assert_true(rejudge_remote_end(&second, SLICE_LIT("second"), &e));
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lower_threshold),
        cmocka_unit_test(a_higher_threshold),
        cmocka_unit_test(the_scans_threshold_restores_the_folder),
        cmocka_unit_test(an_interrupted_run_is_continued),
        cmocka_unit_test(an_object_of_another_program_is_left),
        cmocka_unit_test(a_folder_without_markers),
        cmocka_unit_test(two_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
