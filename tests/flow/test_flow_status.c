/* The `status` command against a scripted world, after whole runs. */
#include "orchestrator/claim/claim_plan.h"
#include "orchestrator/fleet/run_name.h"
#include "tests/flow/status_site.h"

static void a_finished_fleet_is_complete(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    unsigned downloads = w->downloads;
    w->order[0] = '\0';
    expect_look(w, 0, 0,
                WORDS("\"complete\":true,\"input\":\"s3://b/data/\"",
                      "\"total\":3,\"done\":3,\"clean\":2,\"contaminated\":1,\"left\":0,",
                      "\"with_known_lines\":3", "\"lines\":7,\"contaminated_lines\":2",
                      "\"state\":\"complete\",\"silent\":false",
                      "{\"name\":\"a\",\"files\":2,\"done\":2,\"contaminated\":1,\"lines\":6,",
                      "{\"name\":\"b\",\"files\":1,\"done\":1,\"contaminated\":0,\"lines\":1,"));
    assert_string_equal(w->order, "");             /* nothing is written */
    assert_int_equal(w->downloads - downloads, 2); /* record and ledger */
    world_free(w);
}

static void what_is_left_and_failed_is_counted(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    w->fail = "other";
    expect_status(w, NULL, 3);
    static const char failures[] = "{\"format\":1,\"key\":\"data/b/other.jsonl\"}\n"
                                   "{\"format\":1,\"key\":\"data/a/clean.jsonl\"}\nno JSON\n";
    world_put(w, "rep/_decon/failures/20261201T030000Z-0-0a1b2c.jsonl", failures, strlen(failures),
              1);
    expect_look(w, 0, 3,
                WORDS("\"complete\":false", "\"total\":3,\"done\":2,", "\"left\":1,\"failed\":1,"));
    world_add(w, "c/new.jsonl", GOOD);
    expect_look(w, 0, 3,
                WORDS("\"complete\":false", "\"total\":4,\"done\":2,", "\"left\":2,\"failed\":1,",
                      "\"left_files\":2"));
    world_free(w);
}

/* Without a ledger the metadata of the commit objects says how many lines there were. */
static void results_that_the_ledger_lacks_are_asked_for(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/ledger/")) {
            world_drop(w, w->records[i].key);
            break;
        }
    expect_look(w, 0, 0, WORDS("\"with_known_lines\":0", "\"lines\":0,\"contaminated_lines\":0"));
    expect_look(w, 2, 0, WORDS("\"with_known_lines\":2"));
    expect_look(w, 100, 0,
                WORDS("\"with_known_lines\":3", "\"lines\":7,\"contaminated_lines\":2",
                      "\"contaminated_lines_by_set\":{}"));
    world_free(w);
}

static void drop_newest_ledger(world *w)
{
    size_t i = w->record_count;
    while (i-- > 0)
        if (strstr(w->records[i].key, "/ledger/")) {
            world_drop(w, w->records[i].key);
            return;
        }
    fail_msg("no ledger");
}

/* The ledger has a line of the earlier result only. */
static void a_result_that_was_made_again_is_asked_for(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    fake_advance(w->fake, 5000);
    world_drop(w, "rep/b/other.clean");
    expect_status(w, NULL, 0);
    expect_look(w, 0, 0, WORDS("\"with_known_lines\":3"));
    drop_newest_ledger(w);
    expect_look(w, 0, 0, WORDS("\"done\":3,", "\"with_known_lines\":2"));
    expect_look(w, 100, 0, WORDS("\"with_known_lines\":3", "\"lines\":7,\"contaminated_lines\":2"));
    world_free(w);
}

static void a_line_of_other_bytes_of_the_same_size_is_not_counted(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    world_drop(w, "data/a/clean.jsonl");
    world_add(w, "a/clean.jsonl", GOOD GOOD); /* under a new ETag */
    expect_look(w, 0, 0, WORDS("\"done\":3,", "\"with_known_lines\":2", "\"lines\":5,"));
    world_free(w);
}

static void a_line_of_another_size_is_not_counted(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    w->huge = "a/clean"; /* its ETag is the same */
    expect_look(w, 0, 0, WORDS("\"done\":3,", "\"with_known_lines\":2", "\"lines\":5,"));
    world_free(w);
}

static void a_line_of_another_verdict_is_not_counted(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    int64_t time_s = world_find(w, "rep/a/dirty.report.jsonl")->time_s;
    world_drop(w, "rep/a/dirty.report.jsonl");
    world_put(w, "rep/a/dirty.clean", "", 0, time_s);
    expect_look(w, 0, 0, WORDS("\"clean\":3,", "\"with_known_lines\":2", "\"lines\":3,"));
    world_free(w);
}

static void a_replaced_input_is_left(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    world_drop(w, "data/a/dirty.jsonl");
    world_add(w, "a/dirty.jsonl", GOOD GOOD GOOD); /* appears older than its result */
    expect_look(w, 100, 3, WORDS("\"done\":2,\"clean\":2,\"contaminated\":0,\"left\":1"));
    world_free(w);
}

static void a_host_without_a_record_for_5_minutes_is_silent(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    AUTO_FREE char *record = NULL;
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/runs/")) {
            record = xstrdup(w->records[i].data);
            char *at = strstr(record, "\"complete\"");
            memcpy(at, "\"running\" ", strlen("\"running\" "));
            AUTO_FREE char *key = xstrdup(w->records[i].key);
            world_put(w, key, record, strlen(record),
                      clock_wall_s(fake_transport_base(w->fake)) - 299);
            break;
        }
    expect_look(w, 0, 0, WORDS("\"hosts_running\":1,\"hosts_silent\":0"));
    fake_advance(w->fake, 2000);
    expect_look(w, 0, 0, WORDS("\"hosts_running\":0,\"hosts_silent\":1"));
    world_free(w);
}

static void a_folder_without_records_is_not_known(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    AUTO_FREE char *text = NULL;
    assert_int_equal(look(w, true, 0, &text), 1);
    world_free(w);
}

static void put_claim(world *w, const char *name, const char *text)
{
    AUTO_FREE char *key = xasprintf("rep/_decon/claims/%s", name);
    world_put(w, key, text, strlen(text), 1);
}

static void slices_are_counted_where_hosts_claim_their_work(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, WORDS("--distribution=claim"), 0);
    AUTO(buf) plan = BUF(4096);
    claim_plan_write(&(claim_plan){.round = 2,
                                   .slices = 1024,
                                   .used = 5,
                                   .fingerprint = (char *)"",
                                   .input = (char *)"s3://b/data/",
                                   .lists = (char *)""},
                     "0123456789abcdef0123456789abcdef", &plan);
    put_claim(w, "plan.json", buf_str(&plan));
    put_claim(w, "1-01234567/done/7-of-1024", "{}"); /* of an earlier round */
    put_claim(w, "2-76543210/done/8-of-1024", "{}"); /* of a run that was given up */
    put_claim(w, "2-01234567/lease/1-of-1024", "{}");
    put_claim(w, "2-01234567/lease/2-of-1024", "{}");
    put_claim(w, "2-01234567/lease/3-of-1024", "{}");
    put_claim(w, "2-01234567/lease/4-of-1024", ""); /* given back */
    put_claim(w, "2-01234567/done/1-of-1024", "{}");
    put_claim(w, "2-01234567/failed/2-of-1024", "{}");
    put_claim(w, "2-01234567/open/3-of-1024-0080", "{}");
    expect_look(w, 0, 0,
                WORDS("\"slices\":{\"round\":2,\"total\":6,\"done\":1,\"failed\":1,\"held\":1}"));
    fake_advance(w->fake, 60000);
    world_add(w, "new.jsonl", GOOD);
    expect_status(w, NULL, 0); /* by a fixed share */
    AUTO_FREE char *text = NULL;
    assert_int_equal(look(w, true, 0, &text), 0);
    assert_null(strstr(text, "\"slices\""));
    world_free(w);
}

/* A host that claims its work has no number. */
static void hosts_that_claim_are_known_by_their_machine(void **state)
{
    UNUSED(state);
    char name[RUN_MACHINE_BYTES];
    world *w = world_of_three();
    w->fail = "other"; /* text shows hosts whose files have failed */
    expect_status(w, WORDS("--distribution=claim"), 3);
    AUTO_FREE char *machine =
        xasprintf("\"hosts\":[{\"claims\":true,\"machine\":\"%s\",\"work_dir\":\"%s/work/",
                  run_machine(name), w->dir);
    expect_look(w, 0, 3, WORDS(machine));
    AUTO_FREE char *text = NULL;
    assert_int_equal(look(w, false, 0, &text), 3);
    if (!strstr(text, "minutes; they claim slices\n") || !strstr(text, "\nclaims  failed files"))
        fail_msg("%s", text);
    expect_status(w, WORDS("--distribution=claim", "--host-count=9"), 3);
    expect_look(w, 0, 3, WORDS("\"hosts\":[{\"claims\":true,\"count\":9,"));
    AUTO_FREE char *counted = NULL;
    assert_int_equal(look(w, false, 0, &counted), 3);
    assert_non_null(strstr(counted, "minutes; they claim slices, 9 in all\n"));
    world_free(w);
}

static void the_default_output_is_text(void **state)
{
    UNUSED(state);
    world *w = world_of_three();
    expect_status(w, NULL, 0);
    AUTO_FREE char *text = NULL;
    assert_int_equal(look(w, false, 0, &text), 0);
    static const char *const parts[] = {"input    s3://b/data/: 3 files", "done     3 files (100%)",
                                        "2 clean, 1 contaminated", "left     0 files",
                                        "lines    7, 2 contaminated\n"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!strstr(text, parts[i]))
            fail_msg("'%s' is not in %s", parts[i], text);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_fleet_is_complete),
        cmocka_unit_test(what_is_left_and_failed_is_counted),
        cmocka_unit_test(results_that_the_ledger_lacks_are_asked_for),
        cmocka_unit_test(a_result_that_was_made_again_is_asked_for),
        cmocka_unit_test(a_line_of_other_bytes_of_the_same_size_is_not_counted),
        cmocka_unit_test(a_line_of_another_size_is_not_counted),
        cmocka_unit_test(a_line_of_another_verdict_is_not_counted),
        cmocka_unit_test(a_replaced_input_is_left),
        cmocka_unit_test(a_host_without_a_record_for_5_minutes_is_silent),
        cmocka_unit_test(a_folder_without_records_is_not_known),
        cmocka_unit_test(slices_are_counted_where_hosts_claim_their_work),
        cmocka_unit_test(hosts_that_claim_are_known_by_their_machine),
        cmocka_unit_test(the_default_output_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
