/* orchestrator/names: input suffixes, output keys, safe local names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decon/base/buf.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_inputs_by_suffix),
        cmocka_unit_test(outputs_keep_sub_folder_and_compression),
        cmocka_unit_test(local_name_is_the_objects_own),
        cmocka_unit_test(long_names_keep_their_suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
