/* The `certify` command against a scripted world, after whole runs. */
#include <stdio.h>
#include <unistd.h>

#include "base/fsutil.h"
#include "base/util.h"
#include "decon/compression/codec.h"
#include "orchestrator/certify/certificate_sample.h"
#include "orchestrator/certify/cmd_certify.h"
#include "orchestrator/config/file_names.h"
#include "tests/flow/command_site.h"

#define SETTINGS_ONE "{\"evaluation_records\":9,\"evaluation_records_digest\":\"aa\"}"
#define SETTINGS_TWO "{\"evaluation_records\":9,\"evaluation_records_digest\":\"bb\"}"
#define OF_SAMPLES                                                                                 \
    "{\"evaluation_records\":9,\"evaluation_records_digest\":\"aa\",\"sample_evals\":true}"

static char *path_of(const world *w, const char *suffix)
{
    return xasprintf("%s/certificate.%s", w->dir, suffix);
}

/* Only s3://b/rep is known; yields the exit status. */
static int certify(world *w, bool partial)
{
    static char *no_suffixes[] = {NULL};
    certify_config c = {.partial = partial, .output = xasprintf("%s/certificate", w->dir)};
    err e = ERR_INIT;
    size_t len = 0;
    AUTO(store_session) session = {0};
    const store_session_env env = command_env(w);
    assert_true(options_defaults(&config_options, &c.config, &e));
    free(c.config.endpoint_url);
    c.config.endpoint_url = xstrdup("http://store.test");
    c.config.remote_report_output_dir = xstrdup("s3://b/rep");
    assert_true(store_session_open(&session, &c.config, &env, 16, &e));
    AUTO_FREE char *text = NULL;
    FILE *out = open_memstream(&text, &len);
    int status = certify_folder(&c, &session, out);
    fclose(out);
    free(c.output);
    config_deinit(&c.config);
    names_take_suffixes((const char *const *)no_suffixes);
    return status;
}

static bool keep_text(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

/* The names of the certificate's files; removes the certificate. */
static void take_certificate(const world *w, buf *head, buf *lines)
{
    err e = ERR_INIT;
    AUTO_FREE char *head_path = path_of(w, "json");
    AUTO_FREE char *lines_path = path_of(w, "jsonl.zst");
    AUTO_PTR(stage) sink = stage_callback_new(keep_text, NULL, lines);
    if (!fs_read_file(head_path, 1 << 20, head, &e) || !codec_decode_file(lines_path, sink, &e))
        fail_msg("%s; log:\n%s", e.message, buf_str(&w->log));
    assert_int_equal(unlink(head_path), 0);
    assert_int_equal(unlink(lines_path), 0);
}

/* A partial certificate, and a refusal without --partial. */
static void expect_gaps(world *w, const char *gaps, const char *const *parts)
{
    AUTO(buf) head = BUF(1 << 20);
    AUTO(buf) lines = BUF(1 << 20);
    AUTO_FREE char *wanted = xasprintf("\"complete\":false,\"created\":");
    AUTO_FREE char *members = xasprintf("\"gaps\":%s,", gaps);
    AUTO_FREE char *path = path_of(w, "json");
    assert_int_equal(certify(w, false), 3);
    assert_false(fs_exists(path));
    assert_int_equal(certify(w, true), 0);
    take_certificate(w, &head, &lines);
    if (!strstr(buf_str(&head), wanted) || !strstr(buf_str(&head), members))
        fail_msg("%s and %s are not in %s", wanted, members, buf_str(&head));
    for (; *parts; parts++)
        if (!strstr(buf_str(&lines), *parts))
            fail_msg("'%s' is not in %s", *parts, buf_str(&lines));
}

static void expect_complete(world *w, buf *head, buf *lines)
{
    if (certify(w, false) != 0)
        fail_msg("log:\n%s", buf_str(&w->log));
    take_certificate(w, head, lines);
    if (!strstr(buf_str(head), "\"complete\":true"))
        fail_msg("%s", buf_str(head));
}

/* Members of /health with these settings; in a static buffer. */
static const char *server_of(const char *settings)
{
    static char members[1024];
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(slice_from(settings), digest);
    hex_encode(digest, sizeof digest, hex);
    snprintf(members, sizeof members,
             ",\"fingerprint\":\"%s\",\"settings\":%s,\"recall\":{\"seed\":1,\"records\":2.50}",
             hex, settings);
    return members;
}

static world *world_of(const char *settings)
{
    world *w = world_new();
    w->purify = true;
    w->server_members = server_of(settings);
    world_add(w, "a/clean.jsonl", GOOD GOOD);
    world_add(w, "a/dirty.jsonl", GOOD BAD);
    world_add(w, "b.jsonl", GOOD);
    return w;
}

static world *done_with(const char *settings, const char *const *words)
{
    world *w = world_of(settings);
    expect_status(w, words, 0);
    return w;
}

static void drop_ledger(world *w)
{
    for (size_t i = 0; i < w->record_count; i++)
        if (strstr(w->records[i].key, "/ledger/")) {
            world_drop(w, w->records[i].key);
            return;
        }
    fail_msg("no ledger");
}

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
        cmocka_unit_test(the_ledger_saves_the_requests),
        cmocka_unit_test(a_result_that_was_made_again_is_not_the_ledgers),
        cmocka_unit_test(versions_and_sha256_are_of_the_bytes_that_were_read),
        cmocka_unit_test(inputs_without_a_result_are_gaps),
        cmocka_unit_test(a_replaced_input_is_left),
        cmocka_unit_test(a_replaced_input_of_the_same_size_is_left),
        cmocka_unit_test(a_folder_that_was_judged_again_is_not_the_ledgers),
        cmocka_unit_test(results_without_provenance_are_gaps),
        cmocka_unit_test(settings_must_be_described_by_their_record),
        cmocka_unit_test(a_reference_server_describes_no_records),
        cmocka_unit_test(the_sample_set_certifies_nothing),
        cmocka_unit_test(a_commit_object_that_cannot_be_read_ends_the_command),
        cmocka_unit_test(size_etag_and_checksum_are_compared),
        cmocka_unit_test(files_that_exist_are_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
