/* Copies that choose tags, and copies of one version of the source. */
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL    "http://store/b/k"
#define GIB    ((uint64_t)1 << 30)
#define COPIED "<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"
#define CREATED                                                                                    \
    "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
#define DONE                                                                                       \
    "<CompleteMultipartUploadResult><ETag>&quot;w-41&quot;</ETag></CompleteMultipartUploadResult>"
#define PART "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>"

static void copy(site *s, s3_copy_options options)
{
    options.from_bucket = "from";
    options.from_key = "a";
    options.to_bucket = "b";
    options.to_key = "k";
    options.on_done = site_done;
    options.ctx = s;
    s3_copy(s->c, &options);
}

static void answer(site *s, const char *method, const char *url_has, const char *body)
{
    static const http_header headers[] = {{"Content-Length", "5368709121"}, {"ETag", "\"e0\""}};
    fake_when(s->f, &(fake_rule){.method = method,
                                 .url_has = url_has,
                                 .reply = {.status = 200,
                                           .body = slice_from(body),
                                           .headers = headers,
                                           .header_count = body ? 0 : 2}});
}

static void chosen_tags_replace_those_of_the_source(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    for (int i = 0; i < 3; i++)
        site_expect(&s, "PUT", URL, 200, COPIED);
    copy(&s, (s3_copy_options){.tags = "a=b"});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "x-amz-tagging"), "a=b");
    assert_string_equal(site_sent_header(&s, 0, "x-amz-tagging-directive"), "REPLACE");
    copy(&s, (s3_copy_options){.tags = ""});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_null(site_sent_header(&s, 1, "x-amz-tagging"));
    assert_string_equal(site_sent_header(&s, 1, "x-amz-tagging-directive"), "REPLACE");
    copy(&s, (s3_copy_options){0});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_null(site_sent_header(&s, 2, "x-amz-tagging-directive"));
    site_close(&s);
}

static const char *created_with(site *s, const char *header)
{
    for (size_t i = 0; i < fake_request_count(s->f); i++) {
        const fake_request *r = fake_request_at(s->f, i);
        if (strcmp(r->method, "POST") == 0 && strstr(r->url, "uploads="))
            return fake_request_header(r, header);
    }
    return NULL;
}

static void a_large_copy_does_not_read_tags_that_it_replaces(void **state)
{
    static const char *const tags[] = {"a=b", ""};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        site s;
        site_open(&s, (s3_config){0});
        answer(&s, "HEAD", "/from/a?versionId=v1", NULL);
        answer(&s, "POST", "uploads=", CREATED);
        answer(&s, "PUT", "partNumber=", PART);
        answer(&s, "POST", "uploadId=", DONE);
        copy(&s, (s3_copy_options){.tags = tags[i],
                                   .from_version_id = "v1",
                                   .size_known = true,
                                   .size_bytes = 5 * GIB + 1});
        assert_int_equal(site_end(&s), ERR_NONE);
        if (*tags[i])
            assert_string_equal(created_with(&s, "x-amz-tagging"), tags[i]);
        else
            assert_null(created_with(&s, "x-amz-tagging"));
        site_close(&s);
    }
}

static void a_version_is_named_in_every_request_for_the_source(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    site_expect(&s, "PUT", URL, 200, COPIED);
    copy(&s, (s3_copy_options){.from_version_id = "v+1"});
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_string_equal(site_sent_header(&s, 0, "x-amz-copy-source"), "/from/a?versionId=v%2B1");
    answer(&s, "HEAD", "/from/a?versionId=v1", NULL);
    answer(&s, "GET", "/from/a?tagging=&versionId=v1", "<Tagging/>");
    answer(&s, "POST", "uploads=", CREATED);
    answer(&s, "PUT", "partNumber=", PART);
    answer(&s, "POST", "uploadId=", DONE);
    copy(&s,
         (s3_copy_options){.from_version_id = "v1", .size_known = true, .size_bytes = 5 * GIB + 1});
    assert_int_equal(site_end(&s), ERR_NONE);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_tags_replace_those_of_the_source),
        cmocka_unit_test(a_large_copy_does_not_read_tags_that_it_replaces),
        cmocka_unit_test(a_version_is_named_in_every_request_for_the_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
