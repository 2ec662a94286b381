#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "decon/base/err.h"
#include "base/utf8.h"
#include "base/util.h"
#include "decon/base/buf.h"

static void set_records_the_origin(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_false(err_is_set(&e));
    assert_false(err_set(&e, ERR_CONFIG, "bad %s", "value"));
    assert_true(err_is_set(&e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(e.cls, ERR_CLASS_RUN);
    assert_string_equal(e.message, "bad value");
    assert_non_null(strstr(e.file, "test_err.c"));
    assert_true(e.line > 0);
    assert_int_equal(err_exit_status(&e), 2);
}

static void set_errno_adds_words_and_knows_full_disks(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    assert_false(err_set_errno(&e, ERR_IO, ENOENT, "cannot open %s", "x"));
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.sys_errno, ENOENT);
    assert_string_equal(e.message, "cannot open x: No such file or directory");
    assert_false(err_set_errno(&e, ERR_IO, ENOSPC, "cannot write x"));
    assert_int_equal(e.code, ERR_NO_SPACE);
    assert_int_equal(e.cls, ERR_CLASS_RUN);
    assert_false(err_set_errno(&e, ERR_IO, EDQUOT, "cannot write x"));
    assert_int_equal(e.code, ERR_NO_SPACE);
}

static void context_comes_first(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    (void)err_set(&e, ERR_NET, "reset");
    assert_false(err_context(&e, "GET %s", "s3://b/k"));
    assert_string_equal(e.message, "GET s3://b/k: reset");
    assert_int_equal(e.code, ERR_NET);
}

static void messages_stay_one_bounded_line(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    char long_text[2000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    (void)err_set(&e, ERR_IO, "a\nb\rc\x1b");
    assert_string_equal(e.message, "a b c ");
    (void)err_set(&e, ERR_IO, "%s", long_text);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
    (void)err_context(&e, "%s\n", long_text);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
    (void)err_append(&e, "; %s\n", long_text);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
}

static void a_part_that_is_too_long_loses_its_middle(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    char key[1001];
    memset(key, 'k', sizeof key);
    memcpy(key + sizeof key - 11, ".last.json", 11);
    (void)err_set(&e, ERR_IO, "%s: no such name; look there", key);
    (void)err_context(&e, "s3://b/%s", key);
    assert_int_equal(strncmp(e.message, "s3://b/kkk", 10), 0);
    assert_non_null(strstr(e.message, "...k"));
    assert_non_null(strstr(e.message, ".last.json: kkk"));
    (void)err_append(&e, "; %s and do this", key);
    assert_true(str_ends_with(e.message, " and do this"));
    assert_true(strlen(e.message) < 1024);
}

static void parts_are_cut_between_characters(void **state)
{
    UNUSED(state);
    for (size_t shift = 0; shift < 4; shift++) {
        err e = ERR_INIT;
        AUTO(buf) text = BUF(SIZE_MAX);
        for (size_t i = 0; i < shift; i++)
            assert_true(buf_append_char(&text, 'x'));
        while (text.len < 3000)
            assert_true(buf_append_str(&text, "\u20ac\U0001f600\u00e9"));
        (void)err_set(&e, ERR_IO, "%s", buf_str(&text));
        assert_int_equal(utf8_check(slice_from(e.message)), strlen(e.message));
        (void)err_context(&e, "%s", buf_str(&text));
        assert_int_equal(utf8_check(slice_from(e.message)), strlen(e.message));
        (void)err_append(&e, "%s", buf_str(&text));
        assert_int_equal(utf8_check(slice_from(e.message)), strlen(e.message));
    }
}

static void a_subject_is_named_once(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    (void)err_set(&e, ERR_NET, "reset");
    assert_false(err_subject(&e, "s3://b/%s", "k"));
    assert_string_equal(e.message, "s3://b/k: reset");
    (void)err_subject(&e, "s3://b/k");
    assert_string_equal(e.message, "s3://b/k: reset");
    (void)err_set(&e, ERR_NET, "cannot open /tmp/x");
    (void)err_subject(&e, "/tmp/x");
    assert_string_equal(e.message, "cannot open /tmp/x");
    (void)err_subject(&e, "/tmp");
    assert_string_equal(e.message, "/tmp: cannot open /tmp/x");
    assert_true(err_names(&e, "/tmp/x"));
    assert_false(err_names(&e, "open /t")); /* a part of a name */
}

static void the_cause_excludes_what_was_prepended(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    (void)err_set(&e, ERR_NET, "reset");
    assert_string_equal(err_cause(&e), "reset");
    (void)err_context(&e, "HeadObject");
    (void)err_subject(&e, "s3://b/checksum");
    (void)err_append(&e, "; try later");
    assert_string_equal(e.message, "s3://b/checksum: HeadObject: reset; try later");
    assert_string_equal(err_cause(&e), "reset; try later");
}

static void signatures_and_tokens_are_hidden(void **state)
{
    UNUSED(state);
    err e = ERR_INIT;
    (void)err_set(&e, ERR_NET,
                  "https://h/b/k?X-Amz-Security-Token=ABC%%2Fdef&x=1&x-amz-signature=0123 failed");
    assert_string_equal(e.message,
                        "https://h/b/k?X-Amz-Security-Token=...&x=1&x-amz-signature=... failed");
    (void)err_context(&e, "https://h/?Signature=abcd%%3D&Expires=1");
    assert_non_null(strstr(e.message, "Signature=...&Expires=1: https"));
    (void)err_append(&e, "X-Amz-Signature=");
}

static void null_is_allowed(void **state)
{
    UNUSED(state);
    assert_false(err_set(NULL, ERR_IO, "ignored"));
    assert_false(err_context(NULL, "ignored"));
    assert_false(err_subject(NULL, "ignored"));
    assert_false(err_append(NULL, "ignored"));
    assert_false(err_is_set(NULL));
    assert_int_equal(err_exit_status(NULL), 0);
}

static void every_code_has_a_row(void **state)
{
    UNUSED(state);
#define DECON_ERR_ROW(name, cls, status, words)                                                    \
    assert_string_equal(err_code_name(ERR_##name), #name);                                         \
    assert_string_equal(err_code_words(ERR_##name), words);                                        \
    assert_int_equal(err_code_class(ERR_##name), ERR_CLASS_##cls);
#include "decon/base/err.def"
#undef DECON_ERR_ROW
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_records_the_origin),
        cmocka_unit_test(set_errno_adds_words_and_knows_full_disks),
        cmocka_unit_test(context_comes_first),
        cmocka_unit_test(messages_stay_one_bounded_line),
        cmocka_unit_test(a_part_that_is_too_long_loses_its_middle),
        cmocka_unit_test(parts_are_cut_between_characters),
        cmocka_unit_test(a_subject_is_named_once),
        cmocka_unit_test(the_cause_excludes_what_was_prepended),
        cmocka_unit_test(signatures_and_tokens_are_hidden),
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(every_code_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
