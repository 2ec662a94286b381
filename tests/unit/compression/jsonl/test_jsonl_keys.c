/* The checker: the content key, duplicate keys, and keys in messages. */
#include "base/util.h"
#include "tests/unit/compression/jsonl/jsonl_support.h"

#include "compression/keys/keyset.h"

static void duplicate_keys_can_be_refused(void **state)
{
    UNUSED(state);
    jsonl_options options = {.refuse_duplicate_keys = true};
    static const slice taken[] = {
        SLICE_LIT(
            "{\"text\":\"\",\"Text\":1,\"\":2,\"a\":{\"text\":1,\"a\":{\"a\":1}},\"b\":[{\"a\":1},{"
            "\"a\":2}]}\n{\"text\":\"\"}"),
        SLICE_LIT(SCANNABLE
                  "{\"text\":\"\",\"\\ud83d\":1,\"\\ud83e\":2,\"?\":3,\"\xef\xbf\xbd\":4}"),
        SLICE_LIT("{\"text\":\"a\",\"b\":[\"a\",\"a\"]}"),
    };
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        assert_true(check_all(&options, taken[i]).ok);
    static const struct {
        slice text;
        const char *message;
    } refused[] = {
        {SLICE_LIT("{\"text\":\"\"}\n{\"text\":\"\",\"a\":{},\"t\\u0065xt\":1}"),
         "line 2, byte 30 of the decoded text: the key \"text\" occurs twice in its object "
         "(refuse_duplicate_keys is on)"},
        {SLICE_LIT("{\"text\":[{\"\":0,\"\":1}]}"),
         "line 1, byte 15 of the decoded text: the key \"\" occurs twice in its object "
         "(refuse_duplicate_keys is on)"},
        {SLICE_LIT("{\"\xf0\x9f\x98\x80\\n\":0,\"\\ud83d\\ude00\\u000a\":1}"),
         "line 1, byte 12 of the decoded text: the key \"\xf0\x9f\x98\x80?\" occurs twice in its "
         "object (refuse_duplicate_keys is on)"},
        {SLICE_LIT("{\"\\udc01\":0,\"\\udc01\":1}"),
         "line 1, byte 12 of the decoded text: the key \"???\" occurs twice in its object "
         "(refuse_duplicate_keys is on)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        checked c = check_all(&options, refused[i].text);
        assert_false(c.ok);
        assert_string_equal(c.error.message, refused[i].message);
    }
}

static void more_keys_than_can_be_remembered_are_too_many(void **state)
{
    UNUSED(state);
    static char keys[KEYSET_BYTES + 1];
    memset(keys, 'k', sizeof keys);
    err e = ERR_INIT;
    AUTO_PTR(jsonl) j = jsonl_new(&(jsonl_options){.refuse_duplicate_keys = true});
    assert_true(jsonl_feed(j, SLICE_LIT("{\""), &e));
    assert_true(jsonl_feed(j, (slice){.data = keys, .len = sizeof keys}, &e));
    assert_false(jsonl_feed(j, SLICE_LIT("\":1}"), &e));
    assert_string_equal(err_code_name(e.code), "LIMIT");
    assert_non_null(strstr(e.message, "line 1, byte 1 of the decoded text: more than 524288 keys"));
}

static void a_long_key_is_shown_by_its_beginning(void **state)
{
    UNUSED(state);
    AUTO(buf) line = BUF(1024);
    for (int i = 0; i < 2; i++) {
        buf_append_str(&line, i ? ":0,\"a" : "{\"a");
        for (int n = 0; n < 40; n++)
            buf_append_str(&line, "\xc3\xa9");
        buf_append_char(&line, '"');
    }
    buf_append_str(&line, ":0}");
    checked c = check_all(&(jsonl_options){.refuse_duplicate_keys = true}, buf_slice(&line));
    assert_non_null(strstr(c.error.message, "\xc3\xa9...\" occurs twice"));
}

static void keys_in_messages_stay_in_one_line(void **state)
{
    UNUSED(state);
    checked c = check_all(&usual, SLICE_LIT("{\"a\\nb\\u001b\":1,\"\\ud800\":2}\n{\"a\":1}"));
    assert_non_null(strstr(c.error.message, "the keys: a?b?, ?, a; "));
    jsonl_options options = {.content_key = "meta.text"};
    c = check_all(&options, SLICE_LIT("{\"id\":1,\"meta\":{\"body\":\"\"},\"z\":{\"y\":1}}"));
    assert_non_null(strstr(c.error.message, "the keys: id, meta, meta.body, z; "));
}

/* How many of three lines (the case between two that can be scanned) cannot be scanned. */
static void check_key(const char *key, slice line, bool scannable)
{
    jsonl_options options = {.content_key = key};
    AUTO(buf) text = BUF(1024);
    static const char other[] = "{\"text\":\"\",\"a\":{\"b\":{\"c\":\"\"}},\"\xc3\xa9\":\"\","
                                "\"\xf0\x9f\x98\x80\":\"\"}\n";
    buf_append_str(&text, other);
    buf_append_slice(&text, line);
    buf_append_str(&text, "\n");
    buf_append_str(&text, other);
    checked c = check_all(&options, buf_slice(&text));
    assert_true(c.ok);
    if (c.counts.unscannable_lines != !scannable)
        fail_msg("%.*s is taken wrongly for %s", (int)line.len, line.data, key ? key : "text");
}

static void the_content_key_is_a_string_of_the_top_object(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"text\":\"\"}"), true);
    check_key(NULL, SLICE_LIT("{\"id\":1,\"text\":\"a\",\"z\":null}"), true);
    check_key(NULL, SLICE_LIT("{\"text\" \t: \"a\"}"), true);
    check_key(NULL, SLICE_LIT("{}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":1}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":null}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":[\"a\"]}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":{\"text\":\"a\"}}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":{\"text\":\"a\"}}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":[{\"text\":\"a\"}]}"), false);
    check_key(NULL, SLICE_LIT("{\"a\":\"text\"}"), false);
    check_key(NULL, SLICE_LIT("{\"Text\":\"a\",\"tex\":\"a\",\"texts\":\"a\",\"\":\"a\"}"), false);
}

static void the_last_of_equal_keys_counts(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"text\":1,\"text\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\",\"text\":1}"), false);
    check_key(NULL, SLICE_LIT("{\"text\":\"a\",\"text\":{}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{\"c\":\"x\"}},\"a\":{}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":1,\"a\":{\"b\":2,\"b\":{\"c\":3,\"c\":\"x\"}}}"), true);
}

static void a_dotted_key_leads_through_objects_only(void **state)
{
    UNUSED(state);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{\"c\":\"x\"}}}"), true);
    check_key("a.b.c",
              SLICE_LIT("{\"z\":{\"a\":1},\"a\":{\"y\":[{}],\"b\":{\"c\":\"x\"},\"d\":1},\"e\":2}"),
              true);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":[{\"c\":\"x\"}]}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":[{\"b\":{\"c\":\"x\"}}]}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":{}},\"b\":{\"c\":\"x\"},\"c\":\"x\"}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"z\":{\"c\":\"x\"}}}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a.b.c\":\"x\"}"), false);
    check_key("a.b.c", SLICE_LIT("{\"a\":{\"b\":\"c\"}}"), false);
}

static void escaped_keys_are_the_same_keys(void **state)
{
    UNUSED(state);
    check_key(NULL, SLICE_LIT("{\"\\u0074e\\u0078t\":\"a\"}"), true);
    check_key(NULL, SLICE_LIT("{\"\\u0074e\\u0078\":\"a\"}"), false);
    check_key(NULL, SLICE_LIT("{\"text\\u0000\":\"a\"}"), false);
    check_key("\xc3\xa9", SLICE_LIT("{\"\\u00E9\":\"a\"}"), true);
    check_key("\xc3\xa9", SLICE_LIT("{\"\xc3\xa9\":\"a\"}"), true);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83d\\ude00\":\"a\"}"), true);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83d\":\"a\"}"), false);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ude00\\ud83d\":\"a\"}"), false);
    check_key("\xf0\x9f\x98\x80", SLICE_LIT("{\"\\ud83dx\\ude00\":\"a\"}"), false);
}

static void a_file_without_any_text_names_its_keys(void **state)
{
    UNUSED(state);
    checked c = check_all(&usual, SLICE_LIT("\n{\"id\":1,\"b\\u006fdy\":{\"x\":1}}\n{\"z\":1}\n"));
    assert_false(c.ok);
    assert_string_equal(err_code_name(c.error.code), "NO_TEXT");
    assert_string_equal(c.error.message,
                        "no line has a string under 'text'; the lines have the keys: id, body, z; "
                        "set content_key to the key of the text");
    c = check_all(&usual, SLICE_LIT("{\"id\":1,\"body\":2}\n{\"body\":1,\"id\":1}\n{\"id\":1}"));
    assert_non_null(strstr(c.error.message, "the keys: id, body; "));
    c = check_all(&usual, SLICE_LIT("{}"));
    assert_non_null(strstr(c.error.message, "the lines have no keys; set content_key"));
    assert_true(check_all(&usual, SLICE_LIT("{}\n{\"text\":\"\"}")).ok);
    assert_true(check_all(&usual, SLICE_LIT("\n \n")).ok);
}

static void many_keys_are_named_up_to_a_bound(void **state)
{
    UNUSED(state);
    AUTO(buf) line = BUF(1 << 16);
    for (int i = 0; i < 500; i++)
        buf_printf(&line, "%s\"key_number_%d\":%d", i ? "," : "{", i, i);
    buf_append_str(&line, "}");
    checked c = check_all(&usual, buf_slice(&line));
    assert_false(c.ok);
    assert_non_null(strstr(c.error.message, "keys: key_number_0, key_number_1, "));
    assert_non_null(strstr(c.error.message, ", ...; set content_key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duplicate_keys_can_be_refused),
        cmocka_unit_test(more_keys_than_can_be_remembered_are_too_many),
        cmocka_unit_test(a_long_key_is_shown_by_its_beginning),
        cmocka_unit_test(keys_in_messages_stay_in_one_line),
        cmocka_unit_test(the_content_key_is_a_string_of_the_top_object),
        cmocka_unit_test(the_last_of_equal_keys_counts),
        cmocka_unit_test(a_dotted_key_leads_through_objects_only),
        cmocka_unit_test(escaped_keys_are_the_same_keys),
        cmocka_unit_test(a_file_without_any_text_names_its_keys),
        cmocka_unit_test(many_keys_are_named_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
