#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"

static void slices_compare(void **state)
{
    UNUSED(state);
    slice s = SLICE_LIT("prefix-body.end");
    assert_true(slice_starts_with(s, "prefix"));
    assert_true(slice_ends_with(s, ".end"));
    assert_false(slice_starts_with(s, "refix"));
    assert_false(slice_ends_with(SLICE_LIT("end"), ".end"));
    assert_true(slice_equal_str(s, "prefix-body.end"));
    assert_false(slice_equal_str(s, "prefix-body"));
    assert_true(slice_equal(slice_from(NULL), slice_from("")));
    assert_true(slice_starts_with(slice_from(NULL), ""));
}

static void slices_trim_and_copy(void **state)
{
    UNUSED(state);
    assert_true(slice_equal_str(slice_trim(SLICE_LIT(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(slice_trim(SLICE_LIT(" \n ")).len, 0);
    AUTO_FREE char *copy = slice_dup((slice){.data = "abcdef", .len = 3});
    assert_string_equal(copy, "abc");
    AUTO_FREE char *empty = slice_dup((slice){0});
    assert_string_equal(empty, "");
}

static void strings_compare(void **state)
{
    UNUSED(state);
    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal("", NULL));
    assert_true(str_equal("a", "a"));
    assert_true(str_starts_with("s3://b", "s3://"));
    assert_true(str_ends_with("a.gz", ".gz"));
    assert_false(str_ends_with("gz", ".gz"));
}

static void urls_are_cleaned(void **state)
{
    static const char *const rows[][2] = {{" HTTP://Host/Path?Q \r\n", "http://Host/Path?Q"},
                                          {"Https://h", "https://h"},
                                          {"Host:80/A://b", "Host:80/A://b"},
                                          {"/A://b", "/A://b"},
                                          {"", ""},
                                          {" ", ""}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *clean = url_clean(rows[i][0]);
        assert_string_equal(clean, rows[i][1]);
    }
}

static void shown_urls_hold_no_password(void **state)
{
    static const char *const rows[][2] = {
        {"http://h:80/p", "http://h:80/p"},
        {"http://user:pw@h:80/p?q=1", "http://h:80/p"},
        {"http://h/a@b", "http://h/a@b"},
        {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
        {"http//user:pw@h", "h"},
        {"user:pw@h", "h"},
        {"http://user:p/w@h:80/p", "http://h:80/p"},
        {"http://user:p?w@h", "http://h"},
        {"http://user:p#w@h", "http://h"},
        {"http://u:a@b@h/", "http://h/"},
        {"h", "h"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *shown = url_shown(rows[i][0]);
        assert_string_equal(shown, rows[i][1]);
    }
}

static void numbers_are_strict(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {
        "", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"};
    uint64_t n = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(num_parse_u64(bad[i], &n));
    assert_false(num_parse_u64(NULL, &n));
    assert_int_equal(n, 7);
    assert_true(num_parse_u64("18446744073709551615", &n));
    assert_true(n == UINT64_MAX);
    assert_true(num_parse_u64("007", &n));
    assert_int_equal(n, 7);
}

static void appends_keep_a_nul(void **state)
{
    UNUSED(state);
    AUTO(buf) b = BUF(1000);
    assert_string_equal(buf_str(&b), "");
    assert_true(buf_append_str(&b, "one"));
    assert_true(buf_append_char(&b, ' '));
    assert_true(buf_append_slice(&b, SLICE_LIT("two")));
    assert_true(buf_printf(&b, " %d", 3));
    assert_true(buf_append(&b, NULL, 0));
    assert_string_equal(buf_str(&b), "one two 3");
    buf_consume(&b, 4);
    assert_string_equal(buf_str(&b), "two 3");
    assert_int_equal(buf_slice(&b).len, 5);
    buf_clear(&b);
    assert_string_equal(buf_str(&b), "");
}

static void the_size_is_bounded(void **state)
{
    UNUSED(state);
    AUTO(buf) b = BUF(100);
    for (int i = 0; i < 100; i++)
        assert_true(buf_append_char(&b, 'x'));
    assert_false(b.overflow);
    assert_false(buf_append_char(&b, 'y'));
    assert_false(buf_printf(&b, "%s", "y"));
    assert_true(b.overflow);
    assert_int_equal(b.len, 100);
    assert_null(strchr(buf_str(&b), 'y'));
    buf_clear(&b);
    assert_false(b.overflow);
}

static void give_moves_the_bytes_out(void **state)
{
    UNUSED(state);
    AUTO(buf) b = BUF(100);
    AUTO_FREE char *nothing = buf_give(&b);
    assert_string_equal(nothing, "");
    buf_append_str(&b, "abc");
    AUTO_FREE char *given = buf_give(&b);
    assert_string_equal(given, "abc");
    assert_int_equal(b.len, 0);
    assert_true(buf_append_str(&b, "again"));
}

static void a_budget_admits(void **state)
{
    UNUSED(state);
    budget b = {.limit_bytes = 100};
    assert_true(budget_take(&b, 60));
    assert_false(budget_take(&b, 41));
    assert_true(budget_take(&b, 40));
    budget_give(&b, 100);
    assert_true(budget_take(&b, 500)); /* larger than the whole budget */
    assert_false(budget_take(&b, 1));
    budget_give(&b, 500);
    assert_int_equal(b.used_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare),      cmocka_unit_test(slices_trim_and_copy),
        cmocka_unit_test(strings_compare),     cmocka_unit_test(urls_are_cleaned),
        cmocka_unit_test(strings_compare),     cmocka_unit_test(shown_urls_hold_no_password),
        cmocka_unit_test(numbers_are_strict),  cmocka_unit_test(appends_keep_a_nul),
        cmocka_unit_test(the_size_is_bounded), cmocka_unit_test(give_moves_the_bytes_out),
        cmocka_unit_test(a_budget_admits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
