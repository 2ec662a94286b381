#include "tests/unit/s3/put/parts_site.h"

static void a_small_object_is_one_signed_request(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    fake_expect(p.s.f, &(fake_rule){.method = "PUT", .url = URL, .reply = part_reply});
    s3_put_options o = options(&p, SLICE_LIT("Welcome to Amazon S3."));
    o.content_type = "application/x-ndjson";
    o.if_none_match = "*";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(p.etag, "\"e1\"");
    assert_int_equal(p.sent, 21);
    assert_true(slice_equal_str(fake_request_at(p.s.f, 0)->body, "Welcome to Amazon S3."));
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"),
                        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    assert_string_equal(site_sent_header(&p.s, 0, "Content-Type"), "application/x-ndjson");
    assert_string_equal(site_sent_header(&p.s, 0, "If-None-Match"), "*");
    site_close(&p.s);
}

static void an_empty_object(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    p.sent = 0;
    fake_expect(p.s.f, &(fake_rule){.method = "PUT", .url = URL, .reply = part_reply});
    s3_put_options o = options(&p, (slice){0});
    o.on_progress = NULL;
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"), S3_EMPTY_SHA256);
    assert_string_equal(site_sent_header(&p.s, 0, "Content-Type"), "binary/octet-stream");
    site_close(&p.s);
}

static void only_where_no_object_exists(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    site_expect(&p.s, "PUT", URL, 412, "<Error><Code>PreconditionFailed</Code></Error>");
    s3_put_options o = options(&p, SLICE_LIT("x"));
    o.if_none_match = "*";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_S3_CHANGED);
    site_close(&p.s);
}

static void a_file_goes_up_from_its_descriptor(void **state)
{
    put_site p;
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    assert_int_equal(write(fileno(file), "hello", 5), 5);
    open_put(&p);
    fake_expect(p.s.f, &(fake_rule){.reply = {.status = 500}});
    fake_expect(p.s.f, &(fake_rule){.reply = part_reply});
    s3_put_options o = options(&p, (slice){0});
    o.fd = fileno(file);
    o.size_bytes = 5;
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_true(fake_request_at(p.s.f, 1)->from_file);
    assert_true(slice_equal_str(fake_request_at(p.s.f, 1)->body, "hello"));
    /* Over http the file is also hashed for the signature. */
    assert_string_equal(site_sent_header(&p.s, 0, "x-amz-content-sha256"),
                        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    site_close(&p.s);
    fclose(file);
}

static void a_large_file_goes_up_in_parallel_parts(void **state)
{
    put_site p;
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    AUTO_FREE char *data = large();
    assert_int_equal(fwrite(data, 1, 11 * MIB, file), 11 * MIB);
    fflush(file);
    open_put(&p);
    when(&p, "POST", CREATE_URL, &create_reply, 1);
    fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = part_reply});
    when(&p, "POST", COMPLETE_URL, &complete_reply, 1);
    s3_put_options o = options(&p, (slice){0});
    o.fd = fileno(file);
    o.size_bytes = 11 * MIB;
    o.content_type = "text/plain";
    s3_put(p.s.c, &o);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_string_equal(p.etag, "\"whole-3\"");
    assert_int_equal(p.sent, 11 * MIB);
    assert_int_equal(fake_calls_peak(p.s.f), 3);
    assert_string_equal(fake_request_header(first_of(&p, "POST", CREATE_URL), "Content-Type"),
                        "text/plain");
    const fake_request *last = first_of(&p, "PUT", PART_URL("3"));
    assert_int_equal(last->body.len, MIB);
    assert_memory_equal(last->body.data, data + 10 * MIB, MIB);
    const fake_request *complete = first_of(&p, "POST", COMPLETE_URL);
    assert_non_null(memmem(complete->body.data, complete->body.len,
                           "<Part><PartNumber>3</PartNumber><ETag>&quot;e1&quot;</ETag><Checksum",
                           68));
    assert_int_equal(complete->stall_timeout_ms, 300000);
    assert_true(s3_client_idle(p.s.c));
    site_close(&p.s);
    fclose(file);
}

/* For any number of parts, only as many are hashed and queued as can be sent. */
static void only_a_window_of_parts_exists(void **state)
{
    put_site p = {0};
    (void)state;
    AUTO_FREE char *data = large();
    site_open(&p.s, (s3_config){.part_size_bytes = 5 * MIB, .max_in_flight = 2});
    when(&p, "POST", CREATE_URL, &create_reply, 1);
    fake_reply slow = part_reply;
    slow.delay_ms = 1000;
    fake_when(p.s.f, &(fake_rule){.method = "PUT", .reply = slow});
    when(&p, "POST", COMPLETE_URL, &complete_reply, 1);
    s3_put_options o = options(&p, (slice){.data = data, .len = 11 * MIB});
    s3_put(p.s.c, &o);
    fake_advance(p.s.f, 500);
    assert_int_equal(s3_client_stats(p.s.c).in_flight, 2);
    assert_int_equal(s3_client_stats(p.s.c).queued, 0);
    assert_int_equal(site_end(&p.s), ERR_NONE);
    assert_int_equal(p.sent, 11 * MIB);
    site_close(&p.s);
}

static void what_no_object_can_hold_is_refused_before_the_first_byte(void **state)
{
    put_site p;
    (void)state;
    open_put(&p);
    s3_put_options o = options(&p, (slice){0});
    o.fd = 0;
    o.size_bytes = S3_OBJECT_MAX_BYTES + 1;
    s3_put(p.s.c, &o);
    assert_int_equal(p.s.done_count, 0);
    assert_int_equal(site_end(&p.s), ERR_LIMIT);
    assert_int_equal(fake_request_count(p.s.f), 0);
    site_close(&p.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_object_is_one_signed_request),
        cmocka_unit_test(an_empty_object),
        cmocka_unit_test(only_where_no_object_exists),
        cmocka_unit_test(a_file_goes_up_from_its_descriptor),
        cmocka_unit_test(a_large_file_goes_up_in_parallel_parts),
        cmocka_unit_test(only_a_window_of_parts_exists),
        cmocka_unit_test(what_no_object_can_hold_is_refused_before_the_first_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
