/* Whole runs against a scripted world: the records that a run leaves in the store besides its
 * results. */
#include "base/util.h"
#include "decon/compression/codec.h"
#include "tests/flow/flow_support.h"

/* The only object whose key has this prefix. */
static const world_object *find_record(const world *w, const char *prefix)
{
    const world_object *found = NULL;
    for (size_t i = 0; i < w->record_count; i++)
        if (str_starts_with(w->records[i].key, prefix)) {
            if (found)
                fail_msg("%s and %s", found->key, w->records[i].key);
            found = &w->records[i];
        }
    if (!found)
        fail_msg("no object %s; log:\n%s", prefix, buf_str(&w->log));
    return found;
}

static void expect_part(const world_object *o, const char *part)
{
    if (!strstr(o->data, part))
        fail_msg("'%s' is not in %s: %s", part, o->key, o->data);
}

static bool keep_text(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static void expect_ledger(const world *w, const char *const *parts, size_t lines)
{
    const world_object *o = find_record(w, "rep/_decon/ledger/");
    AUTO(buf) text = BUF(1 << 20);
    err e = ERR_INIT;
    AUTO_PTR(stage) sink = stage_callback_new(keep_text, NULL, &text);
    AUTO_PTR(stage) decoder = codec_decoder_new(CODEC_ZSTD, sink, &e);
    assert_true(stage_feed(decoder, (slice){o->data, o->len}, &e) && stage_finish(decoder, &e));
    size_t found = 0;
    for (size_t i = 0; i < text.len; i++)
        found += text.data[i] == '\n';
    if (found != lines)
        fail_msg("%zu lines, expected %zu: %s", found, lines, buf_str(&text));
    for (; *parts; parts++)
        if (!strstr(buf_str(&text), *parts))
            fail_msg("'%s' is not in: %s", *parts, buf_str(&text));
}

static void a_finished_run_leaves_record_and_ledger(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->purify = true;
    world_add(w, "a/clean.jsonl", GOOD GOOD);
    world_add(w, "dirty.jsonl", GOOD BAD GOOD BAD);
    expect_status(w, NULL, 0);
    const world_object *o = find_record(w, "rep/_decon/runs/");
    assert_true(str_ends_with(o->key, ".json"));
    expect_part(o, "{\"format\":1,\"run\":\"");
    expect_part(o, "\"state\":\"complete\",\"exit_status\":0,");
    expect_part(o, "\"host\":{\"index\":0,\"count\":1,");
    expect_part(o, "\"counts\":{\"files\":2,\"clean\":1,\"contaminated\":1,\"failed\":0,");
    expect_part(o, "\"lines\":6,\"contaminated_lines\":2,\"contaminated_lines_by_set\":{");
    expect_part(o, "\"stages\":{\"DOWNLOADING\":{\"count\":2,\"seconds\":");
    expect_part(o, "\"configuration\":{\"remote_file_input\":\"s3://b/data\"");
    expect_part(o, "\"versions\":{\"decon\":\"" DECON_VERSION "\"");
    expect_ledger(w,
                  WORDS("\"key\":\"data/a/clean.jsonl\"", "\"key\":\"data/dirty.jsonl\"",
                        "\"verdict\":\"contaminated\",\"lines\":4,\"contaminated_lines\":2",
                        "\"verdict\":\"clean\",\"lines\":2,\"contaminated_lines\":0"),
                  2);
    world_free(w);
}

static void the_record_of_a_host_that_claims_has_no_number(void **state)
{
    UNUSED(state);
    static const char *const counts[] = {NULL, "--host-count=5"};
    static const char *const hosts[] = {"\"host\":{\"claims\":true,\"name\":\"",
                                        "\"host\":{\"claims\":true,\"count\":5,\"name\":\""};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        world *w = world_new();
        world_add(w, "a.jsonl", GOOD);
        expect_status(w, WORDS("--distribution=claim", counts[i]), 0);
        expect_part(find_record(w, "rep/_decon/runs/"), hosts[i]);
        expect_log(w, "share: of all hosts, which claim slices; skipped: 0 done already, ");
        assert_false(world_logged(w, "host 0 of 1"));
        world_free(w);
    }
}

static void a_failure_is_in_the_record_and_not_in_the_ledger(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "good.jsonl", GOOD);
    world_add(w, "lost.jsonl", GOOD);
    w->fail = "lost";
    expect_status(w, NULL, 3);
    const world_object *o = find_record(w, "rep/_decon/runs/");
    expect_part(o, "\"state\":\"failed files\",\"exit_status\":3,");
    expect_part(o, "\"clean\":1,\"contaminated\":0,\"failed\":1,");
    expect_ledger(w, WORDS("\"key\":\"data/good.jsonl\""), 1);
    world_free(w);
}

static void an_interrupted_run_closes_its_record(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "one.jsonl", GOOD);
    world_add(w, "two.jsonl", GOOD);
    w->signal_at_submit = 1;
    expect_status(w, NULL, 143);
    const world_object *o = find_record(w, "rep/_decon/runs/");
    expect_part(o, "\"state\":\"interrupted\",\"exit_status\":143,");
    world_free(w);
}

static unsigned record_puts;

static void count_records(world *w, const char *method, const char *key)
{
    UNUSED(w);
    record_puts += strcmp(method, "PUT") == 0 && str_starts_with(key, "rep/_decon/runs/");
}

static void the_record_is_renewed_every_minute(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "one.jsonl", GOOD);
    record_puts = 0;
    w->on_request = count_records;
    w->polls_before_done = 17; /* with growing pauses */
    uint64_t start_ms = clock_now_ms(fake_transport_base(w->fake));
    expect_status(w, WORDS("--poll-interval=60"), 0);
    uint64_t minutes = (clock_now_ms(fake_transport_base(w->fake)) - start_ms) / 60000;
    assert_true(minutes >= 3);
    assert_int_equal(record_puts, minutes + 2); /* and the first and the last one */
    world_free(w);
}

static void results_do_not_depend_on_records(void **state)
{
    UNUSED(state);
    world *w = world_new();
    w->refuse_put = "_decon/";
    world_add(w, "one.jsonl", GOOD);
    world_add(w, "two.jsonl", BAD);
    expect_status(w, NULL, 0);
    expect_text(w, "rep/one.clean", "");
    expect_log(w, "the record of this run cannot be written");
    expect_log(w, "the ledger cannot be written");
    world_free(w);
}

static void a_debug_run_leaves_nothing(void **state)
{
    UNUSED(state);
    world *w = world_new();
    world_add(w, "one.jsonl", GOOD);
    expect_status(w, WORDS("--max-files-debug=1"), 0);
    assert_int_equal(w->record_count, 0);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finished_run_leaves_record_and_ledger),
        cmocka_unit_test(the_record_of_a_host_that_claims_has_no_number),
        cmocka_unit_test(a_failure_is_in_the_record_and_not_in_the_ledger),
        cmocka_unit_test(an_interrupted_run_closes_its_record),
        cmocka_unit_test(the_record_is_renewed_every_minute),
        cmocka_unit_test(results_do_not_depend_on_records),
        cmocka_unit_test(a_debug_run_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
