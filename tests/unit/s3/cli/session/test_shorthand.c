/* Maps in the forms of the AWS CLI. */
#include "s3/cli/session/shorthand.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "decon/base/buf.h"
#include "base/util.h"

static bool on_pair(void *ctx, const char *name, const char *value, err *e)
{
    UNUSED(e);
    return buf_printf(ctx, "%s>%s|", name, value);
}

static const struct {
    const char *text, *pairs; /* NULL: refused */
} rows[] = {
    {"a=1", "a>1|"},
    {"a=1,b=2", "a>1|b>2|"},
    {"a=1, b=2", "a>1|b>2|"},
    {"a = 1 , b =2,c= 3", "a>1|b>2|c>3|"},
    {"a = \"1\" , b = '2'", "a>1|b>2|"},
    {" =1", NULL},
    {"a=", "a>|"},
    {"a=,b=", "a>|b>|"},
    {"a=b=c", "a>b=c|"},
    {"a=b==,c=d", "a>b==|c>d|"},
    {"a=x\\,y,b=z", "a>x,y|b>z|"},
    {"a=x\\y", "a>x\\y|"},
    {"a=\"x,y\",b='z,='", "a>x,y|b>z,=|"},
    {"a=\"x\\\"y\\\\\"", "a>x\"y\\|"},
    {"a='it''s'", NULL},
    {"a='it\\'s'", "a>it's|"},
    {"a=it's", "a>it's|"},
    {"a=x, y", "a>x, y|"}, /* the comma belongs to the value */
    {"a=x,y,b=z", "a>x,y|b>z|"},
    {"a=x ", "a>x|"},
    {"{\"a\": \"1\", \"b\": \"x,y=z\"}", "a>1|b>x,y=z|"},
    {" {\"a\": \"\"}", "a>|"},
    {"{}", ""},
    {"", NULL},
    {"a", NULL},
    {"=1", NULL},
    {"a=1,=2", NULL},
    {"a=\"1", NULL},
    {"a=\"1\"2", NULL},
    {"a=\"1\",b", NULL},
    {"{\"a\": 1}", NULL},
    {"{\"a\": null}", NULL},
    {"{\"a\": {\"b\": \"c\"}}", NULL},
    {"{\"a\": \"1\", \"a\": \"2\"}", NULL},
    {"{\"a\": \"1\"", NULL},
    {"file:///nonexistent/decon", NULL},
};

static void each_form(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(buf) seen = BUF(1024);
        err e = ERR_INIT;
        bool ok = shorthand_map(rows[i].text, on_pair, &seen, &e);
        if (ok != (rows[i].pairs != NULL) || (ok && !str_equal(buf_str(&seen), rows[i].pairs)))
            fail_msg("row %zu: %s: %s %s", i, rows[i].text, buf_str(&seen), e.message);
        assert_true(ok || err_is_set(&e));
    }
}

static bool refuse(void *ctx, const char *name, const char *value, err *e)
{
    UNUSED(ctx), UNUSED(name), UNUSED(value);
    return err_set(e, ERR_LIMIT, "no");
}

static void the_caller_may_end_it(void **state)
{
    static const char *const texts[] = {"a=1,b=2", "{\"a\": \"1\"}"};
    UNUSED(state);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        err e = ERR_INIT;
        assert_false(shorthand_map(texts[i], refuse, NULL, &e));
        assert_int_equal(e.code, ERR_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form),
        cmocka_unit_test(the_caller_may_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
