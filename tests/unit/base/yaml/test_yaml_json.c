/* YAML documents as JSON text. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/yaml/yaml_json.h"

static void expect_json(const char *yaml, const char *want)
{
    AUTO(buf) json = BUF(1 << 16);
    err e = ERR_INIT;
    if (!yaml_to_json(slice_from(yaml), "f.yaml", &json, &e))
        fail_msg("%s: %s", yaml, e.message);
    assert_string_equal(buf_str(&json), want);
}

static void expect_fault(const char *yaml, const char *want)
{
    AUTO(buf) json = BUF(1 << 16);
    err e = ERR_INIT;
    if (yaml_to_json(slice_from(yaml), "f.yaml", &json, &e))
        fail_msg("accepted: %s", yaml);
    if (!strstr(e.message, want))
        fail_msg("%s: %s", yaml, e.message);
}

static void mappings_and_sequences(void **state)
{
    UNUSED(state);
    expect_json("a:\n  b:\n  - x\n  - c: y\nd: []\n",
                "{\"a\":{\"b\":[\"x\",{\"c\":\"y\"}]},\"d\":[]}");
    expect_json("# nothing\n", "null");
    expect_json("", "null");
    expect_json("a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}");
}

static void plain_scalars_have_types(void **state)
{
    UNUSED(state);
    expect_json("[null, ~, true, False, 5, -1.5, 007, 1.2.3, yes]",
                "[null,null,true,false,5,-1.5,\"007\",\"1.2.3\",\"yes\"]");
    expect_json("['null', \"5\", 'a\"b']", "[\"null\",\"5\",\"a\\\"b\"]");
    expect_json("a:\n", "{\"a\":null}");
}

static void faults_have_a_place(void **state)
{
    UNUSED(state);
    expect_fault("a: [1\n", "f.yaml:2:1: malformed YAML");
    expect_fault("a: 1\na: 2\n", "f.yaml:2:1: this key is given twice");
    expect_fault("[1]: 2\n", "f.yaml:1:1: a key must be a single word");
    expect_fault("a: 1\n---\nb: 2\n", "a second document");
}

static void aliases_cannot_grow_without_bound(void **state)
{
    UNUSED(state);
    expect_fault("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                 "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
                 "too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings_and_sequences),
        cmocka_unit_test(plain_scalars_have_types),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(aliases_cannot_grow_without_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
