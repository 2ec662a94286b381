/* orchestrator/config/file_names: input suffixes, output keys, safe local names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "orchestrator/config/file_names.h"

static void knows_inputs_by_suffix(void **state)
{
    UNUSED(state);
    static const char *const inputs[] = {"a.jsonl",       "a.json",       "d/a.jsonl.gz",
                                         "a.json.zst",    "a.jsonl.zstd", "a.jsonl.bz2",
                                         "a b+c.json.xz", "x.clean.jsonl"};
    static const char *const others[] = {"a.txt",         "a.jsonl.lz4", "a.gz",
                                         "a.jsonl/",      "a.JSONL",     "a.jsonl.GZ",
                                         "a.jsonl.gz.gz", "jsonl",       ""};
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
        assert_true(names_is_input(inputs[i]));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(names_is_input(others[i]));
}

static void expect_outputs(const char *relative, const char *report, const char *marker,
                           const char *cleaned)
{
    output_names n = names_outputs(relative, "rep/", "cle/");
    assert_string_equal(n.report_key, report);
    assert_string_equal(n.marker_key, marker);
    assert_string_equal(n.cleaned_key, cleaned);
    output_names_deinit(&n);
}

static void outputs_keep_sub_folder_and_compression(void **state)
{
    UNUSED(state);
    expect_outputs("a.jsonl", "rep/a.report.jsonl", "rep/a.clean", "cle/a.clean.jsonl");
    expect_outputs("x/y/a b.json.gz", "rep/x/y/a b.report.jsonl", "rep/x/y/a b.clean",
                   "cle/x/y/a b.clean.jsonl.gz");
    expect_outputs("a.v1.jsonl.zstd", "rep/a.v1.report.jsonl", "rep/a.v1.clean",
                   "cle/a.v1.clean.jsonl.zstd");
}

static void expect_local(const char *key, const char *local)
{
    AUTO_FREE char *name = names_local(key);
    assert_string_equal(name, local);
}

static void local_name_is_the_objects_own(void **state)
{
    UNUSED(state);
    expect_local("d/a b+'\"*?%.jsonl.gz", "a b+'\"*?%.jsonl.gz");
    expect_local("../../x.jsonl", "x.jsonl");
    expect_local("d/\xc3\xa9.jsonl", "\xc3\xa9.jsonl");
    expect_local("d/\xff\xfe.jsonl", "__.jsonl");
}

static void long_names_keep_their_suffixes(void **state)
{
    UNUSED(state);
    AUTO(buf) key = BUF(4096);
    for (int i = 0; i < 150; i++)
        buf_append_str(&key, "\xc3\xa9"); /* 300 bytes */
    buf_append_str(&key, ".jsonl.zst");
    AUTO_FREE char *name = names_local(buf_str(&key));
    assert_in_range(strlen(name), 250, 255);
    assert_true(str_ends_with(name, "\xc3\xa9.jsonl.zst"));
}

static const char *const more[] = {".ndjson", ".JSONL", ".jsonl.GZ", ".data.json", NULL};

static void more_suffixes_make_more_inputs(void **state)
{
    UNUSED(state);
    static const char *const inputs[] = {"a.ndjson",     "a.ndjson.zst", "a.JSONL",
                                         "d/a.JSONL.gz", "a.jsonl.GZ",   "a.jsonl.gz"};
    static const char *const others[] = {"a.NDJSON", "a.json.GZ", "a.ndjson.GZ", "ndjson", "a.txt"};
    names_take_suffixes(more);
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
        assert_true(names_is_input(inputs[i]));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_false(names_is_input(others[i]));
    names_take_suffixes(NULL);
    assert_false(names_is_input("a.ndjson"));
}

static void their_outputs_and_local_names_are_those_of_the_usual_ones(void **state)
{
    UNUSED(state);
    names_take_suffixes(more);
    expect_outputs("x/a.ndjson", "rep/x/a.report.jsonl", "rep/x/a.clean", "cle/x/a.clean.jsonl");
    expect_outputs("a.ndjson.zst", "rep/a.report.jsonl", "rep/a.clean", "cle/a.clean.jsonl.zst");
    expect_outputs("a.jsonl.GZ", "rep/a.report.jsonl", "rep/a.clean", "cle/a.clean.jsonl.gz");
    expect_outputs("a.data.json", "rep/a.report.jsonl", "rep/a.clean", "cle/a.clean.jsonl");
    expect_local("d/a.ndjson", "a.jsonl");
    expect_local("d/a.JSONL.bz2", "a.jsonl.bz2");
    expect_local("d/a.jsonl.GZ", "a.jsonl.gz");
    expect_local("d/a.jsonl.gz", "a.jsonl.gz");
    assert_int_equal(names_base_len("d/a.ndjson.zst"), 3);
    names_take_suffixes(NULL);
}

static void long_names_fit_with_other_suffixes_too(void **state)
{
    UNUSED(state);
    AUTO(buf) key = BUF(4096);
    for (int i = 0; i < 124; i++)
        buf_append_str(&key, "\xc3\xa9"); /* 248 bytes: the key fits, with .jsonl.gz it does not */
    buf_append_str(&key, ".J.GZ");
    static const char *const suffixes[] = {".J.GZ", NULL};
    names_take_suffixes(suffixes);
    AUTO_FREE char *name = names_local(buf_str(&key));
    names_take_suffixes(NULL);
    assert_in_range(strlen(name), 250, 255);
    assert_true(str_ends_with(name, "\xc3\xa9.jsonl.gz"));
}

static void what_looks_like_an_input_is_known(void **state)
{
    UNUSED(state);
    static const char *const near[] = {"a.ndjson", "a.JSONL",    "a.jsonl.GZ",    "d/a.Json.lz4",
                                       "a.jl",     "a.ldjson.z", "a.jsonl.gz.gz", "a.jsonl.zip"};
    static const char *const far[] = {"a.txt", "README.md", "_SUCCESS", "a.gz",
                                      "jsonl", "x.json/",   ""};
    for (size_t i = 0; i < ARRAY_LEN(near); i++)
        assert_true(names_is_near_input(near[i]));
    for (size_t i = 0; i < ARRAY_LEN(far); i++)
        assert_false(names_is_near_input(far[i]));
}

static void outputs_of_the_python_orchestrator_are_known(void **state)
{
    UNUSED(state);
    static const char *const reports[] = {"part-simple-0.80.jsonl",
                                          "d/e/x.jsonl-simple-1.00.jsonl"};
    static const char *const cleaned[] = {"part.jsonl.gz", "d/part.json.gz"};
    static const char *const others[] = {"-simple-0.80.jsonl",     "part-simple-0.8.jsonl",
                                         "part-simple-.80.jsonl",  "part-minhash-0.80.jsonl",
                                         "part.report.jsonl",      "part.clean",
                                         "part.clean.jsonl.gz",    "part.jsonl",
                                         "part-simple-0x80.jsonl", "notes.gz"};
    for (size_t i = 0; i < ARRAY_LEN(reports); i++)
        assert_true(names_is_python_report(reports[i]) && !names_is_python_cleaned(reports[i]));
    for (size_t i = 0; i < ARRAY_LEN(cleaned); i++)
        assert_true(names_is_python_cleaned(cleaned[i]) && !names_is_python_report(cleaned[i]));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (names_is_python_report(others[i]) || names_is_python_cleaned(others[i]))
            fail_msg("%s", others[i]);
}

static void suffixes_are_checked(void **state)
{
    UNUSED(state);
    static const char *const good[] = {".a", ".ndjson", ".jsonl.GZ", ".\xc3\xa9"};
    static const char *const bad[] = {"", ".", "ndjson", "*.ndjson", "./a", ".a/b", ".a b", ".a\n"};
    err e = ERR_INIT;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(names_check_suffix(good[i], &e));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(names_check_suffix(bad[i], &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_inputs_by_suffix),
        cmocka_unit_test(outputs_keep_sub_folder_and_compression),
        cmocka_unit_test(local_name_is_the_objects_own),
        cmocka_unit_test(long_names_keep_their_suffixes),
        cmocka_unit_test(more_suffixes_make_more_inputs),
        cmocka_unit_test(their_outputs_and_local_names_are_those_of_the_usual_ones),
        cmocka_unit_test(long_names_fit_with_other_suffixes_too),
        cmocka_unit_test(what_looks_like_an_input_is_known),
        cmocka_unit_test(outputs_of_the_python_orchestrator_are_known),
        cmocka_unit_test(suffixes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
