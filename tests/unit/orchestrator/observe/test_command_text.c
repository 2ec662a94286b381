#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/util.h"
#include "orchestrator/observe/command_text.h"

static void arguments_are_quoted_for_a_shell(void **state)
{
    static const struct {
        const char *argument, *text;
    } rows[] = {
        {"--config=a.yaml", "--config=a.yaml"},
        {"s3://b/in/", "s3://b/in/"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$HOME", "'$HOME'"},
        {"a\nb", "'a\nb'"},
        {"http://user:word@host:1/x", "'http://***@host:1/x'"},
        {"--proxy=http://user:word@host", "'--proxy=http://***@host'"},
        {"s3://b/a@b", "s3://b/a@b"}, /* a key */
    };
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *argv[] = {(char *)"decon-orchestrator", (char *)rows[i].argument};
        AUTO_FREE char *text = command_text(2, argv);
        AUTO_FREE char *expected = xasprintf("decon-orchestrator %s", rows[i].text);
        assert_string_equal(text, expected);
    }
}

static void a_long_command_is_bounded(void **state)
{
    UNUSED(state);
    AUTO_FREE char *large = xcalloc(100001, 1);
    memset(large, 'x', 100000);
    char *argv[] = {(char *)"decon-orchestrator", large};
    AUTO_FREE char *text = command_text(2, argv);
    assert_true(strlen(text) <= 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_quoted_for_a_shell),
        cmocka_unit_test(a_long_command_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
