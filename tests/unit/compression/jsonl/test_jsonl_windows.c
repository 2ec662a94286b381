/* The checker's indexers, one for each instruction set, against its exact reader. */
#include "base/util.h"
#include "tests/unit/compression/jsonl/jsonl_support.h"

#include "compression/jsonl/json_window.h"

static void append_filler(buf *out, size_t bytes)
{
    buf_append_str(out, "{\"text\":\"");
    for (size_t i = 0; i < bytes; i++)
        buf_append_char(out, i % 7 ? 'x' : ' ');
    buf_append_str(out, "\"}\n");
}

static void assert_indexers_agree(jsonl_options options, slice text)
{
    options.indexer = "none";
    checked exact = check(&options, text, WHOLE);
    const json_indexer *indexer;
    for (size_t i = 0; (indexer = json_indexer_at(i)); i++) {
        options.indexer = indexer->name;
        checked c = check(&options, text, WHOLE);
        if (c.ok != exact.ok || strcmp(c.error.message, exact.error.message) != 0)
            fail_msg("%s: '%s', exactly: '%s'", indexer->name, c.error.message,
                     exact.error.message);
        assert_same(&exact, &c);
    }
}

/* The line at each place of a block and across the end of a window. */
static void at_every_place(slice value)
{
    AUTO(buf) text = BUF((size_t)1 << 20);
    for (size_t before = 0; before < 2 * JSON_BLOCK_BYTES; before++)
        for (int far = 0; far < 2; far++) {
            buf_clear(&text);
            append_filler(&text, before + (far ? JSON_WINDOW_BYTES - JSON_BLOCK_BYTES - 30 : 0));
            buf_append_str(&text, "{\"text\":\"\",\"v\":");
            buf_append_slice(&text, value);
            buf_append_str(&text, "}\n");
            append_filler(&text, 200);
            assert_indexers_agree((jsonl_options){0}, buf_slice(&text));
        }
}

static void sound_values_pass_at_every_place_of_a_window(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(good_values); i++)
        at_every_place(good_values[i]);
}

static void faults_are_the_same_at_every_place_of_a_window(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(bad_values); i++)
        at_every_place(bad_values[i].value);
}

/* Each byte value, in a string and between tokens, at each place of a vector. */
static void every_byte_is_classified_by_every_indexer(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF((size_t)1 << 16);
    append_filler(&text, 100);
    size_t in_string = 30;
    append_filler(&text, 300);
    for (size_t at = in_string; at < in_string + JSON_BLOCK_BYTES; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char old = text.data[at];
            text.data[at] = (char)byte;
            assert_indexers_agree((jsonl_options){0}, buf_slice(&text));
            text.data[at] = old;
        }
    AUTO(buf) spaces = BUF((size_t)1 << 16);
    buf_append_str(&spaces, "{\"text\":\"\",\"a\":[");
    size_t start = spaces.len;
    for (int i = 0; i < 200; i++)
        buf_append_char(&spaces, i % 2 ? ' ' : '\t');
    buf_append_str(&spaces, "]}\n");
    for (size_t at = start; at < start + JSON_BLOCK_BYTES; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            char old = spaces.data[at];
            spaces.data[at] = (char)byte;
            assert_indexers_agree((jsonl_options){0}, buf_slice(&spaces));
            spaces.data[at] = old;
        }
}

/* All that two lead bytes may be followed by, in a string of a window. */
static void utf8_is_the_same_for_every_indexer(void **state)
{
    UNUSED(state);
    static const unsigned char third[] = {0x00, 0x22, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xff};
    AUTO(buf) text = BUF((size_t)1 << 16);
    append_filler(&text, 250);
    static const size_t places[] = {40, 62, 63, 125, 126};
    for (unsigned a = 0x80; a < 0x100; a++)
        for (unsigned b = 0x70; b < 0x100; b++)
            for (size_t c = 0; c < ARRAY_LEN(third); c++) {
                char *at = text.data + places[(a + b + c) % ARRAY_LEN(places)];
                char old[4];
                memcpy(old, at, sizeof old);
                at[0] = (char)a;
                at[1] = (char)b;
                at[2] = (char)third[c];
                at[3] = (char)third[(a + b) % ARRAY_LEN(third)];
                assert_indexers_agree((jsonl_options){0}, buf_slice(&text));
                memcpy(at, old, sizeof old);
            }
}

/* Nesting, digits and exponents around what the detection server reads. */
static void what_the_server_skips_is_the_same_for_every_indexer(void **state)
{
    UNUSED(state);
    for (size_t count = 120; count < 320; count += count == 130 ? 68 : 1) {
        AUTO(buf) text = BUF((size_t)1 << 16);
        for (int place = 0; place < 3; place++) {
            append_filler(&text, 70);
            buf_append_str(&text, "{\"text\":\"\",\"v\":");
            for (size_t i = 0; i < count; i++)
                buf_append_char(&text, place ? '1' : '[');
            for (size_t i = 0; i < count && !place; i++)
                buf_append_char(&text, ']');
            buf_append_str(&text, place < 2 ? "}\n" : "e99}\n");
        }
        append_filler(&text, 200);
        assert_indexers_agree((jsonl_options){0}, buf_slice(&text));
        checked c = check(&(jsonl_options){0}, buf_slice(&text), WHOLE);
        assert_true(c.ok);
        assert_int_equal(c.counts.skipped_lines,
                         (count > 126) + (count > 309) + (count + 99 > 309));
    }
}

static void line_length_is_the_same_for_every_indexer(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF((size_t)1 << 20);
    append_filler(&text, 90);
    append_filler(&text, JSON_WINDOW_BYTES * 2);
    append_filler(&text, 90);
    for (uint64_t limit = 80; limit < 140; limit++)
        assert_indexers_agree((jsonl_options){.max_line_bytes = limit}, buf_slice(&text));
    for (uint64_t limit = JSON_WINDOW_BYTES - 100; limit < JSON_WINDOW_BYTES * 2 + 100; limit += 7)
        assert_indexers_agree((jsonl_options){.max_line_bytes = limit}, buf_slice(&text));
    memcpy(text.data + text.len - 40, "\\x", 2); /* a fault after the limit, or before it */
    for (uint64_t limit = 50; limit < 110; limit++)
        assert_indexers_agree((jsonl_options){.max_line_bytes = limit},
                              (slice){.data = text.data + text.len - 300, .len = 300});
}

static void damaged_text_is_the_same_for_every_indexer(void **state)
{
    UNUSED(state);
    static const jsonl_options all[] = {
        {0},
        {.refuse_duplicate_keys = true, .refuse_lone_surrogates = true},
        {.content_key = "meta.score", .max_depth = 3},
    };
    AUTO(buf) lines = sample_lines(100, 4);
    uint64_t random = 7;
    for (int round = 0; round < 600; round++) {
        size_t at = (size_t)(test_random(&random) % lines.len);
        size_t len = 1 + (size_t)(test_random(&random) % 3);
        size_t from = (size_t)(test_random(&random) % (lines.len - 3));
        len = MIN(len, lines.len - at);
        char old[3];
        memcpy(old, lines.data + at, len);
        memmove(lines.data + at, lines.data + from, len); /* other members of such a text */
        assert_indexers_agree(all[round % ARRAY_LEN(all)], buf_slice(&lines));
        memcpy(lines.data + at, old, len);
    }
}

/* Windows begin where a piece begins: within keys, numbers, escapes, halves of characters. */
static void any_cut_of_a_long_text_is_the_same_for_every_indexer(void **state)
{
    UNUSED(state);
    AUTO(buf) text = BUF((size_t)1 << 16);
    append_filler(&text, 70);
    buf_append_str(
        &text, "{\"te\\u0078t\":\"\\ud83d\\ude00 \\ud83d. \xf0\x9f\x98\x80\xd0\xbc\",\"n\":[-12.5e"
               "+3,true,false,null,1234567890123],\"meta\":{\"a\\\"b\":{\"c\":\"\\\\\\\"\"}}}\n");
    append_filler(&text, 120);
    jsonl_options options = {.indexer = "none"};
    checked exact = check(&options, buf_slice(&text), WHOLE);
    assert_true(exact.ok);
    assert_int_equal(exact.counts.lone_surrogates, 1);
    const json_indexer *indexer;
    for (size_t i = 0; (indexer = json_indexer_at(i)); i++)
        for (size_t cut = 1; cut < text.len; cut++) {
            options.indexer = indexer->name;
            checked c = check(&options, buf_slice(&text), (splitter){.cut = cut});
            assert_same(&exact, &c);
        }
}

/* A key in the text is unescaped; the option is used literally. */
static void the_content_key_is_no_piece_of_json(void **state)
{
    UNUSED(state);
    static const char *const keys[] = {"a\\b", "a\"b", "a\b", "a.b", ""};
    AUTO(buf) text = BUF((size_t)1 << 16);
    for (int i = 0; i < 2; i++) {
        buf_append_str(&text, "{\"a\\b\":\"\",\"x\":1}\n{\"a\\\\b\":\"\"}\n{\"a\\\"b\":\"\"}\n");
        buf_append_str(&text, "{\"a\":{\"b\":\"\"}}\n{\"a\":{\"\\u0062\":\"\"}}\n{\"\":\"\"}\n");
    }
    append_filler(&text, 200);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        jsonl_options options = {.content_key = keys[i]};
        assert_indexers_agree(options, buf_slice(&text));
        checked c = check(&options, buf_slice(&text), WHOLE);
        assert_int_equal(c.counts.unscannable_lines, i == 3 ? 9 : 11);
    }
}

/* The default limit, by feeding the same piece repeatedly instead of holding the line. */
static void a_line_of_the_default_limit_is_taken_and_a_byte_more_is_not(void **state)
{
    UNUSED(state);
    static char piece[1024 * 1024];
    memset(piece, 'x', sizeof piece);
    for (size_t more = 0; more < 2; more++) {
        err e = ERR_INIT;
        AUTO_PTR(jsonl) j = jsonl_new(&(jsonl_options){0});
        slice head = SLICE_LIT("{\"text\":\""), tail = SLICE_LIT("\"}\n");
        assert_true(jsonl_feed(j, head, &e));
        for (size_t i = 0; i < 255; i++)
            assert_true(jsonl_feed(j, (slice){.data = piece, .len = sizeof piece}, &e));
        size_t rest = sizeof piece - head.len - (tail.len - 1) + more;
        assert_true(jsonl_feed(j, (slice){.data = piece, .len = rest}, &e));
        assert_int_equal(jsonl_feed(j, tail, &e), !more);
        if (more)
            assert_string_equal(e.message, "line 1, byte 268435456 of the decoded text: the line "
                                           "is longer than 268435456 bytes (max_line_size)");
        else
            assert_int_equal(jsonl_counts_get(j).longest_line_bytes, 268435456);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_values_pass_at_every_place_of_a_window),
        cmocka_unit_test(faults_are_the_same_at_every_place_of_a_window),
        cmocka_unit_test(every_byte_is_classified_by_every_indexer),
        cmocka_unit_test(utf8_is_the_same_for_every_indexer),
        cmocka_unit_test(what_the_server_skips_is_the_same_for_every_indexer),
        cmocka_unit_test(line_length_is_the_same_for_every_indexer),
        cmocka_unit_test(damaged_text_is_the_same_for_every_indexer),
        cmocka_unit_test(any_cut_of_a_long_text_is_the_same_for_every_indexer),
        cmocka_unit_test(the_content_key_is_no_piece_of_json),
        cmocka_unit_test(a_line_of_the_default_limit_is_taken_and_a_byte_more_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
