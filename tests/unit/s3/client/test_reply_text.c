/* Web pages and plain text instead of S3 replies: their messages, and whether they are retried. */
#include "base/util.h"
#include "s3/client/reply.h"

#include "tests/unit/s3/client/request_site.h"

static void a_page_is_reduced_to_its_title_or_first_line(void **state)
{
    static const char *const rows[][2] = {
        {"<html><head><title>Sign in</title></head><body>x</body></html>", "Sign in"},
        {"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway.</h1>\nmore</body></html>",
         "502 Bad Gateway"},
        {"\n\n  upstream connect error\nmore", "upstream connect error"},
        {"a\x01"
         "b\x7f\tc",
         "abc"},
        {"<?xml version=\"1.0\"?><Foo/>", ""},
        {"<Foo>text</Foo>", ""},
        {"", ""},
        {"\xff\xfe", ""},
        {"<html><title></title></html>", ""},
    };
    char text[S3_REPLY_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_reply_text(slice_from(rows[i][0]), text);
        assert_string_equal(text, rows[i][1]);
    }
    AUTO_FREE char *lengthy = xcalloc(1, 1001);
    memset(lengthy, 'a', 1000);
    s3_reply_text(slice_from(lengthy), text);
    assert_int_equal(strlen(text), S3_REPLY_TEXT_SIZE - 1);
}

static void answer(site *s, int status, const char *server, const char *body, unsigned times)
{
    const http_header header = {"Server", server};
    fake_expect(s->f, &(fake_rule){.times = times,
                                   .reply = {.status = status,
                                             .headers = &header,
                                             .header_count = 1,
                                             .body = slice_from(body)}});
}

static bool on_object(void *ctx, const s3_object *o, err *e)
{
    UNUSED(ctx), UNUSED(o), UNUSED(e);
    return true;
}

static void list(site *s)
{
    s3_list(s->c, &(s3_list_options){
                      .bucket = "b", .on_object = on_object, .on_done = site_done, .ctx = s});
}

static void the_message_says_who_answered_and_why(void **state)
{
    static const struct {
        int status;
        const char *server, *body, *words[3];
    } rows[] = {
        {200,
         "nginx/1.22.1",
         "<html><title>Welcome to nginx!</title></html>",
         {"\"Welcome to nginx!\"", "Server: nginx/1.22.1", "check the endpoint"}},
        {400,
         "go",
         "Client sent an HTTP request to an HTTPS server.\n",
         {"Client sent an HTTP request", "Server: go", "use https:// in the endpoint"}},
        {400,
         "nginx",
         "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
         {"plain HTTP request was sent", "Server: nginx", "use https:// in the endpoint"}},
        {403,
         "AkamaiGHost",
         "<html><title>Access Denied</title></html>",
         {"\"Access Denied\"", "Server: AkamaiGHost", "not a reply of S3"}},
        {404,
         "SimpleHTTP/0.6",
         "<html><title>Error response</title></html>",
         {"\"Error response\"", "Server: SimpleHTTP/0.6", "check the endpoint"}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        site s;
        site_open(&s, (s3_config){0});
        answer(&s, rows[i].status, rows[i].server, rows[i].body, 1); /* once: a permanent failure */
        list(&s);
        assert_int_not_equal(site_end(&s), ERR_NONE);
        for (size_t k = 0; k < 3; k++)
            if (!strstr(s.error.message, rows[i].words[k]))
                fail_msg("'%s' does not say '%s'", s.error.message, rows[i].words[k]);
        assert_null(strstr(s.error.message, "credentials may"));
        site_close(&s);
    }
}

/* A gateway's page with a transient status, and a page from a store that had answered before. */
static void transient_failures_are_retried(void **state)
{
    static const char listing[] =
        "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    site s;
    (void)state;
    site_open(&s, (s3_config){.max_attempts = 3});
    answer(&s, 502, "nginx", "<html><title>502 Bad Gateway</title></html>", 1);
    answer(&s, 200, "store", listing, 1);
    list(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    answer(&s, 200, "nginx", "<html><title>Maintenance</title></html>", 1);
    answer(&s, 200, "store", listing, 1);
    list(&s);
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_reduced_to_its_title_or_first_line),
        cmocka_unit_test(the_message_says_who_answered_and_why),
        cmocka_unit_test(transient_failures_are_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
