/* The `status` command: which records of failures count as failed now. */
#include "decon/base/buf.h"
#include "tests/flow/status_site.h"

#define OTHER     "data/b/other.jsonl"
#define FAILED    "\"left\":1,\"failed\":1,"
#define ONLY_LEFT "\"left\":1,\"failed\":0,"

/* `members`: of the line, after format and key. */
static void put_failure(world *w, const char *run, const char *members)
{
    AUTO_FREE char *key = xasprintf("rep/_decon/failures/%s.jsonl", run);
    AUTO_FREE char *line = xasprintf("{\"format\":1,\"key\":\"" OTHER "\"%s}\n", members);
    world_put(w, key, line, strlen(line), 1);
}

/* All inputs but OTHER are done; there is no record of failures. */
static world *all_but_one(void)
{
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    world_drop(w, "rep/b/other.clean");
    fake_advance(w->fake, 60000);
    return w;
}

/* The input is of 1970-01-12T13:46:40Z, with 16 bytes. */
static void only_failures_of_the_current_version_count(void **state)
{
    UNUSED(state);
    static const struct {
        const char *members;
        bool current_etag, counts;
    } rows[] = {
        {",\"size\":16,\"time\":\"2030-01-01T00:00:00Z\"", false, true},
        {",\"size\":16,\"time\":\"2030-01-01T00:00:00Z\"", true, true},
        {",\"size\":16,\"time\":\"1970-01-12T13:46:40Z\"", false, false}, /* and committed later */
        {",\"size\":17,\"time\":\"2030-01-01T00:00:00Z\"", false, false},
        {",\"size\":16,\"etag\":\"other\",\"time\":\"2030-01-01T00:00:00Z\"", false, false},
        {",\"size\":16,\"code\":\"PLAN\",\"time\":\"2030-01-01T00:00:00Z\"", true, false},
        {",\"size\":16,\"code\":\"JOB_CRASHED\",\"time\":\"2030-01-01T00:00:00Z\"", true, true},
        {",\"size\":16,\"time\":\"yesterday\"", true, true},
        {"", false, true},
    };
    world *w = all_but_one();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *etag =
            rows[i].current_etag
                ? xasprintf(",\"etag\":\"v%u\"%s", world_find(w, OTHER)->version, rows[i].members)
                : NULL;
        put_failure(w, "20261201T030000Z-0-0a1b2c", etag ? etag : rows[i].members);
        expect_look(w, 0, 3, WORDS(rows[i].counts ? FAILED : ONLY_LEFT));
    }
    world_free(w);
}

static void a_failure_before_the_input_was_replaced_does_not_count(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->fail = "other";
    expect_status(w, NULL, 3);
    expect_look(w, 0, 3, WORDS(FAILED));
    world_drop(w, OTHER);
    world_add(w, "b/other.jsonl", GOOD GOOD);
    expect_look(w, 0, 3, WORDS(ONLY_LEFT));
    expect_status(w, NULL, 3);
    expect_look(w, 0, 3, WORDS(FAILED));
    world_free(w);
}

/* Lines of earlier versions have no ETag. */
static void a_failure_before_the_last_modification_does_not_count(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->fail = "other";
    expect_status(w, NULL, 3);
    world_drop(w, OTHER);
    world_put(w, OTHER, GOOD, strlen(GOOD), 1900000000); /* 2030-03-17T17:46:40Z */
    put_failure(w, "20261201T030000Z-0-0a1b2c", ",\"size\":16,\"time\":\"2030-03-17T17:46:39Z\"");
    expect_look(w, 0, 3, WORDS(ONLY_LEFT));
    put_failure(w, "20261201T030000Z-0-0a1b2c", ",\"size\":16,\"time\":\"2030-03-17T17:46:40Z\"");
    expect_look(w, 0, 3, WORDS(FAILED));
    world_free(w);
}

static void a_failure_before_a_later_commit_does_not_count(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->fail = "other";
    expect_status(w, NULL, 3);
    fake_advance(w->fake, 60000);
    w->fail = NULL;
    expect_status(w, NULL, 0);
    expect_look(w, 0, 0, WORDS("\"left\":0,\"failed\":0,"));
    world_drop(w, "rep/b/other.clean"); /* to have it made again */
    expect_look(w, 0, 3, WORDS(ONLY_LEFT));
    fake_advance(w->fake, 60000);
    w->fail = "other";
    expect_status(w, NULL, 3);
    expect_look(w, 0, 3, WORDS(FAILED));
    world_free(w);
}

/* What the listing takes for done, and a request finds to be of another version. */
static void failures_of_a_result_of_another_version_count(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    world_drop(w, OTHER);
    world_add(w, "b/other.jsonl", GOOD GOOD); /* appears older than its result */
    put_failure(w, "20261201T030000Z-0-0a1b2c", ",\"size\":32,\"time\":\"2030-01-01T00:00:00Z\"");
    expect_look(w, 100, 3, WORDS(FAILED));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_failures_of_the_current_version_count),
        cmocka_unit_test(a_failure_before_the_input_was_replaced_does_not_count),
        cmocka_unit_test(a_failure_before_the_last_modification_does_not_count),
        cmocka_unit_test(a_failure_before_a_later_commit_does_not_count),
        cmocka_unit_test(failures_of_a_result_of_another_version_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
