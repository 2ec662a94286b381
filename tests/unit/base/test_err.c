#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "decon/base/err.h"
#include "base/util.h"

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

static void context_stands_in_front(void **state)
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
}

static void null_is_allowed(void **state)
{
    UNUSED(state);
    assert_false(err_set(NULL, ERR_IO, "nobody looks"));
    assert_false(err_context(NULL, "nobody looks"));
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
        cmocka_unit_test(context_stands_in_front),
        cmocka_unit_test(messages_stay_one_bounded_line),
        cmocka_unit_test(null_is_allowed),
        cmocka_unit_test(every_code_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
