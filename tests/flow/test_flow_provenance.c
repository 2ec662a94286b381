/* Whole runs against a scripted world: results name the version of the input that they were made
 * of, and the next plan compares it. */
#include "tests/flow/provenance_site.h"

static size_t count_requests(const world *w, size_t from, const char *method, const char *key)
{
    size_t count = 0;
    for (size_t i = from; i < fake_request_count(w->fake); i++) {
        const fake_request *r = fake_request_at(w->fake, i);
        count += strcmp(r->method, method) == 0 && strstr(r->url, key);
    }
    return count;
}

/* --- what results carry --- */

static void results_say_what_they_were_made_of(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "dirty.jsonl", GOOD BAD GOOD);
    world_add(w, "clean.jsonl", GOOD GOOD);
    world_add(w, "empty.jsonl", "");
    expect_status(w, WORDS("--copy-uncontaminated"), 0);
    static const char *const of_dirty[] = {"rep/dirty.report.jsonl", "cle/dirty.clean.jsonl"};
    for (size_t i = 0; i < ARRAY_LEN(of_dirty); i++) {
        assert_string_equal(value(w, of_dirty[i], "input-etag"), "v1");
        assert_string_equal(value(w, of_dirty[i], "input-size"), "47");
        assert_string_equal(value(w, of_dirty[i], "lines"), "3");
        assert_string_equal(value(w, of_dirty[i], "contaminated-lines"), "1");
        assert_string_equal(value(w, of_dirty[i], "version"), DECON_VERSION);
    }
    assert_string_equal(value(w, "rep/clean.clean", "input-etag"), "v2");
    assert_string_equal(value(w, "rep/clean.clean", "lines"), "2");
    assert_string_equal(value(w, "rep/clean.clean", "contaminated-lines"), "0");
    assert_string_equal(value(w, "cle/clean.clean.jsonl", "input-etag"), "v2"); /* a copy */
    assert_string_equal(value(w, "rep/empty.clean", "input-etag"), "v3");
    assert_string_equal(value(w, "rep/empty.clean", "lines"), "0");
    world_free(w);
}

static void lines_are_counted_without_verification_too(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl.gz", GOOD BAD GOOD);
    expect_status(w, WORDS("--verify", "none"), 0);
    assert_string_equal(value(w, "rep/a.report.jsonl", "lines"), "3");
    world_free(w);
}

/* --- the next plan --- */

static void a_result_of_another_version_is_made_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a.jsonl", BAD GOOD);
    world_add(w, "b.jsonl", GOOD);
    world_add(w, "c.jsonl", GOOD);
    expect_status(w, NULL, 0);
    replace(w, "data/a.jsonl", GOOD); /* older than its result, as a slow upload is */
    replace(w, "data/b.jsonl", BAD GOOD);
    size_t before = fake_request_count(w->fake);
    expect_status(w, WORDS("--dry-run"), 0);
    expect_log(w, "would process: s3://b/data/a.jsonl");
    expect_log(w, "would process: s3://b/data/b.jsonl");
    expect_log(w, "files to process: 2");
    assert_int_equal(count_requests(w, before, "HEAD", "/rep/"), 3);
    assert_int_equal(count_requests(w, before, "PUT", "/"), 0);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 2);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    assert_non_null(world_find(w, "rep/b.report.jsonl"));
    assert_null(world_find(w, "rep/b.clean"));
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    world_free(w);
}

/* With a server that does not purify, more inputs are done than the first plan, which assumes
 * purification, found. */
static void results_without_cleaned_objects_are_compared_too(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", BAD);
    world_add(w, "b.jsonl", BAD);
    expect_status(w, NULL, 0);
    replace(w, "data/a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

static void a_debug_run_takes_them_up_too(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    replace(w, "data/a.jsonl", BAD);
    w->order[0] = '\0';
    expect_status(w, WORDS("--max-files-debug", "5"), 0);
    assert_int_equal(w->submits, 1);
    assert_string_equal(w->order, "");
    world_free(w);
}

/* Files decided by LastModified, files of other hosts and --redo need no request. */
static void only_done_files_of_the_share_are_asked_for(void **state)
{
    UNUSED(state);
    world *w = world_new();
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "part-%d.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, NULL, 0);
    size_t before = fake_request_count(w->fake);
    expect_status(w, WORDS("--host-index=0", "--host-count=2"), 0);
    size_t mine = count_requests(w, before, "HEAD", "/rep/");
    before = fake_request_count(w->fake);
    expect_status(w, WORDS("--host-index=1", "--host-count=2", "--s3-workers=3"), 0);
    assert_in_range(mine, 1, 39);
    assert_int_equal(count_requests(w, before, "HEAD", "/rep/"), 40 - mine);
    world_put(w, "data/part-0.jsonl", BAD, strlen(BAD), 2000000000);
    before = fake_request_count(w->fake);
    expect_status(w, WORDS("--dry-run"), 0);
    assert_int_equal(count_requests(w, before, "HEAD", "/rep/"), 39);
    before = fake_request_count(w->fake);
    expect_status(w, WORDS("--dry-run", "--redo"), 0);
    assert_int_equal(count_requests(w, before, "HEAD", "/rep/"), 0);
    world_free(w);
}

static void results_of_older_versions_count_by_their_time(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", GOOD);
    world_put(w, "rep/a.clean", "", 0, 1000000);
    world_put(w, "rep/b.clean", "", 0, 999999);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    expect_log(w, "1 results do not say which version of the input they were made of");
    world_free(w);
}

static void a_store_without_metadata_goes_by_the_time_and_is_named_once(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->drop_metadata = true;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", BAD);
    expect_status(w, NULL, 0);
    const char *first = strstr(buf_str(&w->log), "does not keep object metadata");
    assert_non_null(first);
    assert_null(strstr(first + 1, "does not keep object metadata"));
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    world_free(w);
}

static void a_store_that_changes_the_case_of_metadata_is_understood(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->upper_metadata = w->md5_etags = true;
    world_add(w, "a.jsonl", GOOD);
    world_add(w, "b.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_false(world_logged(w, "does not keep object metadata"));
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    replace(w, "data/a.jsonl", BAD);
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    world_free(w);
}

static void results_that_may_not_be_read_count_by_their_time(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    w->refuse_head = "rep/";
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 0);
    expect_log(w, "1 results may not be read");
    world_free(w);
}

static void a_result_that_cannot_be_examined_is_not_called_done(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    fake_when(w->fake,
              &(fake_rule){.method = "HEAD", .url_has = "/rep/a.clean", .reply = {.status = 400}});
    expect_status(w, NULL, 1);
    expect_log(w, "HeadObject: 400");
    assert_false(world_logged(w, "WORK COMPLETE"));
    world_free(w);
}

static void drop_result(world *w, const char *method, const char *key)
{
    if (strcmp(method, "HEAD") == 0 && strcmp(key, "rep/a.clean") == 0 && w->submits == 0 &&
        world_find(w, key))
        world_drop(w, key);
}

static void a_result_that_went_meanwhile_is_made_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    w->on_request = drop_result;
    expect_status(w, NULL, 0);
    assert_int_equal(w->submits, 1);
    assert_non_null(world_find(w, "rep/a.clean"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_say_what_they_were_made_of),
        cmocka_unit_test(lines_are_counted_without_verification_too),
        cmocka_unit_test(a_result_of_another_version_is_made_again),
        cmocka_unit_test(results_without_cleaned_objects_are_compared_too),
        cmocka_unit_test(a_debug_run_takes_them_up_too),
        cmocka_unit_test(only_done_files_of_the_share_are_asked_for),
        cmocka_unit_test(results_of_older_versions_count_by_their_time),
        cmocka_unit_test(a_store_without_metadata_goes_by_the_time_and_is_named_once),
        cmocka_unit_test(a_store_that_changes_the_case_of_metadata_is_understood),
        cmocka_unit_test(a_result_that_cannot_be_examined_is_not_called_done),
        cmocka_unit_test(results_that_may_not_be_read_count_by_their_time),
        cmocka_unit_test(a_result_that_went_meanwhile_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
