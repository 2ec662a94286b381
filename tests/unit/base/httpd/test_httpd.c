/* The HTTP server, spoken to byte by byte over a socket. */
#include "tests/unit/base/httpd/httpd_site.h"

static void the_target_is_passed_unchanged(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /a%2Fb//../%zz+?q=%20&q&r=a+b HTTP/1.1\r\nHost: h\r\nX-Case: Yes\r\n"
                    "X-Empty:\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "|GET /a%2Fb//../%zz+?q=%20&q&r=a+b|Host=h;X-Case=Yes;X-Empty=;"
                                "|Yes");
    assert_non_null(strstr(c.head, "\r\nDate: "));
}

static void a_connection_serves_many(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    for (int i = 0; i < 3; i++) {
        client_send(&c, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        assert_int_equal(client_reply(&c), 200);
        assert_string_equal(c.body, "abc|POST /p|Host=h;Content-Length=3;|none");
    }
}

static void a_chunked_body_is_put_together(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_true(str_starts_with(c.body, "abcde|PUT /p|"));
}

static void continue_is_said(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_head(&c), 100);
    client_send(&c, "abc");
    assert_int_equal(client_reply(&c), 200);
    assert_true(str_starts_with(c.body, "abc|PUT"));
}

static void head_and_empty_replies_have_no_body(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "HEAD /head HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    assert_non_null(strstr(c.head, "\r\nContent-Length: 5368709120\r\n"));
    assert_non_null(strstr(c.head, "\r\nETag: \"e\"\r\n"));
    client_send(&c, "HEAD /other HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    client_send(&c, "DELETE /gone HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 204);
    assert_null(strstr(c.head, "Content-Length"));
    client_send(&c, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "|GET /x|Host=h;|none");
}

static void files_are_sent_by_range(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 206);
    assert_string_equal(c.body, "23456");
    assert_non_null(strstr(c.head, "X-File: yes"));
    client_send(&c, "GET /file/empty HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 206);
    assert_string_equal(c.body, "");
    client_send(&c, "HEAD /file HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 206);
    assert_non_null(strstr(c.head, "Content-Length: 5\r\n"));
}

static void an_early_reply_waits_for_the_body(void **state)
{
    fixture *f = *state;
    AUTO(client) c = {0};
    client_open(&c, f);
    AUTO_FREE char *words = xcalloc(1, 300001);
    memset(words, 'w', 300000);
    for (int i = 0; i < 2; i++) { /* the connection stays open */
        client_send(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
        client_send(&c, words);
        assert_int_equal(client_reply(&c), 403);
        assert_string_equal(c.body, "early");
    }
    client_send(&c, "PUT /midway HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n");
    client_send(&c, words);
    assert_int_equal(client_reply(&c), 409);
    assert_string_equal(c.body, "midway");
    assert_int_equal(f->counters.bodies_after_reply, 0);
}

static void an_early_reply_spares_the_body(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_reply(&c), 403);
    assert_string_equal(c.body, "early");
    AUTO(client) get = {0}; /* no body at all: at once, and the connection stays open */
    client_open(&get, *state);
    for (int i = 0; i < 2; i++) {
        client_send(&get, "GET /early HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(client_reply(&get), 403);
    }
}

static void headers_without_a_value_are_sent(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /empty-header HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_non_null(strstr(c.head, "\r\nX-Nothing:"));
}

static int set_up_small(void **state)
{
    return start_server(state, (size_t)8 << 10);
}

/* The reply is the body and more. */
static void the_memory_of_a_connection_bounds_a_piece_of_a_body(void **state)
{
    fixture *f = *state;
    AUTO(client) c = {0};
    AUTO_FREE char *text = xcalloc(1, 500001);
    memset(text, 'x', 500000);
    client_open(&c, f);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
    client_send(&c, text);
    assert_int_equal(client_reply(&c), 200);
    assert_in_range(f->counters.longest_piece, 1, (size_t)8 << 10);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(the_target_is_passed_unchanged),
        WITH(a_connection_serves_many),
        WITH(a_chunked_body_is_put_together),
        WITH(continue_is_said),
        WITH(head_and_empty_replies_have_no_body),
        WITH(files_are_sent_by_range),
        WITH(an_early_reply_waits_for_the_body),
        WITH(an_early_reply_spares_the_body),
        WITH(headers_without_a_value_are_sent),
        cmocka_unit_test_setup_teardown(the_memory_of_a_connection_bounds_a_piece_of_a_body,
                                        set_up_small, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
