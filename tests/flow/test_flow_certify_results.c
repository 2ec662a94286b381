/* Which results a certificate takes from the ledger, which from the store; comparison of a sample. */
#include "orchestrator/certify/certificate_sample.h"
#include "tests/flow/certify_site.h"

static size_t count_heads(const world *w, size_t from)
{
    size_t count = 0;
    for (size_t i = from; i < fake_request_count(w->fake); i++)
        count += strcmp(fake_request_at(w->fake, i)->method, "HEAD") == 0;
    return count;
}

static void the_ledger_saves_the_requests(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    AUTO(buf) head = BUF(1 << 20);
    AUTO(buf) lines = BUF(1 << 20);
    AUTO(buf) again = BUF(1 << 20);
    w->order[0] = '\0';
    size_t before = fake_request_count(w->fake);
    expect_complete(w, &head, &lines);
    assert_int_equal(count_heads(w, before), 0);
    assert_non_null(strstr(buf_str(&head), "\"sources\":{\"ledger\":3,\"results\":0}"));
    assert_non_null(strstr(buf_str(&head), "\"recall\":{\"records\":2.5,\"seed\":1}"));
    assert_non_null(strstr(buf_str(&head), "\"settings\":" SETTINGS_ONE));
    assert_non_null(strstr(buf_str(&head), "\"results\":[\"" DECON_VERSION "\"]"));
    assert_true(
        str_starts_with(buf_str(&lines), "{\"checksum\":{\"kind\":\"CRC64NVME\",\"value\":\""));
    assert_non_null(strstr(buf_str(&lines), "\"etag\":\"v1\",\"key\":\"data/a/clean.jsonl\","
                                            "\"size\":32,\"verdict\":\"clean\"}\n"));
    drop_ledger(w);
    before = fake_request_count(w->fake);
    buf_clear(&head);
    expect_complete(w, &head, &again);
    assert_int_equal(count_heads(w, before), 3);
    assert_non_null(strstr(buf_str(&head), "\"sources\":{\"ledger\":0,\"results\":3}"));
    assert_string_equal(buf_str(&again), buf_str(&lines));
    assert_string_equal(w->order, ""); /* nothing is written */
    world_free(w);
}

/* The line of the ledger is of an earlier result with the same verdict. */
static void a_result_that_was_made_again_is_not_the_ledgers(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    w->server_members = server_of(SETTINGS_TWO);
    fake_advance(w->fake, 5000);
    world_drop(w, "rep/b.clean");
    expect_status(w, WORDS("--on-settings-change", "keep"), 0);
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/ledger/") && i + 1 < w->record_count) {
            /* the newer run's ledger is lost */
            for (size_t k = w->record_count; k-- > i + 1;)
                if (strstr(w->records[k].key, "/ledger/")) {
                    world_drop(w, w->records[k].key);
                    break;
                }
            break;
        }
    expect_gaps(w, "{\"mixed_settings\":1}", WORDS("\"key\":\"data/b.jsonl\",\"settings\":\""));
    world_free(w);
}

static void versions_and_sha256_are_of_the_bytes_that_were_read(void **state)
{
    UNUSED(state);
    world *w = world_of(SETTINGS_ONE);
    AUTO(buf) head = BUF(1 << 20);
    AUTO(buf) lines = BUF(1 << 20);
    AUTO(buf) again = BUF(1 << 20);
    w->version_ids = true;
    expect_status(w, WORDS("--ledger-sha256"), 0);
    expect_complete(w, &head, &lines);
    assert_non_null(strstr(buf_str(&lines), "\"verdict\":\"clean\",\"version_id\":\"id.1+/=\"}\n"));
    assert_non_null(strstr(buf_str(&lines), /* of {"text":"good"} and a line end */
                           "{\"checksum\":{\"kind\":\"SHA256\",\"value\":"
                           "\"AHj39fV+9XA2Htcbg4cIhC6ua6Ssmc2pT1wDLjlZa0s=\"},"
                           "\"etag\":\"v3\",\"key\":\"data/b.jsonl\""));
    drop_ledger(w);
    expect_complete(w, &head, &again);
    assert_string_equal(buf_str(&again), buf_str(&lines));
    world_free(w);
}

/* As decon rejudge leaves a file that stays contaminated, in the second of its scan. */
static void judge_again(world *w, const char *key)
{
    for (size_t i = 0; i < w->object_count; i++) {
        world_object *o = &w->objects[i];
        if (str_equal(o->key, key)) {
            assert_true(o->metadata_count < ARRAY_LEN(o->metadata));
            o->metadata[o->metadata_count++] = (http_header){
                .name = xstrdup("x-amz-meta-decon-judged-again"), .value = xstrdup("00")};
            return;
        }
    }
    fail_msg("no object %s", key);
}

static void a_folder_that_was_judged_again_is_not_the_ledgers(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    judge_again(w, "rep/a/dirty.report.jsonl");
    world_put(w, "rep/_decon/rejudge.json", "{}", 2, 1);
    expect_gaps(w, "{\"judged_again\":1}",
                WORDS("\"key\":\"data/a/dirty.jsonl\",\"size\":31,\"verdict\":\"contaminated\""));
    world_free(w);
}

static void a_commit_object_that_cannot_be_read_ends_the_command(void **state)
{
    UNUSED(state);
    world *w = done_with(SETTINGS_ONE, NULL);
    drop_ledger(w);
    w->refuse_head = "rep/b.clean";
    assert_int_equal(certify(w, true), 1);
    world_free(w);
}

static certificate_sample compare(world *w, certificate_drawn *drawn, size_t count)
{
    certificate_check check = {
        .head = {.input = (char *)"s3://b/data/"}, .drawn = drawn, .drawn_count = count};
    certificate_sample found;
    err e = ERR_INIT;
    AUTO(config) c = {0};
    AUTO(store_session) session = {0};
    const store_session_env env = command_env(w);
    assert_true(options_defaults(&config_options, &c, &e));
    free(c.endpoint_url);
    c.endpoint_url = xstrdup("http://store.test");
    assert_true(store_session_open(&session, &c, &env, 16, &e));
    assert_true(certificate_sample_compare(&check, &session, &found, &e));
    return found;
}

static void size_etag_and_checksum_are_compared(void **state)
{
    UNUSED(state);
    world *w = world_of(SETTINGS_ONE);
    w->checksums = "b.jsonl";
    s3_checksum sum = s3_checksum_of_crc(S3_CHECKSUM_CRC64NVME, crc64nvme(0, GOOD, strlen(GOOD)));
    const certificate_drawn as_certified = {
        .key = (char *)"data/b.jsonl", .etag = (char *)"v3", .size_bytes = 16, .checksum = sum};
    certificate_drawn drawn[5];
    for (size_t i = 0; i < ARRAY_LEN(drawn); i++)
        drawn[i] = as_certified;
    drawn[1].size_bytes = 17;
    drawn[2].etag = (char *)"v4";
    drawn[3].checksum.text[0] ^= 1;
    drawn[4].checksum = (s3_checksum){.kind = S3_CHECKSUM_SHA256, .text = "AAAA"};
    certificate_sample found = compare(w, drawn, ARRAY_LEN(drawn));
    assert_int_equal(found.same, 2);
    assert_int_equal(found.with_checksum, 1); /* the store has no object of the other kind */
    assert_int_equal(found.different, 3);
    drawn[0].key = (char *)"data/gone.jsonl";
    found = compare(w, drawn, 1);
    assert_int_equal(found.different, 1);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_saves_the_requests),
        cmocka_unit_test(a_result_that_was_made_again_is_not_the_ledgers),
        cmocka_unit_test(versions_and_sha256_are_of_the_bytes_that_were_read),
        cmocka_unit_test(a_folder_that_was_judged_again_is_not_the_ledgers),
        cmocka_unit_test(a_commit_object_that_cannot_be_read_ends_the_command),
        cmocka_unit_test(size_etag_and_checksum_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
