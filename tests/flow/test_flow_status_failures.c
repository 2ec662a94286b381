/* The `status` command: which records of failures count as failed now. */
#include "decon/base/buf.h"
#include "orchestrator/fleet/run_name.h"
#include "tests/flow/settings_site.h"
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

static char *failed_at(int64_t time_s)
{
    char text[RUN_TIME_BYTES];
    return xasprintf(",\"size\":16,\"time\":\"%s\"", run_time_text(time_s, true, text));
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

static void drop_ledger(world *w)
{
    size_t i = 0;
    while (i < w->record_count)
        if (strstr(w->records[i].key, "/ledger/"))
            world_drop(w, w->records[i].key); /* the last one takes its place */
        else
            i++;
}

/* The result of the former settings is still there, but the newest run does not count it. */
static void a_result_that_could_not_be_made_again_is_left(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->server_members = SERVER_OF_ONE;
    expect_status(w, NULL, 0);
    fake_advance(w->fake, 60000);
    w->server_members = SERVER_OF_TWO;
    w->fail = "other";
    expect_status(w, WORDS("--on-settings-change=redo"), 3);
    expect_look(w, 0, 3, WORDS(FAILED, "\"with_other_settings\":0")); /* by the ledger alone */
    drop_ledger(w);
    expect_look(w, 100, 3, WORDS(FAILED, "\"with_other_settings\":0")); /* by requests alone */
    fake_advance(w->fake, 60000);
    world_add(w, "c/new.jsonl", GOOD); /* a run without work leaves no record */
    expect_status(w, WORDS("--on-settings-change=keep"), 0);
    expect_look(w, 100, 0, WORDS("\"left\":0,\"failed\":0,", "\"with_other_settings\":1"));
    world_free(w);
}

#define REDO_RECORD                                                                                \
    "{\"format\":1,\"run\":\"20991201T030000Z-0-0a1b2c\",\"state\":\"stopped\",\"exit_status\":%"  \
    "d,"                                                                                           \
    "\"host\":{\"index\":0,\"count\":1},\"counts\":{},\"bytes\":{},"                               \
    "\"server\":{\"purify\":true,\"settings\":\"" TWO "\"},\"configuration\":"                     \
    "{\"remote_file_input\":\"s3://b/data\",\"remote_cleaned_output_dir\":\"s3://b/cle\","         \
    "\"on_settings_change\":\"redo\"}}\n"

/* Hosts that claim their work do not join a round of other settings. */
static void a_refused_run_makes_nothing_again(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->server_members = SERVER_OF_ONE;
    expect_status(w, NULL, 0);
    for (int exit_status = 1; exit_status <= 2; exit_status++) {
        AUTO_FREE char *text = xasprintf(REDO_RECORD, exit_status);
        world_put(w, "rep/_decon/runs/20991201T030000Z-0-0a1b2c.json", text, strlen(text), 1);
        expect_look(w, 100, exit_status == 2 ? 0 : 3,
                    WORDS(exit_status == 2 ? "\"left\":0," : "\"left\":3,"));
    }
    world_free(w);
}

/* Runs are read in descending order. */
static void the_newest_of_several_commits_counts(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    fake_advance(w->fake, 3600000);
    int64_t between_s = clock_wall_s(fake_transport_base(w->fake));
    fake_advance(w->fake, 3600000);
    expect_status(w, WORDS("--redo"), 0);
    world_drop(w, "rep/b/other.clean");
    int64_t last_s = clock_wall_s(fake_transport_base(w->fake));
    const int64_t times_s[] = {between_s, last_s}; /* and the commit is of the second of last_s */
    for (size_t i = 0; i < ARRAY_LEN(times_s); i++) {
        AUTO_FREE char *members = failed_at(times_s[i]);
        put_failure(w, "20261201T030000Z-0-0a1b2c", members);
        expect_look(w, 0, 3, WORDS(ONLY_LEFT));
    }
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
        cmocka_unit_test(a_result_that_could_not_be_made_again_is_left),
        cmocka_unit_test(a_refused_run_makes_nothing_again),
        cmocka_unit_test(the_newest_of_several_commits_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
