/* Options in YAML files. */
#include "tests/unit/base/options/options_site.h"

/* The message without the leading file name. */
static void expect_yaml_error(const char *text, const char *message)
{
    assert_false(yaml(text));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_true(str_starts_with(e.message, yaml_path));
    assert_string_equal(e.message + strlen(yaml_path) + 1, message);
}

static void yaml_sets_every_type(void **state)
{
    UNUSED(state);
    assert_true(yaml("# a comment\nremote_file_input: s3://b/p\npurify: Yes\nindex_answers: off\n"
                     "s5cmd_workers: 7\nhost_index: 900\nthreshold: 5e-1\npart_size: 64MiB\n"
                     "poll_interval: \"250ms\"\nverify: none\ninclude: [a, 'b c']\n"));
    assert_string_equal(s.input, "s3://b/p");
    assert_true(s.purify);
    assert_false(s.answers);
    assert_int_equal(s.workers, 7);
    assert_int_equal(s.host, 900);
    assert_true(s.threshold == 0.5);
    assert_int_equal(s.part_size_bytes, 64 << 20);
    assert_int_equal(s.pause_ms, 250);
    assert_int_equal(s.level, 0);
    assert_string_equal(s.includes[0], "a");
    assert_string_equal(s.includes[1], "b c");
    assert_null(s.includes[2]);
    assert_int_equal(origin_of("s3_workers"), 'y');
    assert_int_equal(origin_of("marks"), 0);
}

static void yaml_null_means_default(void **state)
{
    UNUSED(state);
    assert_true(yaml("s3_workers: 9\nmarks: x\ninclude: other\nremote_file_input: s3://b\n"));
    assert_true(yaml("s3_workers:\nmarks: ~\ninclude: null\nremote_file_input:\n"));
    assert_int_equal(s.workers, 50);
    assert_string_equal(s.marks, "!\"#\\\t");
    assert_string_equal(s.includes[0], "first");
    assert_null(s.input);
    assert_int_equal(origin_of("s3_workers"), 0);
    assert_true(yaml("marks: ''\n")); /* in quotes: the empty text */
    assert_string_equal(s.marks, "");
}

static void yaml_lists_and_empty_files(void **state)
{
    UNUSED(state);
    assert_true(yaml("include: []\n"));
    assert_non_null(s.includes);
    assert_null(s.includes[0]);
    assert_int_equal(origin_of("include"), 'y');
    assert_true(yaml("include: one\n"));
    assert_string_equal(s.includes[0], "one");
    assert_null(s.includes[1]);
    assert_true(yaml(""));
    assert_true(yaml("# nothing\n"));
    assert_true(yaml("---\n"));
    assert_true(yaml("x: &a 1\n") == false && yaml("s3_workers: &a 11\nhost_index: *a\n"));
    assert_int_equal(s.host, 11);
}

static void yaml_wrong_values(void **state)
{
    UNUSED(state);
    expect_yaml_error(
        "s3_workers: ten\n",
        "1:13: s3_workers: \"ten\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("\n  s3_workers:   0\n",
                      "2:17: s3_workers: \"0\" is out of range; allowed: 1 to 4096 requests");
    expect_yaml_error("s3_workers: 99999999999999999999\n",
                      "1:13: s3_workers: \"99999999999999999999\" is out of range; allowed: 1 to "
                      "4096 requests");
    expect_yaml_error(
        "s3_workers: 1.5\n",
        "1:13: s3_workers: \"1.5\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("s3_workers: ''\n",
                      "1:13: s3_workers: \"\" is not a whole number; allowed: 1 to 4096 requests");
    expect_yaml_error("host_index: -1\n",
                      "1:13: host_index: \"-1\" is out of range; allowed: at least 1");
    expect_yaml_error("threshold: nan\n",
                      "1:12: threshold: \"nan\" is not a number; allowed: 0 to 1");
    expect_yaml_error("threshold: 1.01\n",
                      "1:12: threshold: \"1.01\" is out of range; allowed: 0 to 1");
    expect_yaml_error("part_size: 1MiB\n",
                      "1:12: part_size: \"1MiB\" is out of range; allowed: 5 MiB to 5 GiB");
    expect_yaml_error("part_size: 9 apples\n",
                      "1:12: part_size: \"9 apples\" is not a size like 16777216, 64KiB or 1GB; "
                      "allowed: 5 MiB to 5 GiB");
    expect_yaml_error("poll_interval: 2h\n",
                      "1:16: poll_interval: \"2h\" is out of range; allowed: 0.1 to 3600 seconds");
    expect_yaml_error(
        "poll_interval: -5\n",
        "1:16: poll_interval: \"-5\" is not a duration like 5 (seconds), 250ms, 2m or "
        "1h; allowed: 0.1 to 3600 seconds");
    expect_yaml_error("verify: all\n",
                      "1:9: verify: \"all\" is not known; allowed: none, stream, jsonl");
    expect_yaml_error("purify: maybe\n",
                      "1:9: purify: \"maybe\" is neither true nor false; allowed: "
                      "true, false, yes, no, on, off");
    expect_yaml_error("remote_file_input: /tmp\n",
                      "1:20: remote_file_input: \"/tmp\" is no s3:// URI");
    assert_int_equal(s.workers, 50); /* a refused value changes nothing */
}

static void yaml_wrong_shapes(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: {a: b}\n",
                      "1:9: purify: a nested mapping is not allowed here; give one value");
    expect_yaml_error("purify:\n  a: b\n",
                      "2:3: purify: a nested mapping is not allowed here; give one value");
    expect_yaml_error("purify: [true]\n",
                      "1:9: purify: a list is not allowed here; give one value");
    expect_yaml_error("include: [a, [b]]\n",
                      "1:14: include: a list is not allowed here; give one value");
    expect_yaml_error("include:\n  - a\n  -\n", "3:4: include: the list contains an empty item");
    expect_yaml_error("marks: \"a\\0b\"\n", "1:8: marks: the value contains a NUL character");
    expect_yaml_error("? [a]\n: b\n", "1:3: a key must be a single word");
    expect_yaml_error("- a\n", "1:1: expected lines of the form `key: value`");
    expect_yaml_error("words\n", "1:1: expected lines of the form `key: value`");
    expect_yaml_error("purify: true\n---\npurify: false\n",
                      "3:1: a second YAML document begins; only one is allowed");
}

static void yaml_unknown_and_repeated_keys(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: true\n pollinterval: 3\n",
                      "2:14: malformed YAML: mapping values are not allowed in this context");
    expect_yaml_error("purify: true\npollinterval: 3\n",
                      "2:1: pollinterval: unknown key; did you mean poll_interval?");
    expect_yaml_error("s5cmd_worker: 3\n",
                      "1:1: s5cmd_worker: unknown key; did you mean s5cmd_workers?");
    expect_yaml_error("zzz: 3\n", "1:1: zzz: unknown key; --help lists the known ones");
    expect_yaml_error("purify: true\n\npurify: true\n",
                      "3:1: purify: given twice, first on line 1; keep one");
    expect_yaml_error("s3_workers: 1\ns5cmd_workers: 1\n",
                      "2:1: s5cmd_workers: is the same as s3_workers, given on line 1; keep one of "
                      "them");
    expect_yaml_error("config: x\n",
                      "1:1: config: not allowed in the file; give --config on the command line");
}

static void yaml_unknown_keys_may_be_ignored(void **state)
{
    UNUSED(state);
    option_set lenient = table_set;
    lenient.ignore_unknown_keys = true;
    assert_true(yaml_bytes(&lenient, SLICE_LIT("old: {a: [1]}\nold: 2\ns3_workers: 3\n")));
    assert_int_equal(s.workers, 3);
    assert_false(yaml_bytes(&lenient, SLICE_LIT("s3_workers: x\n"))); /* known ones are not */
}

static void yaml_malformed(void **state)
{
    UNUSED(state);
    expect_yaml_error("purify: [true\n", "2:1: malformed YAML: while parsing a flow sequence, did "
                                         "not find expected ',' or ']'");
    assert_false(yaml("purify: true\n\tmarks: x\n"));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_false(yaml("purify: true\nmarks: \xff\n"));
    assert_non_null(strstr(e.message, ":2:8: malformed YAML: "));
    e = (err)ERR_INIT;
    assert_false(options_yaml(&table_set, "/nonexistent/x.yaml", &s, origins, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_string_equal(e.message, "configuration file: /nonexistent/x.yaml: cannot open: No such "
                                   "file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(yaml_sets_every_type),
        CASE(yaml_null_means_default),
        CASE(yaml_lists_and_empty_files),
        CASE(yaml_wrong_values),
        CASE(yaml_wrong_shapes),
        CASE(yaml_unknown_and_repeated_keys),
        CASE(yaml_unknown_keys_may_be_ignored),
        CASE(yaml_malformed),
    };
    int fd = mkstemp(yaml_path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(yaml_path);
    return failed;
}
