/* base/options/options_json: values of options in records. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/options/options.h"
#include "base/util.h"

typedef struct sample {
    char *name, *url, *secret, *none;
    bool flag;
    int64_t number;
    double fraction;
    uint64_t size, wait;
    int choice;
    char **list;
    bool help;
} sample;

static const char *const choices[] = {"one", "two", NULL};

/* clang-format off */
#define ROW(name, kind, ...) {.key = #name, .type = kind, .offset = offsetof(sample, name), __VA_ARGS__}
/* clang-format on */

static const option rows[] = {
    ROW(name, OPTION_STRING, .fallback = "a \"b\""),
    ROW(url, OPTION_STRING, .fallback = "https://user:word@host:1/x?sig=1"),
    ROW(secret, OPTION_STRING, .fallback = "hidden", .flags = OPTION_SECRET),
    ROW(none, OPTION_STRING),
    ROW(flag, OPTION_BOOL, .fallback = "true"),
    ROW(number, OPTION_INT, .fallback = "-3"),
    ROW(fraction, OPTION_FLOAT, .fallback = "0.5"),
    ROW(size, OPTION_SIZE, .fallback = "2MiB"),
    ROW(wait, OPTION_DURATION, .fallback = "1500ms"),
    ROW(choice, OPTION_ENUM, .fallback = "two", .choices = choices),
    ROW(list, OPTION_LIST),
    ROW(help, OPTION_BOOL, .fallback = "false", .flags = OPTION_FLAG_ONLY),
    {.key = "old", .type = OPTION_INT, .flags = OPTION_ACCEPTED},
};

static const option_set set = {.rows = rows, .row_count = ARRAY_LEN(rows), .program = "test"};

static void every_key_has_its_value_and_secrets_are_omitted(void **state)
{
    UNUSED(state);
    sample s;
    err e = ERR_INIT;
    AUTO(buf) out = BUF(1 << 16);
    char *argv[] = {(char *)"test", (char *)"--list=x", (char *)"--list=y"};
    option_origin origins[ARRAY_LEN(rows)] = {0};
    int positional = 0;
    assert_true(options_defaults(&set, &s, &e));
    assert_true(options_arguments(&set, 3, argv, &s, origins, &positional, &e));
    options_json(&set, &s, &out);
    assert_string_equal(buf_str(&out),
                        "{\"name\":\"a \\\"b\\\"\",\"url\":\"https://host:1/x\",\"none\":null,"
                        "\"flag\":true,\"number\":-3,\"fraction\":0.5,\"size\":2097152,"
                        "\"wait\":1.500,\"choice\":\"two\",\"list\":[\"x\",\"y\"]}");
    options_deinit(&set, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_has_its_value_and_secrets_are_omitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
