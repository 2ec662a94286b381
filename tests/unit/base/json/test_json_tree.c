/* JSON texts as trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/json/json_tree.h"

static void read_text(json_tree *t, const char *text)
{
    err e = ERR_INIT;
    if (!json_tree_read(t, slice_from(text), &e))
        fail_msg("%s: %s", text, e.message);
}

/* A node as text: type letters and keys in order. */
static void put_shape(const json_tree *t, const json_node *node, buf *out)
{
    static const char names[] = {[JSON_STRING] = 's', [JSON_NUMBER] = 'n', [JSON_OBJECT] = 'o',
                                 [JSON_ARRAY] = 'a',  [JSON_BOOL] = 'b',   [JSON_NULL] = '0'};
    json_node_put_key(node, out);
    buf_append_char(out, names[node->value.type]);
    if (node->value.type != JSON_OBJECT && node->value.type != JSON_ARRAY)
        return;
    buf_printf(out, "%u(", node->count);
    for (const json_node *n = json_tree_first(t, node); n; n = json_tree_next(t, n))
        put_shape(t, n, out);
    buf_append_char(out, ')');
}

static void expect_shape(const char *text, const char *want)
{
    AUTO(json_tree) t = {0};
    AUTO(buf) shape = BUF(4096);
    read_text(&t, text);
    put_shape(&t, json_tree_root(&t), &shape);
    assert_string_equal(buf_str(&shape), want);
}

static void values_keep_their_order_and_keys(void **state)
{
    UNUSED(state);
    expect_shape("5", "n");
    expect_shape(" \"a\\\"b\" ", "s");
    expect_shape("[]", "a0()");
    expect_shape("{ }", "o0()");
    expect_shape("[1,[ ],{\"x\":[true , false],\"y\":null},-1.5e3]", "a4(na0()o2(xa2(bb)y0)n)");
    expect_shape("{\"a\\u0062\" : {\"c\":\"]}\"} , \"a\":\"\"}", "o2(abo1(cs)as)");
}

static void members_and_elements_are_found(void **state)
{
    UNUSED(state);
    AUTO(json_tree) t = {0};
    AUTO(buf) text = BUF(100);
    read_text(&t, "{\"a\":1,\"b\":[10,\"\\u00e9\"],\"a\":2}");
    const json_node *root = json_tree_root(&t);
    const json_node *b = json_tree_member(&t, root, SLICE_LIT("b"));
    assert_non_null(b);
    assert_true(slice_equal_str(b->value.raw, "[10,\"\\u00e9\"]"));
    assert_true(slice_equal_str(json_tree_member(&t, root, SLICE_LIT("a"))->value.raw, "2"));
    json_node_put_text(json_tree_element(&t, b, 1), &text);
    assert_string_equal(buf_str(&text), "é");
    assert_null(json_tree_element(&t, b, 2));
    assert_null(json_tree_element(&t, root, 0));
    assert_null(json_tree_member(&t, b, SLICE_LIT("a")));
    assert_null(json_tree_member(&t, root, SLICE_LIT("c")));
}

static void a_faulty_text_is_refused(void **state)
{
    UNUSED(state);
    static const char *const texts[] = {"", "[1,]", "{\"a\"}", "[1] 2", "nul", "\"a"};
    AUTO(json_tree) t = {0};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        err e = ERR_INIT;
        if (json_tree_read(&t, slice_from(texts[i]), &e))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(e.code, ERR_PARSE);
    }
    read_text(&t, "[1]"); /* the tree can be used again */
    assert_int_equal(json_tree_root(&t)->count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_keep_their_order_and_keys),
        cmocka_unit_test(members_and_elements_are_found),
        cmocka_unit_test(a_faulty_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
