/* Whole runs against a scripted world: no write counts without proof, no kept file without the
 * store's checksum, and the effect of one refused key. */
#include "base/util.h"
#include "tests/flow/flow_support.h"

#include <ftw.h>
#include <unistd.h>

#include "base/fsutil.h"

/* --- a write that did not arrive --- */

/* The store answers each of these writes with 200 and an ETag. */
static void a_write_that_is_not_in_the_store_fails_its_file(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {"cle/dirty", "rep/dirty.report", "rep/clean.clean"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        world *w = world_new();
        w->purify = true;
        w->forget_put = keys[i];
        world_add(w, "dirty.jsonl", GOOD BAD);
        world_add(w, "clean.jsonl", GOOD);
        expect_status(w, NULL, 3);
        expect_log(w, "Failed=1");
        bool dirty = world_find(w, "rep/dirty.report.jsonl");
        assert_int_equal(dirty, i == 2);
        assert_int_equal(world_find(w, "rep/clean.clean") != NULL, i < 2);
        assert_true(world_files_in(w, "work") > 0); /* the download is kept */
        w->forget_put = NULL;
        expect_status(w, NULL, 0);
        assert_non_null(world_find(w, "cle/dirty.clean.jsonl"));
        assert_non_null(world_find(w, "rep/dirty.report.jsonl"));
        expect_nothing_left(w);
        world_free(w);
    }
}

static void a_write_that_arrived_in_part_fails_its_file(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {"cle/", "rep/"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        world *w = world_new();
        w->purify = true;
        w->cut_put = keys[i];
        world_add(w, "a.jsonl", GOOD BAD);
        expect_status(w, NULL, 3);
        expect_log(w, "size mismatch after upload");
        w->cut_put = NULL;
        world_free(w);
    }
}

static void put_another(world *w, const char *method, const char *key)
{
    if (strcmp(method, "HEAD") == 0 && strcmp(key, "cle/a.clean.jsonl") == 0)
        world_put(w, key, BAD, strlen(GOOD), 2000000000); /* of the same size */
}

static void another_object_in_its_place_fails_its_file(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->on_request = put_another;
    world_add(w, "a.jsonl", GOOD BAD);
    expect_status(w, NULL, 3);
    expect_log(w, "ETag mismatch after upload");
    assert_null(world_find(w, "rep/a.report.jsonl"));
    world_free(w);
}

/* A store whose ETags of HEAD differ from those of PUT: the checksum proves the write. */
static void change_version(world *w, const char *method, const char *key)
{
    world_object *o = (world_object *)world_find(w, key);
    if (strcmp(method, "HEAD") == 0 && o && (strstr(key, "cle/") || strstr(key, "rep/")))
        o->version += 1000;
}

static void a_checksum_proves_a_write_where_the_etag_does_not(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->on_request = change_version;
    w->checksums = "";
    world_add(w, "a.jsonl", GOOD BAD);
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.report.jsonl"));
    world_free(w);
}

/* User metadata of an object is limited to 2 KiB. */
static void a_copy_whose_metadata_is_full_is_made_without_ours(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = w->metadata_full = true;
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, WORDS("--copy-uncontaminated"), 0);
    expect_text(w, "cle/a.clean.jsonl", GOOD);
    assert_int_equal(world_find(w, "cle/a.clean.jsonl")->metadata_count, 0);
    assert_true(world_find(w, "rep/a.clean")->metadata_count > 0);
    world_free(w);
}

/* --- files that an earlier run left --- */

static char altered_path[4096];

static int find_input(const char *path, const struct stat *s, int type, struct FTW *at)
{
    UNUSED(s);
    UNUSED(at);
    if (type == FTW_F && str_ends_with(path, "/a.jsonl"))
        snprintf(altered_path, sizeof altered_path, "%s", path);
    return 0;
}

/* After a run that left the whole file: the file's text is replaced by another of the same size. */
static void alter_kept(const world *w, const char *text)
{
    AUTO_FREE char *path = xasprintf("%s/work", w->dir);
    altered_path[0] = '\0';
    nftw(path, find_input, 16, FTW_PHYS);
    assert_true(altered_path[0] != '\0');
    err e = ERR_INIT;
    uint64_t size = 0;
    assert_true(fs_size(altered_path, &size, &e));
    assert_int_equal(size, strlen(text));
    assert_true(fs_write_file(altered_path, slice_from(text), false, &e));
}

#define TEXT    "{\"text\":\"0123\"}\n{\"text\":\"BAD\"}\n"
#define ALTERED "{\"text\":\"0123\"}\n{\"text\":\"bad\"}\n"

/* The store's checksum of its object: an x-amz-checksum, an ETag that is its MD5, or none. */
enum { BY_CHECKSUM, BY_ETAG, BY_NOTHING, WAYS };

static world *with_kept_file(int way)
{
    world *w = world_new();
    w->md5_etags = way == BY_ETAG;
    w->checksums = way == BY_CHECKSUM ? "data/" : NULL;
    w->fail_jobs = 1;
    world_add(w, "a.jsonl", TEXT);
    expect_status(w, NULL, 3);
    w->fail_jobs = 0;
    w->downloads = 0;
    return w;
}

static void a_kept_file_that_was_altered_is_loaded_again(void **state)
{
    UNUSED(state);
    for (int way = 0; way < WAYS; way++) {
        world *w = with_kept_file(way);
        alter_kept(w, ALTERED);
        expect_status(w, NULL, 0);
        assert_int_equal(w->downloads, 1);
        expect_text(w, "rep/a.report.jsonl", "{\"training_line\":1}\n");
        expect_nothing_left(w);
        world_free(w);
    }
}

static void a_kept_file_that_is_valid_is_not_loaded_again(void **state)
{
    UNUSED(state);
    for (int way = 0; way < WAYS; way++) {
        world *w = with_kept_file(way);
        expect_status(w, NULL, 0);
        assert_int_equal(w->downloads, 0);
        expect_text(w, "rep/a.report.jsonl", "{\"training_line\":1}\n");
        world_free(w);
    }
}

/* A file that is downloaded again is recorded again. */
static void a_file_that_was_loaded_again_is_kept_again(void **state)
{
    UNUSED(state);
    for (int way = 0; way < WAYS; way++) {
        world *w = with_kept_file(way);
        alter_kept(w, ALTERED);
        w->fail_jobs = 100;
        expect_status(w, NULL, 3);
        assert_int_equal(w->downloads, 1);
        w->fail_jobs = 0;
        expect_status(w, NULL, 0);
        assert_int_equal(w->downloads, 1);
        world_free(w);
    }
}

/* The whole file matches its record, but the object in the store has been replaced. */
static void replace_first(world *w, const char *method, const char *key)
{
    UNUSED(method);
    if (strcmp(key, "data/a.jsonl") == 0 && world_find(w, key)->version == 1)
        world_put(w, key, GOOD, strlen(GOOD), 1000001);
}

static void a_kept_file_of_a_replaced_object_is_not_used(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->fail_jobs = 1;
    world_add(w, "a.jsonl", TEXT);
    expect_status(w, NULL, 3);
    w->fail_jobs = 0;
    w->on_request = replace_first;
    expect_status(w, NULL, 0);
    assert_non_null(world_find(w, "rep/a.clean"));
    assert_null(world_find(w, "rep/a.report.jsonl"));
    expect_nothing_left(w);
    world_free(w);
}

/* An existing file with the name of the re-encoded file is never sent. */
static void a_cleaned_file_of_an_earlier_run_is_written_again(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    w->refuse_put = "rep/a.report";
    world_add(w, "a.jsonl", TEXT);
    expect_status(w, NULL, 3);
    alter_kept(w, TEXT);
    AUTO_FREE char *cleaned = xstrndup(altered_path, strlen(altered_path) - strlen("a.jsonl"));
    AUTO_FREE char *path = xasprintf("%scleaned", cleaned);
    assert_true(fs_exists(path));
    err e = ERR_INIT;
    assert_true(fs_write_file(path, slice_from(BAD BAD BAD), false, &e));
    w->refuse_put = NULL;
    expect_status(w, NULL, 0);
    expect_text(w, "cle/a.clean.jsonl", "{\"text\":\"0123\"}\n");
    world_free(w);
}

/* --- one key that may not be written --- */

static size_t count_probes(const world *w, const char *folder)
{
    size_t count = 0;
    for (size_t i = 0; i < fake_request_count(w->fake); i++) {
        const fake_request *r = fake_request_at(w->fake, i);
        count += strcmp(r->method, "POST") == 0 && strstr(r->url, folder);
    }
    return count;
}

/* Both folders are probed at the start, that of the refused key again. */
static void a_refused_output_fails_its_file_alone(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {"rep/b.report", "rep/b.clean", "cle/b"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        world *w = world_new();
        w->purify = true;
        w->refuse_put = keys[i];
        world_add(w, "a.jsonl", GOOD BAD);
        world_add(w, "b.jsonl", i == 1 ? GOOD GOOD GOOD : GOOD BAD BAD);
        world_add(w, "c.jsonl", GOOD);
        expect_status(w, WORDS("--max-concurrent-jobs=1", "--copy-uncontaminated"), 3);
        assert_non_null(world_find(w, "rep/a.report.jsonl"));
        assert_non_null(world_find(w, "rep/c.clean"));
        expect_log(w, "Failed=1");
        expect_log(w, "AccessDenied");
        assert_string_equal(world_last_line(w), "WORK COMPLETE EXITING");
        assert_int_equal(count_probes(w, "/rep/"), i == 2 ? 1 : 2);
        assert_int_equal(count_probes(w, "/cle/"), i == 2 ? 2 : 1);
        w->refuse_put = NULL;
        expect_status(w, WORDS("--copy-uncontaminated"), 0);
        expect_nothing_left(w);
        world_free(w);
    }
}

static void close_folder(world *w, const char *method, const char *key)
{
    if (strcmp(method, "PUT") == 0 && str_starts_with(key, "rep/")) {
        w->refuse_put = "rep/";
        w->refuse_probe = true;
    }
}

static void a_folder_that_takes_no_writes_any_more_ends_the_run(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->on_request = close_folder;
    for (int i = 0; i < 60; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%02d.jsonl", i);
        world_add(w, name, GOOD);
    }
    expect_status(w, WORDS("--max-concurrent-jobs=1", "--s3-workers=1"), 1);
    expect_log(w, "must be writable for the outputs");
    assert_in_range(w->submits, 1, 20);
    assert_false(world_logged(w, "WORK COMPLETE"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_is_not_in_the_store_fails_its_file),
        cmocka_unit_test(a_write_that_arrived_in_part_fails_its_file),
        cmocka_unit_test(another_object_in_its_place_fails_its_file),
        cmocka_unit_test(a_checksum_proves_a_write_where_the_etag_does_not),
        cmocka_unit_test(a_kept_file_that_was_altered_is_loaded_again),
        cmocka_unit_test(a_kept_file_that_is_valid_is_not_loaded_again),
        cmocka_unit_test(a_file_that_was_loaded_again_is_kept_again),
        cmocka_unit_test(a_copy_whose_metadata_is_full_is_made_without_ours),
        cmocka_unit_test(a_kept_file_of_a_replaced_object_is_not_used),
        cmocka_unit_test(a_cleaned_file_of_an_earlier_run_is_written_again),
        cmocka_unit_test(a_refused_output_fails_its_file_alone),
        cmocka_unit_test(a_folder_that_takes_no_writes_any_more_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
