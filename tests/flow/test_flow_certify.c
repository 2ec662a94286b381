/* The `certify` command against a scripted world, after whole runs: what it refuses. */
#include "tests/flow/certify_site.h"

static void inputs_without_a_result_are_gaps(void **state)
{
    UNUSED(state);
    world *w = world_of(SETTINGS_ONE);
    w->fail = "b.jsonl";
    expect_status(w, NULL, 3);
    world_add(w, "c/new.jsonl", GOOD);
    world_add(w, "d.jsonl", GOOD); /* both would write rep/d.clean */
    world_add(w, "d.json", GOOD);
    expect_gaps(w, "{\"failed\":1,\"left\":1,\"refused\":2}",
                WORDS("\"key\":\"data/b.jsonl\",\"size\":16,\"verdict\":\"failed\"}",
                      "\"key\":\"data/c/new.jsonl\",\"size\":16,\"verdict\":\"left\"}",
                      "\"key\":\"data/d.json\",\"size\":16,\"verdict\":\"refused\"}",
                      "\"key\":\"data/d.jsonl\",\"size\":16,\"verdict\":\"refused\"}"));
    world_free(w);
}

static void a_replaced_input_is_left(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    world_drop(w, "data/b.jsonl");
    world_add(w, "b.jsonl", GOOD GOOD); /* appears older than its result */
    expect_gaps(w, "{\"left\":1}",
                WORDS("\"key\":\"data/b.jsonl\",\"size\":32,\"verdict\":\"left\""));
    world_free(w);
}

/* Neither the ledger's line nor the result is of these bytes. */
static void a_replaced_input_of_the_same_size_is_left(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    world_drop(w, "data/b.jsonl");
    world_add(w, "b.jsonl", "{\"text\":\"Good\"}\n"); /* appears older than its result */
    expect_gaps(w, "{\"left\":1}",
                WORDS("\"key\":\"data/b.jsonl\",\"size\":16,\"verdict\":\"left\""));
    world_free(w);
}

static void results_without_provenance_are_gaps(void **state)
{
    UNUSED(state);
    world *w = world_of(SETTINGS_ONE);
    w->drop_metadata = true;
    expect_status(w, NULL, 0);
    drop_ledger(w);
    expect_gaps(w, "{\"no_provenance\":3}",
                WORDS("\"key\":\"data/b.jsonl\",\"provenance\":false,\"size\":16"));
    world_free(w);
}

static void settings_must_be_described_by_their_record(void **state)
{
    UNUSED(state);
    static const char other[] = "{\"format\":1,\"settings\":" SETTINGS_TWO "}\n";
    world *w = done_with(SETTINGS_ONE, NULL);
    AUTO_FREE char *key = NULL;
    for (size_t i = 0; i < w->object_count; i++)
        if (strstr(w->objects[i].key, "/settings/"))
            key = xstrdup(w->objects[i].key);
    assert_non_null(key);
    world_put(w, key, other, strlen(other), 1);
    expect_gaps(w, "{\"undescribed_settings\":3}", WORDS("\"verdict\":\"clean\""));
    world_free(w);
}

static void a_reference_server_describes_no_records(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->server_members = ",\"contamination_score_threshold\":0.8,\"mode\":\"simple\"";
    world_add(w, "a.jsonl", GOOD);
    expect_status(w, NULL, 0);
    expect_gaps(w, "{\"undescribed_settings\":1}", WORDS("\"verdict\":\"clean\""));
    world_free(w);
}

static void the_sample_set_certifies_nothing(void **state)
{
    UNUSED(state);
    world *w = done_with(OF_SAMPLES, NULL);
    expect_gaps(w, "{\"sample_set\":3}", WORDS("\"verdict\":\"clean\""));
    world_free(w);
}

static void files_that_exist_are_not_replaced(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    AUTO_FREE char *path = path_of(w, "sig");
    err e = ERR_INIT;
    assert_true(fs_write_file(path, SLICE_LIT("mine"), false, &e));
    assert_int_equal(certify(w, false), 2);
    assert_int_equal(unlink(path), 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_without_a_result_are_gaps),
        cmocka_unit_test(a_replaced_input_is_left),
        cmocka_unit_test(a_replaced_input_of_the_same_size_is_left),
        cmocka_unit_test(results_without_provenance_are_gaps),
        cmocka_unit_test(settings_must_be_described_by_their_record),
        cmocka_unit_test(a_reference_server_describes_no_records),
        cmocka_unit_test(the_sample_set_certifies_nothing),
        cmocka_unit_test(files_that_exist_are_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
