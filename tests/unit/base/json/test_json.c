/* Reading one JSON text, and writing JSON with exact text. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"

static void expect_text(const char *json, const char *path, const char *want)
{
    json_value value;
    AUTO(buf) scratch = BUF(4096);
    slice text = {0};
    err e = ERR_INIT;
    if (!json_read_path(slice_from(json), path, &value, &e))
        fail_msg("%s: %s", json, e.message);
    if (!want) {
        assert_int_not_equal(value.type, JSON_STRING);
        return;
    }
    assert_int_equal(value.type, JSON_STRING);
    assert_true(json_text(&value, &scratch, &text));
    if (!slice_equal_str(text, want))
        fail_msg("%s: %.*s", json, (int)text.len, text.data);
}

static void paths_lead_through_objects(void **state)
{
    UNUSED(state);
    expect_text("{\"text\":\"a\"}", "text", "a");
    expect_text(" {\"meta\" : {\"x\":1,\"body\":\"b\"}} ", "meta.body", "b");
    expect_text("{\"meta\":[{\"body\":\"b\"}]}", "meta.body", NULL);
    expect_text("{\"meta.body\":\"b\"}", "meta.body", NULL);
    expect_text("{\"text\":5}", "text", NULL);
    expect_text("[\"text\"]", "text", NULL);
    expect_text("{\"a\":{\"text\":\"inner\"}}", "text", NULL);
    expect_text("{\"te\\u0078t\":\"a\"}", "text", "a");
}

static void last_of_equal_keys_wins(void **state)
{
    UNUSED(state);
    expect_text("{\"text\":\"a\",\"text\":\"b\"}", "text", "b");
    expect_text("{\"text\":\"a\",\"text\":null}", "text", NULL);
    expect_text("{\"m\":{\"t\":\"a\"},\"m\":{}}", "m.t", NULL);
    expect_text("{\"m\":{\"t\":\"a\"},\"m\":3}", "m.t", NULL);
    expect_text("{\"m\":3,\"m\":{\"t\":\"a\"}}", "m.t", "a");
}

static void escapes_are_resolved(void **state)
{
    UNUSED(state);
    expect_text("{\"t\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "t", "\"\\/\b\f\n\r\t");
    expect_text("{\"t\":\"x\\u00e4\\uD83D\\uDE00y\"}", "t", "x\u00e4\U0001f600y");
}

#define FORTY "0123456789abcdefghijklmnopqrstuvwxyzABCD"

/* Escapes at each distance from each other and from the ends; in a buffer that is large enough for the
 * escaped form, just large enough, and too small. */
static void escapes_are_resolved_at_any_position(void **state)
{
    UNUSED(state);
    static const struct {
        const char *escaped, *text;
    } parts[] = {
        {"\\n", "\n"}, {"\\\\", "\\"}, {"\\u4e2d", "\u4e2d"}, {"\\uD83D\\uDE00", "\U0001f600"}};
    for (size_t before = 0; before < 40; before++)
        for (size_t between = 0; between < 36; between += 5)
            for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
                AUTO(buf) json = BUF(1000);
                AUTO(buf) want = BUF(1000);
                for (size_t i = 0; i < 3; i++) {
                    size_t plain = i == 0 ? before : between;
                    buf_printf(&json, "%.*s%s", (int)plain, FORTY, parts[k].escaped);
                    buf_printf(&want, "%.*s%s", (int)plain, FORTY, parts[k].text);
                }
                json_value value = {.type = JSON_STRING, .raw = buf_slice(&json), .escaped = true};
                const size_t bounds[] = {1000, json.len, want.len, want.len - 1};
                for (size_t b = 0; b < ARRAY_LEN(bounds); b++) {
                    AUTO(buf) scratch = BUF(bounds[b]);
                    slice text = {0};
                    assert_int_equal(json_text(&value, &scratch, &text), bounds[b] >= want.len);
                    assert_true(bounds[b] < want.len || slice_equal(text, buf_slice(&want)));
                }
            }
}

static void malformed_texts_are_refused(void **state)
{
    UNUSED(state);
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[1 2]",
        "{a:1}",
        "{\"a\":1} x",
        "{\"a\":1}{}",
        "\xef\xbb\xbf{}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "1e999",
        "-1e999",
        "NaN",
        "nul",
        "tru",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\n\"",
        "'a'",
        "[",
        "]",
        "{\"a\":1]",
        "// c\n1",
    };
    json_value value;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err e = ERR_INIT;
        if (json_read_path(slice_from(bad[i]), "a", &value, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_int_equal(e.code, ERR_PARSE);
    }
}

/* {"k":"..c.."}: a byte of every kind at every place of strings of up to three words of eight bytes. */
static void each_byte_of_a_string_counts_at_any_place(void **state)
{
    UNUSED(state);
    static const unsigned char bytes[] = {0x00, 0x1F, 0x20, '!',  '"',  '#',  '[', '\\',
                                          ']',  0x7F, 0x80, 0x9F, 0xA2, 0xDC, 0xFF};
    for (size_t len = 1; len <= 40; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t b = 0; b < ARRAY_LEN(bytes); b++) {
                char text[64] = "{\"k\":\"";
                json_value value = {0};
                memset(text + 6, at % 2 ? 'x' : 0xA1, len);
                text[6 + at] = (char)bytes[b];
                memcpy(text + 6 + len, "\"}", 3);
                bool valid = bytes[b] >= 0x20 && bytes[b] != '"' && bytes[b] != '\\';
                bool found = json_read_path((slice){text, len + 8}, "k", &value, NULL);
                assert_int_equal(found, valid);
                if (found)
                    assert_int_equal(value.raw.len, len);
            }
}

static void depth_has_a_limit(void **state)
{
    UNUSED(state);
    json_value value;
    char text[2 * (JSON_MAX_DEPTH + 1) + 1] = "";
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_true(json_read_path(slice_from(text), "a", &value, NULL));
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_false(json_read_path(slice_from(text), "a", &value, NULL));
}

static void members_and_how_often_they_occur(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {"id", "ok", "none"};
    json_value v[3];
    json_type type;
    uint64_t id = 0;
    assert_true(
        json_read_members(SLICE_LIT("{\"id\":12,\"ok\":true,\"id\":7}"), keys, v, 3, &type, NULL));
    assert_int_equal(type, JSON_OBJECT);
    assert_true(json_unsigned(&v[0], &id));
    assert_int_equal(id, 7);
    assert_int_equal(v[0].times, 2);
    assert_true(json_is_true(&v[1]));
    assert_int_equal(v[2].type, JSON_ABSENT);
    static const char *const no_ids[] = {"{\"id\":5.0}", "{\"id\":5e0}", "{\"id\":-5}",
                                         "{\"id\":\"5\"}", "{\"id\":18446744073709551616}"};
    for (size_t i = 0; i < ARRAY_LEN(no_ids); i++) {
        assert_true(json_read_members(slice_from(no_ids[i]), keys, v, 3, &type, NULL));
        assert_false(json_unsigned(&v[0], &id));
    }
}

static void floats_have_the_fewest_digits(void **state)
{
    UNUSED(state);
    static const struct {
        float value;
        const char *text;
    } rows[] = {
        {1.0f, "1.0"},
        {0.0f, "0.0"},
        {-2.5f, "-2.5"},
        {0.8f, "0.800000011920929"},
        {0.8696908950805664f, "0.8696908950805664"},
        {0.7142857313156128f, "0.7142857313156128"},
        {0.99999994f, "0.9999999403953552"},
        {16777216.0f, "16777216.0"},
        {0x1p-20f, "9.5367431640625e-7"},
        {0x1p-16f, "0.0000152587890625"},
        {0x1p54f, "1.8014398509481984e16"},
        {0x1p53f, "9007199254740992.0"},
        {0x1p-100f, "7.888609052210118e-31"},
    };
    AUTO(buf) out = BUF(256);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&out);
        json_put_float(&out, rows[i].value);
        assert_string_equal(buf_str(&out), rows[i].text);
    }
}

static void strings_escape_what_they_must(void **state)
{
    UNUSED(state);
    AUTO(buf) out = BUF(256);
    json_put_string(&out, SLICE_LIT("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\u00e4"));
    assert_string_equal(buf_str(&out), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e4\"");
}

static void objects_are_compact(void **state)
{
    UNUSED(state);
    AUTO(buf) out = BUF(256);
    for (int i = 0; i < 2; i++) {
        json_member_int(&out, "a", -3);
        json_member_bool(&out, "b", i == 0);
        json_member_string(&out, "c", SLICE_LIT("x"));
        json_close(&out);
        buf_append_char(&out, '\n');
    }
    assert_string_equal(buf_str(&out), "{\"a\":-3,\"b\":true,\"c\":\"x\"}\n"
                                       "{\"a\":-3,\"b\":false,\"c\":\"x\"}\n");
}

static void note_member(void *ctx, const json_value *key, const json_value *value)
{
    buf *seen = ctx;
    buf_append_slice(seen, key->raw);
    buf_append_char(seen, '=');
    buf_append_slice(seen, value->raw);
    buf_append_char(seen, ';');
}

static void each_member_in_its_order(void **state)
{
    UNUSED(state);
    AUTO(buf) seen = BUF(256);
    err e = ERR_INIT;
    assert_true(json_each_member(SLICE_LIT("{\"b\":1, \"a\":{\"x\":2},\"b\":[3]}"), note_member,
                                 &seen, &e));
    assert_string_equal(buf_str(&seen), "b=1;a={\"x\":2};b=[3];");
    assert_false(json_each_member(SLICE_LIT("[1]"), note_member, &seen, &e));
    assert_false(json_each_member(SLICE_LIT("{\"b\":}"), note_member, &seen, &e));
}

static void objects_within_objects(void **state)
{
    UNUSED(state);
    AUTO(buf) out = BUF(256);
    json_member_int(&out, "a", 1);
    json_open(&out, "b");
    json_member_int(&out, "c", 2);
    json_open(&out, "d");
    json_close(&out);
    json_close(&out);
    json_member_int(&out, "e", 3);
    json_close(&out);
    assert_string_equal(buf_str(&out), "{\"a\":1,\"b\":{\"c\":2,\"d\":{}},\"e\":3}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_through_objects),
        cmocka_unit_test(last_of_equal_keys_wins),
        cmocka_unit_test(escapes_are_resolved),
        cmocka_unit_test(escapes_are_resolved_at_any_position),
        cmocka_unit_test(malformed_texts_are_refused),
        cmocka_unit_test(each_byte_of_a_string_counts_at_any_place),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(members_and_how_often_they_occur),
        cmocka_unit_test(floats_have_the_fewest_digits),
        cmocka_unit_test(strings_escape_what_they_must),
        cmocka_unit_test(objects_are_compact),
        cmocka_unit_test(objects_within_objects),
        cmocka_unit_test(each_member_in_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
