/* The canonical form of JSON texts: examples and rules of RFC 8785. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json/json_canonical.h"
#include "base/util.h"

static void expect(const char *text, const char *wanted)
{
    AUTO(buf) out = BUF(1 << 16);
    err e = ERR_INIT;
    if (!json_put_canonical(slice_from(text), &out, &e))
        fail_msg("%s: %s", text, e.message);
    assert_string_equal(buf_str(&out), wanted);
    AUTO(buf) again = BUF(1 << 16);
    assert_true(json_put_canonical(buf_slice(&out), &again, &e));
    assert_string_equal(buf_str(&again), wanted);
}

/* RFC 8785, appendix B; the last ones: above a power of two, and as ECMAScript prints them. */
static void numbers_are_printed_as_ecmascript_does(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } numbers[] = {
        {UINT64_C(0x0000000000000000), "0"},
        {UINT64_C(0x8000000000000000), "0"},
        {UINT64_C(0x0000000000000001), "5e-324"},
        {UINT64_C(0x8000000000000001), "-5e-324"},
        {UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308"},
        {UINT64_C(0xffefffffffffffff), "-1.7976931348623157e+308"},
        {UINT64_C(0x4340000000000000), "9007199254740992"},
        {UINT64_C(0xc340000000000000), "-9007199254740992"},
        {UINT64_C(0x4430000000000000), "295147905179352830000"},
        {UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22"},
        {UINT64_C(0x44b52d02c7e14af6), "1e+23"},
        {UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23"},
        {UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000"},
        {UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000"},
        {UINT64_C(0x444b1ae4d6e2ef50), "1e+21"},
        {UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7"},
        {UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001"},
        {UINT64_C(0x41b3de4355555553), "333333333.3333332"},
        {UINT64_C(0x41b3de4355555554), "333333333.33333325"},
        {UINT64_C(0x41b3de4355555555), "333333333.3333333"},
        {UINT64_C(0x41b3de4355555556), "333333333.3333334"},
        {UINT64_C(0x41b3de4355555557), "333333333.33333343"},
        {UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333"},
        {UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2"},
        {UINT64_C(0x3d30000000000000), "5.684341886080802e-14"},
        {UINT64_C(0x3fe999999999999a), "0.8"},
        {UINT64_C(0x4059000000000000), "100"},
        {UINT64_C(0x3f1a36e2eb1c432d), "0.0001"},
        {UINT64_C(0x3d06849b86a12b9b), "1e-14"},
    };
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        double value;
        AUTO(buf) out = BUF(64);
        memcpy(&value, &numbers[i].bits, sizeof value);
        json_put_canonical_number(value, &out);
        assert_string_equal(buf_str(&out), numbers[i].text);
    }
}

/* Section 3.2.2. */
static void the_sample_of_the_rfc(void **state)
{
    UNUSED(state);
    expect("{\n"
           "  \"numbers\": [333333333.33333329, 1E30, 4.50,\n"
           "              2e-3, 0.000000000000000000000000001],\n"
           "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
           "  \"literals\": [null, true, false]\n"
           "}",
           "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
           "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

/* Section 3.2.3: U+1F600 is two units from 0xd83d on in UTF-16, so it comes before U+FB33. */
static void members_are_in_the_order_of_utf_16(void **state)
{
    UNUSED(state);
    expect("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
           "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
           "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
           "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
           "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
           "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
           "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
           "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
    expect("{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}");
    /* Section 3.2.3: arrays keep their order, objects in them do not. */
    expect("[56,{\"d\":true,\"10\":null,\"1\":[]}]", "[56,{\"1\":[],\"10\":null,\"d\":true}]");
    expect(" {} ", "{}");
}

static void what_has_no_canonical_form_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "{", "{\"a\":1,\"\\u0061\":2}", "[\"\xff\"]", "[\"\\ud800\"]", "[1e999]", "nul"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(buf) out = BUF(1 << 10);
        err e = ERR_INIT;
        assert_false(json_put_canonical(slice_from(texts[i]), &out, &e));
        assert_int_equal(e.code, ERR_PARSE);
    }
    AUTO(buf) small = BUF(4);
    err e = ERR_INIT;
    assert_false(json_put_canonical(SLICE_LIT("[1,2,3]"), &small, &e));
    assert_int_equal(e.code, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_printed_as_ecmascript_does),
        cmocka_unit_test(the_sample_of_the_rfc),
        cmocka_unit_test(members_are_in_the_order_of_utf_16),
        cmocka_unit_test(what_has_no_canonical_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
