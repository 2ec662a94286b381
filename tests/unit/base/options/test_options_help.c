/* Options: --help, Markdown, the commented file, and the text forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "base/fsutil.h"
#include "tests/unit/base/options/options_table.h"

typedef void (*printer)(const option_set *set, FILE *out);

static char *print(printer print_fn)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    print_fn(&table_set, out);
    fclose(out);
    return text;
}

static void expect_part(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static void expect_no_part(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" should not stand in:\n%s", part, text);
}

/* Replaces every run of blanks and line ends by one blank, so that line breaks do not matter. */
static char *squeeze(const char *text)
{
    char *out = xstrdup(text);
    char *to = out;
    for (const char *from = text; *from; from++) {
        bool blank = *from == ' ' || *from == '\n';
        if (!blank || to == out || to[-1] != ' ')
            *to++ = blank ? ' ' : *from;
    }
    *to = '\0';
    return out;
}

static void help_has_sections_and_columns(void **state)
{
    UNUSED(state);
    AUTO_FREE char *text = print(options_help);
    assert_true(str_starts_with(text, "Usage: prog [flags] FILE\n       prog --help\n\nA program "
                                      "that does nothing"));
    expect_part(text, "\n\nGeneral:\n  -c, --config FILE           Reads this file.\n");
    expect_part(text, "      --remote-file-input URI\n"
                      "                              Where the inputs lie. Required.\n");
    expect_part(text, "  -p, --purify                Writes cleaned files.\n");
    expect_part(text, "      --[no-]index-answers    Search answers.\n");
    expect_part(text, "\n\nS3:\n  -w, --s3-workers N          Requests in flight. Default: 50 "
                      "requests. Allowed:\n                              1 to 4096 requests. Also");
    expect_part(text, "      --verify none|stream|jsonl\n");
    expect_part(text, "      marks                   Characters that count as blanks.");
    expect_part(text, "\n\nOld:\n");
    assert_true(str_ends_with(text, "\n\nExit status: 0\n"));
    expect_no_part(text, "internal");
}

static void help_has_the_details_of_a_row(void **state)
{
    UNUSED(state);
    AUTO_FREE char *lines = print(options_help);
    AUTO_FREE char *text = squeeze(lines);
    expect_part(text, "Allowed: 1 to 4096 requests. Also: --s5cmd-workers.");
    expect_part(text, "Which host this is. Allowed: at least 1. Environment: HOST_INDEX.");
    expect_part(text, "Size of one part. Default: 16MiB. Allowed: 5 MiB to 5 GiB.");
    expect_part(text,
                "Default: 5 seconds. Allowed: 0.1 to 3600 seconds. Environment: POLL_INTERVAL.");
    expect_part(text,
                "--verify none|stream|jsonl How deep (none | all) files are checked. Default: "
                "jsonl. --include");
    expect_part(text, "--include TEXT Names to take. Default: first. May be repeated.");
    expect_part(text, "Default: !\"#\\\t. Configuration file only.");
    expect_part(text, "Batches. Accepted for compatibility, without effect here.");
}

static void help_fits_eighty_columns(void **state)
{
    UNUSED(state);
    AUTO_FREE char *text = print(options_help);
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        assert_in_range(len, 0, 80);
        assert_false(len > 0 && line[len - 1] == ' ');
        line += len + 1;
    }
}

static void markdown_is_a_table(void **state)
{
    UNUSED(state);
    AUTO_FREE char *text = print(options_markdown);
    assert_true(str_starts_with(text, "### General\n\n| Key | Flag | Default |"));
    expect_part(text, "\n\n### S3\n\n| Key |");
    expect_part(text, "\n|  | `--config`, `-c` |  |  |  | Reads this file. |\n");
    expect_part(text,
                "\n| `s3_workers`, `s5cmd_workers` | `--s3-workers`, `--s5cmd-workers`, `-w` | "
                "`50 requests` | 1 to 4096 requests |  | Requests in flight. |\n");
    expect_part(text, "| `purify` | `--purify`, `-p` | `false` | true, false |  |");
    expect_part(text, "How deep (none \\| all) files are checked. |\n"); /* one cell */
    expect_part(text, "| `POLL_INTERVAL` |");
    expect_part(text, "| `password` | `--password` |  |  |  | A secret. |");
    expect_no_part(text, "internal");
}

static void yaml_example_has_every_key(void **state)
{
    UNUSED(state);
    AUTO_FREE char *text = print(options_yaml_example);
    expect_part(text, "# Configuration of prog:");
    expect_part(text, "\n# ---- S3 ----\n");
    expect_part(text, "\n# Where the inputs lie. Required.\nremote_file_input:\n");
    expect_part(text, "\n# Requests in flight. Allowed: 1 to 4096 requests. Also: s5cmd_workers.\n"
                      "#s3_workers: 50\n");
    expect_part(text, "\n#marks: \"!\\\"#\\\\\\x09\"\n");
    expect_part(text, "\n#password:\n");
    expect_part(text, "\n#download_batch_size:\n");
    expect_no_part(text, "config:");
    expect_no_part(text, "internal");
}

/* Uncomments the keys: reading the result must give the defaults. */
static char *without_comments(const char *text)
{
    char *out = xstrdup(text);
    char *to = out;
    for (const char *from = text; *from; from++) {
        bool line_start = from == text || from[-1] == '\n';
        if (!(line_start && from[0] == '#' && from[1] >= 'a' && from[1] <= 'z'))
            *to++ = *from;
    }
    *to = '\0';
    return out;
}

static void yaml_example_yields_the_defaults(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    settings before, after;
    option_origin origins[TABLE_ROWS] = {0};
    AUTO_FREE char *text = print(options_yaml_example);
    AUTO_FREE char *active = without_comments(text);
    expect_part(active, "\ns3_workers: 50\n");
    char path[] = "/tmp/test-options-help-XXXXXX";
    AUTO_FD fd = mkstemp(path);
    assert_true(fs_write_all(fd, active, strlen(active), &e));
    assert_true(options_defaults(&table_set, &before, &e));
    assert_true(options_defaults(&table_set, &after, &e));
    bool good = options_yaml(&table_set, path, &after, origins, &e);
    unlink(path);
    assert_string_equal(e.message, "");
    assert_true(good);
    assert_string_equal(after.marks, before.marks);
    assert_int_equal(after.workers, before.workers);
    assert_int_equal(after.part_size_bytes, before.part_size_bytes);
    assert_int_equal(after.pause_ms, before.pause_ms);
    assert_int_equal(after.level, before.level);
    assert_true(after.threshold == before.threshold);
    assert_true(after.answers && !after.purify);
    assert_string_equal(after.includes[0], before.includes[0]);
    assert_null(after.input);
    options_deinit(&table_set, &before);
    options_deinit(&table_set, &after);
}

/* --- Text forms ----------------------------------------------------------------------------- */

static void sizes_parse(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"16777216", 16777216},
        {"64KiB", 65536},
        {"16 MiB", 16777216},
        {"2GiB", 2147483648},
        {"1GB", 1000000000},
        {"1kb", 1000},
        {"1k", 1024},
        {"1M", 1048576},
        {"1.5GiB", 1610612736},
        {".5k", 512},
        {"3TiB", 3298534883328},
        {"1TB", 1000000000000},
        {"7B", 7},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      "1.5",
                                      "1.5B",
                                      "KiB",
                                      "1XB",
                                      "1 KiB ",
                                      " 1",
                                      ".",
                                      "1.2.3k",
                                      "0x10",
                                      "1e3",
                                      "18446744073709551616",
                                      "16777216TiB",
                                      "inf"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        uint64_t bytes = 1;
        assert_true(parse_size(good[i].text, &bytes, NULL));
        assert_true(bytes == good[i].bytes);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err e = ERR_INIT;
        uint64_t bytes = 1;
        assert_false(parse_size(bad[i], &bytes, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
    err e = ERR_INIT;
    uint64_t bytes = 0;
    assert_false(parse_size("1XB", &bytes, &e));
    assert_string_equal(e.message, "\"1XB\" is not a size; write it like 16777216, 64KiB or 1GB");
}

static void durations_parse(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"5", 5000},     {"0.5", 500},     {"0.29", 290},  {"5.0", 5000},
        {"250ms", 250},  {"5s", 5000},     {"2m", 120000}, {"1.5h", 5400000},
        {"1h", 3600000}, {"1d", 86400000}, {"0", 0},       {"2 m", 120000},
    };
    static const char *const bad[] = {
        "", "-1", "1.5ms", "5 minutes", "s", "1h30m", "18446744073709551615"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        uint64_t ms = 1;
        assert_true(parse_duration(good[i].text, &ms, NULL));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err e = ERR_INIT;
        uint64_t ms = 1;
        assert_false(parse_duration(bad[i], &ms, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void sizes_print(void **state)
{
    UNUSED(state);
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {1048575, "1 MiB"}, /* not 1024 KiB */
        {1047000, "1022.5 KiB"},
        {16777216, "16 MiB"},
        {1610612736, "1.5 GiB"},
        {UINT64_MAX, "16 EiB"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[32];
        format_size(rows[i].bytes, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

static void durations_print(void **state)
{
    UNUSED(state);
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {
        {0, "0ms"},          {999, "999ms"},          {1000, "1s"},         {4200, "4.2s"},
        {59949, "59.9s"},    {59950, "1m00s"},        {125000, "2m05s"},    {3599499, "59m59s"},
        {3599500, "1h00m"},  {7380000, "2h03m"},      {86369999, "23h59m"}, {86370000, "1d00h"},
        {93600000, "1d02h"}, {8640000000, "100d00h"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[32];
        format_duration(rows[i].ms, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

static void nearest_names(void **state)
{
    UNUSED(state);
    static const char *const names[] = {"poll_interval", "part_size", "verify", "ls", "cp"};
    const size_t count = ARRAY_LEN(names);
    assert_string_equal(nearest_name("poll_intervall", names, count), "poll_interval");
    assert_string_equal(nearest_name("poll-interval", names, count), "poll_interval");
    assert_string_equal(nearest_name("vreify", names, count), "verify"); /* a swap is one step */
    assert_string_equal(nearest_name("evrfiy", names, count), "verify"); /* two swaps: a third */
    assert_string_equal(nearest_name("lss", names, count), "ls");
    assert_null(nearest_name("vrfx", names, count));
    assert_null(nearest_name("xy", names, count));
    assert_null(nearest_name("", names, count));
    assert_null(nearest_name("verify", names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_has_sections_and_columns),
        cmocka_unit_test(help_has_the_details_of_a_row),
        cmocka_unit_test(help_fits_eighty_columns),
        cmocka_unit_test(markdown_is_a_table),
        cmocka_unit_test(yaml_example_has_every_key),
        cmocka_unit_test(yaml_example_yields_the_defaults),
        cmocka_unit_test(sizes_parse),
        cmocka_unit_test(durations_parse),
        cmocka_unit_test(sizes_print),
        cmocka_unit_test(durations_print),
        cmocka_unit_test(nearest_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
