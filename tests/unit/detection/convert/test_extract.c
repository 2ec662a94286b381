/* Each method of evals.yaml to extract records from a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/yaml/yaml_json.h"
#include "detection/convert/extract.h"

static bool add_record(void *ctx, const extract_record *r, err *e)
{
    buf *out = ctx;
    UNUSED(e);
    if (r->passage.data)
        buf_printf(out, "[%.*s]", (int)r->passage.len, r->passage.data);
    buf_append_slice(out, r->question);
    if (r->answer.data)
        buf_printf(out, "=%.*s", (int)r->answer.len, r->answer.data);
    if (r->is_correct >= 0)
        buf_append_char(out, r->is_correct ? '+' : '-');
    if (r->sub_index >= 0)
        buf_printf(out, "#%d", (int)r->sub_index);
    buf_append_char(out, '|');
    return true;
}

static void read_tree(json_tree *t, const char *text)
{
    err e = ERR_INIT;
    if (!json_tree_read(t, slice_from(text), &e))
        fail_msg("%s: %s", text, e.message);
}

static void expect_records_with(const char *yaml, const char *row, bool has_answers,
                                const char *want)
{
    AUTO(buf) config = BUF(1 << 16);
    AUTO(buf) records = BUF(1 << 16);
    AUTO(json_tree) config_tree = {0};
    AUTO(json_tree) row_tree = {0};
    err e = ERR_INIT;
    uint64_t count;
    assert_true(yaml_to_json(slice_from(yaml), "f", &config, &e));
    read_tree(&config_tree, buf_str(&config));
    read_tree(&row_tree, row);
    const extract_entry entry = {
        .config = &config_tree, .node = json_tree_root(&config_tree), .has_answers = has_answers};
    assert_true(extract_row(&entry, &row_tree, add_record, &records, &count, &e));
    assert_string_equal(buf_str(&records), want);
}

static void expect_records(const char *yaml, const char *row, const char *want)
{
    expect_records_with(yaml, row, true, want);
}

static void fields_by_path(void **state)
{
    UNUSED(state);
    expect_records("prompt: q\nanswers: [a]\n", "{\"q\":\"Why?\",\"a\":\"So.\"}", "Why?=So.|");
    expect_records("{prompt: m.0.c, answers: [a.t.0]}",
                   "{\"m\":[{\"c\":\"Q\"}],\"a\":{\"t\":[\"x\",\"y\"]}}", "Q=x|");
    expect_records("{prompt: Pre-Text, answers: [Correct Answer], passage: p}",
                   "{\"Pre-Text\":\"Q\",\"Correct Answer\":5,\"p\":\"P\"}", "[P]Q=5|");
    expect_records("{prompt: a.b}", "{\"a.b\":\"Q\"}", "Q|");
    expect_records("{prompt: q, answers: [a]}", "{\"q\":\"Q\",\"a\":null}", "Q|");
    expect_records("{prompt: q, answers: [a]}", "{\"q\":\" \",\"a\":\"A\"}", "");
    expect_records_with("{prompt: q, answers: [a]}", "{\"q\":\"Q\",\"a\":\"A\"}", false, "Q|");
}

static void a_list_is_a_list_of_right_answers(void **state)
{
    UNUSED(state);
    expect_records("{prompt: q, answers: [a]}", "{\"q\":\"Q\",\"a\":[\"x\",\"y\"]}",
                   "Q=x#0|Q=y#1|");
    expect_records("{prompt: q, answers: [a]}", "{\"q\":\"Q\",\"a\":[\"x\"]}", "Q=x|");
}

static void the_first_way_with_an_answer_counts(void **state)
{
    UNUSED(state);
    const char *drop = "{prompt: q, answers: [a.spans.0, a.number, a.date]}";
    expect_records(drop, "{\"q\":\"Q\",\"a\":{\"spans\":[],\"number\":\"7\"}}", "Q=7|");
    expect_records(drop,
                   "{\"q\":\"Q\",\"a\":{\"spans\":[],\"number\":\"\",\"date\":{\"day\":\"3\","
                   "\"month\":\"May\",\"year\":\"\"}}}",
                   "Q=3 May|");
}

static void choices(void **state)
{
    UNUSED(state);
    const char *yaml = "{prompt: q, answers: [{expand_choices: {field: c, correct_index: a}}]}";
    expect_records(yaml, "{\"q\":\"Q\",\"c\":[\"x\",\"y\"],\"a\":1}", "Q=x-|Q=y+|");
    expect_records(yaml, "{\"q\":\"Q\",\"c\":[\"x\",\"y\"],\"a\":\"B\"}", "Q=x-|Q=y+|");
    expect_records(yaml, "{\"q\":\"Q\",\"c\":[\"x\",\"y\"],\"a\":\"-1\"}", "Q=x|Q=y|");
    expect_records(
        yaml, "{\"q\":\"Q\",\"c\":{\"label\":[\"A\",\"B\"],\"text\":[\"x\",\"y\"]},\"a\":\"A\"}",
        "Q=x+|Q=y-|");
    expect_records(yaml, "{\"q\":\"Q\",\"c\":{\"A\":\"x\",\"B\":\"y\"},\"a\":\"B\"}", "Q=x-|Q=y+|");
    expect_records(
        "{prompt: q, answers: [{expand_choices: {field: c.text, correct_index: a}}]}",
        "{\"q\":\"Q\",\"c\":{\"label\":[\"1\",\"2\"],\"text\":[\"x\",\"y\"]},\"a\":\"1\"}",
        "Q=x+|Q=y-|");
    expect_records("{prompt: q, answers: [{expand_choices: {field: c, correct_index: null}}]}",
                   "{\"q\":\"Q\",\"c\":[\"x\",\"y\"],\"answer\":\"y\"}", "Q=x-|Q=y+|");
    expect_records("{prompt: q, answers: [{expand_choices: {field: c, correct_index: null}}]}",
                   "{\"q\":\"Q\",\"c\":[\"x\",\"y\"]}", "Q=x|Q=y|");
}

static void prefixes(void **state)
{
    UNUSED(state);
    expect_records("{prompt: q, answers: [{expand_prefix: {prefix: answer, suffix_match_field: l, "
                   "label_transform: numbers_to_letters}}]}",
                   "{\"q\":\"Q\",\"answerA\":\"x\",\"answerB\":\"y\",\"answer_note\":\"n\","
                   "\"answer\":\"z\",\"l\":\"2\"}",
                   "Q=x-|Q=y+|");
    expect_records("{prompt: q, answers: [{expand_prefix: {prefix: sol, suffix_match_field: l, "
                   "label_transform: add_one}}]}",
                   "{\"q\":\"Q\",\"sol1\":\"x\",\"sol2\":\"y\",\"l\":0}", "Q=x+|Q=y-|");
    expect_records("{prompt: q, answers: [{expand_prefix: {prefix: op, suffix_match_field: l, "
                   "label_transform: index_to_letter}}]}",
                   "{\"q\":\"Q\",\"opa\":\"x\",\"opb\":\"y\",\"l\":1}", "Q=x-|Q=y+|");
    expect_records(
        "{prompt: q, answers: [{expand_prefix: {prefix: option, suffix_match_field: a}}]}",
        "{\"q\":\"Q\",\"option1\":\"x\",\"option2\":\"y\",\"a\":\"2\"}", "Q=x-|Q=y+|");
}

static void indexed_fields(void **state)
{
    UNUSED(state);
    expect_records("{prompt: q, answers: [{indexed: {prefix: sol, key_field: l, label_transform: "
                   "add_one}}]}",
                   "{\"q\":\"Q\",\"sol1\":\"x\",\"sol2\":\"y\",\"l\":1}", "Q=y|");
    expect_records("{prompt: q, answers: [{indexed: {field: o, key_field: i}}]}",
                   "{\"q\":\"Q\",\"o\":[\"x\",\"y\"],\"i\":0}", "Q=x|");
    expect_records("{prompt: q, answers: [{indexed: {field: o, key_field: i}}]}",
                   "{\"q\":\"Q\",\"o\":[\"x\"],\"i\":7}", "Q|");
}

static void arrays_of_questions(void **state)
{
    UNUSED(state);
    const char *yaml = "{passage: s, prompts: {array: q.t}, answers: [{array: a.t}]}";
    expect_records(yaml, "{\"s\":\"P\",\"q\":{\"t\":[\"Q\",\"R\"]},\"a\":{\"t\":[\"x\",\"y\"]}}",
                   "[P]Q=x#0|[P]R=y#1|");
    expect_records(yaml, "{\"q\":[{\"t\":\"Q\"},{\"t\":\"R\"}],\"a\":[{\"t\":\"x\"}]}",
                   "Q=x#0|R#1|");
}

static void messages_and_paragraphs(void **state)
{
    UNUSED(state);
    expect_records("prompt:\n  concat_messages: {field: m, content_field: c}\n  append_field: i\n",
                   "{\"m\":[{\"c\":\"one\"},{\"c\":\"two\"}],\"i\":\"three\"}", "one\ntwo\nthree|");
    expect_records("{prompt: q, passage: {last_paragraph: t.p, min_words: 3}}",
                   "{\"q\":\"Q\",\"t\":{\"p\":[[\"a b c\",\"d e f\"],[\"g h\"]]}}", "[d e f]Q|");
    expect_records("{prompt: q, passage: {last_paragraph: t.p, min_words: 9}}",
                   "{\"q\":\"Q\",\"t\":{\"p\":[[\"a b c\"]]}}", "Q|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_by_path),
        cmocka_unit_test(a_list_is_a_list_of_right_answers),
        cmocka_unit_test(the_first_way_with_an_answer_counts),
        cmocka_unit_test(choices),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(indexed_fields),
        cmocka_unit_test(arrays_of_questions),
        cmocka_unit_test(messages_and_paragraphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
