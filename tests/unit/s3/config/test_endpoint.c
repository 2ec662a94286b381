#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "s3/config/endpoint.h"

static const char *env_s3, *env_all, *env_region, *env_default_region, *env_fips, *env_dualstack;

static const char *fake_getenv(const char *name)
{
    if (strcmp(name, "AWS_ENDPOINT_URL_S3") == 0)
        return env_s3;
    if (strcmp(name, "AWS_ENDPOINT_URL") == 0)
        return env_all;
    if (strcmp(name, "AWS_REGION") == 0)
        return env_region;
    if (strcmp(name, "AWS_USE_FIPS_ENDPOINT") == 0)
        return env_fips;
    if (strcmp(name, "AWS_USE_DUALSTACK_ENDPOINT") == 0)
        return env_dualstack;
    return strcmp(name, "AWS_DEFAULT_REGION") == 0 ? env_default_region : NULL;
}

static int clear_env(void **state)
{
    (void)state;
    env_s3 = env_all = env_region = env_default_region = env_fips = env_dualstack = NULL;
    return 0;
}

static char *url_of(s3_config config, const s3_profile *profile, const char *bucket,
                    const char *key, const char *query)
{
    static const s3_profile none;
    s3_endpoint ep;
    s3_target target;
    config.getenv_fn = fake_getenv;
    assert_true(s3_endpoint_init(&ep, &config, profile ? profile : &none, NULL));
    s3_endpoint_target(&ep, ep.region, bucket, key, query, &target);
    char *url = xstrdup(target.url);
    assert_non_null(strstr(url, target.host));
    assert_int_equal(target.path.data[0], '/');
    s3_target_deinit(&target);
    s3_endpoint_deinit(&ep);
    return url;
}

static void url_is(s3_config config, const char *bucket, const char *key, const char *expected)
{
    AUTO_FREE char *url = url_of(config, NULL, bucket, key, NULL);
    assert_string_equal(url, expected);
}

static void aws_itself(void **state)
{
    (void)state;
    url_is((s3_config){0}, "bucket", "a b", "https://bucket.s3.us-east-1.amazonaws.com/a%20b");
    url_is((s3_config){0}, "bucket", NULL, "https://bucket.s3.us-east-1.amazonaws.com/");
    url_is((s3_config){.region = "cn-north-1"}, "bucket", "k",
           "https://bucket.s3.cn-north-1.amazonaws.com.cn/k");
    url_is((s3_config){.region = "us-gov-west-1"}, "bucket", "k",
           "https://bucket.s3.us-gov-west-1.amazonaws.com/k");
    url_is((s3_config){.region = "eu-west-1", .addressing = S3_ADDRESSING_PATH}, "bucket", "k",
           "https://s3.eu-west-1.amazonaws.com/bucket/k");
}

static void names_that_are_no_dns_label_go_into_the_path(void **state)
{
    static const char *const rows[] = {"my.bucket", "My-Bucket", "under_score", "ab", "-bucket"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO_FREE char *expected = xasprintf("https://s3.us-east-1.amazonaws.com/%s/k", rows[i]);
        url_is((s3_config){0}, rows[i], "k", expected);
    }
}

static void an_endpoint_of_ones_own_has_path_style(void **state)
{
    s3_config config = {.endpoint = "http://127.0.0.1:9000/"};
    (void)state;
    url_is(config, "bucket", "k", "http://127.0.0.1:9000/bucket/k");
    url_is(config, "bucket", "/lead//x/../y", "http://127.0.0.1:9000/bucket//lead//x/../y");
    url_is(config, "bucket", NULL, "http://127.0.0.1:9000/bucket");
    url_is(config, NULL, NULL, "http://127.0.0.1:9000/");
    config.addressing = S3_ADDRESSING_VIRTUAL;
    url_is(config, "bucket", "k", "http://bucket.127.0.0.1:9000/k");
    config = (s3_config){.endpoint = "https://store.example/base"};
    url_is(config, "bucket", "k", "https://store.example/base/bucket/k");
}

static void the_query_is_separated(void **state)
{
    s3_config config = {.endpoint = "http://h", .getenv_fn = fake_getenv};
    s3_profile none = {0};
    s3_endpoint ep;
    s3_target target;
    (void)state;
    assert_true(s3_endpoint_init(&ep, &config, &none, NULL));
    s3_endpoint_target(&ep, "r", "b", "k", "a=1&b", &target);
    assert_string_equal(target.url, "http://h/b/k?a=1&b");
    assert_true(slice_equal_str(target.path, "/b/k"));
    assert_true(slice_equal_str(target.query, "a=1&b"));
    s3_target_deinit(&target);
    s3_endpoint_deinit(&ep);
}

static void endpoint_order(void **state)
{
    s3_profile_pair pair = {.name = (char *)(uintptr_t)("endpoint_url"),
                            .value = (char *)(uintptr_t)("http://p")};
    s3_profile profile = {.pairs = &pair, .pair_count = 1};
    (void)state;
    AUTO_FREE char *from_profile = url_of((s3_config){0}, &profile, "b", "k", NULL);
    assert_string_equal(from_profile, "http://p/b/k");
    env_all = "http://all";
    AUTO_FREE char *from_all = url_of((s3_config){0}, &profile, "b", "k", NULL);
    assert_string_equal(from_all, "http://all/b/k");
    env_s3 = "http://s3";
    url_is((s3_config){0}, "b", "k", "http://s3/b/k");
    url_is((s3_config){.endpoint = "http://c"}, "b", "k", "http://c/b/k");
}

static void region_order(void **state)
{
    s3_profile_pair pair = {.name = (char *)(uintptr_t)("region"),
                            .value = (char *)(uintptr_t)("r-profile")};
    s3_profile profile = {.pairs = &pair, .pair_count = 1};
    (void)state;
    AUTO_FREE char *a = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_non_null(strstr(a, ".r-profile."));
    env_default_region = "r-default";
    AUTO_FREE char *b = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_non_null(strstr(b, ".r-default."));
    env_region = "r-env";
    AUTO_FREE char *c = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_non_null(strstr(c, ".r-env."));
    AUTO_FREE char *d = url_of((s3_config){.region = "r-conf"}, &profile, "bucket", "k", NULL);
    assert_non_null(strstr(d, ".r-conf."));
}

static void fips_and_dualstack(void **state)
{
    s3_profile_pair pairs[] = {
        {.name = (char *)(uintptr_t)("use_fips_endpoint"), .value = (char *)(uintptr_t)("true")},
        {.name = (char *)(uintptr_t)("use_dualstack_endpoint"),
         .value = (char *)(uintptr_t)("TRUE")}};
    s3_profile profile = {.pairs = pairs, .pair_count = 2};
    s3_config fips = {.region = "us-east-2", .use_fips_endpoint = true};
    s3_config dualstack = {.region = "cn-north-1", .use_dualstack_endpoint = true};
    (void)state;
    url_is(fips, "bucket", "k", "https://bucket.s3-fips.us-east-2.amazonaws.com/k");
    url_is(fips, "my.bucket", "k", "https://s3-fips.us-east-2.amazonaws.com/my.bucket/k");
    url_is(dualstack, "bucket", "k", "https://bucket.s3.dualstack.cn-north-1.amazonaws.com.cn/k");
    fips.use_dualstack_endpoint = true;
    url_is(fips, "bucket", "k", "https://bucket.s3-fips.dualstack.us-east-2.amazonaws.com/k");
    AUTO_FREE char *both = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_string_equal(both, "https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/k");
    env_fips = "false"; /* takes precedence over the profile */
    AUTO_FREE char *one = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_string_equal(one, "https://bucket.s3.dualstack.us-east-1.amazonaws.com/k");
    env_fips = env_dualstack = "true";
    url_is((s3_config){0}, "bucket", "k",
           "https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/k");
}

static void variants_that_cannot_be(void **state)
{
    static const struct {
        s3_config config;
        const char *why;
    } rows[] = {
        {{.endpoint = "http://h", .use_fips_endpoint = true}, "AWS_USE_FIPS_ENDPOINT"},
        {{.endpoint = "http://h", .use_dualstack_endpoint = true}, "AWS_USE_DUALSTACK_ENDPOINT"},
        {{.region = "cn-north-1", .use_fips_endpoint = true}, "partition aws-cn) has no FIPS"},
    };
    s3_profile none = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_endpoint ep;
        err e = ERR_INIT;
        assert_false(s3_endpoint_init(&ep, &rows[i].config, &none, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.message, rows[i].why));
    }
}

static void the_style_may_come_from_the_profile(void **state)
{
    s3_profile profile = {.name = (char *)(uintptr_t)("default")};
    (void)state;
    assert_true(s3_profile_parse(
        &profile, SLICE_LIT("[default]\ns3 =\n  addressing_style = path\n"), true, NULL));
    AUTO_FREE char *path = url_of((s3_config){0}, &profile, "bucket", "k", NULL);
    assert_string_equal(path, "https://s3.us-east-1.amazonaws.com/bucket/k");
    AUTO_FREE char *by_option =
        url_of((s3_config){.addressing = S3_ADDRESSING_VIRTUAL}, &profile, "bucket", "k", NULL);
    assert_string_equal(by_option, "https://bucket.s3.us-east-1.amazonaws.com/k");
    profile.name = NULL;
    s3_profile_deinit(&profile);
}

static void services_beside_s3(void **state)
{
    static const struct {
        s3_service service;
        const char *region;
        bool fips, dualstack;
        const char *url;
    } rows[] = {
        {S3_SERVICE_STS, "eu-west-1", false, false, "https://sts.eu-west-1.amazonaws.com"},
        {S3_SERVICE_STS, "eu-west-1", false, true, "https://sts.eu-west-1.api.aws"},
        {S3_SERVICE_STS, "us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com"},
        {S3_SERVICE_STS, "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com"},
        {S3_SERVICE_STS, "cn-north-1", false, true,
         "https://sts.cn-north-1.api.amazonwebservices.com.cn"},
        {S3_SERVICE_SSO, "eu-west-1", false, false, "https://portal.sso.eu-west-1.amazonaws.com"},
        {S3_SERVICE_SSO_OIDC, "cn-north-1", false, false,
         "https://oidc.cn-north-1.amazonaws.com.cn"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_endpoint ep = {.fips = rows[i].fips, .dualstack = rows[i].dualstack};
        AUTO_FREE char *url = s3_endpoint_service_url(&ep, rows[i].service, rows[i].region);
        assert_string_equal(url, rows[i].url);
    }
    env_all = "http://all/x/";
    static const s3_profile none;
    s3_endpoint ep;
    assert_true(s3_endpoint_init(&ep, &(s3_config){.getenv_fn = fake_getenv}, &none, NULL));
    AUTO_FREE char *own = s3_endpoint_service_url(&ep, S3_SERVICE_STS, "eu-west-1");
    assert_string_equal(own, "http://all/x");
    s3_endpoint_deinit(&ep);
}

static void how_an_endpoint_may_be_written(void **state)
{
    static const char *const rows[][2] = {{"HTTP://h", "http://h/b/k"},
                                          {"HttpS://H:1", "https://H:1/b/k"},
                                          {" http://h ", "http://h/b/k"},
                                          {"http://h/ \t\r\n", "http://h/b/k"},
                                          {"\thttp://h:80/x/", "http://h:80/x/b/k"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        url_is((s3_config){.endpoint = rows[i][0]}, "b", "k", rows[i][1]);
        env_all = rows[i][0];
        url_is((s3_config){0}, "b", "k", rows[i][1]);
        env_all = NULL;
    }
}

/* A colon is never part of a host name, in any addressing style. */
static void a_bucket_of_a_tenant_is_in_the_path(void **state)
{
    (void)state;
    url_is((s3_config){.endpoint = "http://h"}, "t:b", "k", "http://h/t%3Ab/k");
    url_is((s3_config){.endpoint = "http://h", .addressing = S3_ADDRESSING_VIRTUAL}, "t:b", "k",
           "http://h/t%3Ab/k");
    url_is((s3_config){.endpoint = "http://h"}, ":b", "k", "http://h/%3Ab/k");
}

static void text_that_is_no_url_is_refused(void **state)
{
    static const char *const rows[] = {"127.0.0.1:9000", "ftp://h",      "http://",
                                       "http://h:",      "http://u:p@h", "http://h?x"};
    s3_profile none = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_endpoint ep;
        err e = ERR_INIT;
        s3_config config = {.endpoint = rows[i]};
        assert_false(s3_endpoint_init(&ep, &config, &none, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_null(strstr(e.message, "u:p"));
    }
}

static void text_that_is_no_region_is_refused(void **state)
{
    static const char *const rows[] = {"us-east-1 ", "x/y", "x@y", "x#",
                                       "x23456789012345678901234567890123456789012345678"};
    s3_profile none = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_endpoint ep;
        err e = ERR_INIT;
        assert_false(s3_endpoint_init(&ep, &(s3_config){.region = rows[i]}, &none, &e));
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.message, "(by option) is not a region name"));
    }
    assert_true(s3_region_is_name("RegionOne_2.x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(aws_itself, clear_env),
        cmocka_unit_test_setup(names_that_are_no_dns_label_go_into_the_path, clear_env),
        cmocka_unit_test_setup(an_endpoint_of_ones_own_has_path_style, clear_env),
        cmocka_unit_test_setup(the_query_is_separated, clear_env),
        cmocka_unit_test_setup(endpoint_order, clear_env),
        cmocka_unit_test_setup(region_order, clear_env),
        cmocka_unit_test_setup(fips_and_dualstack, clear_env),
        cmocka_unit_test_setup(variants_that_cannot_be, clear_env),
        cmocka_unit_test_setup(the_style_may_come_from_the_profile, clear_env),
        cmocka_unit_test_setup(services_beside_s3, clear_env),
        cmocka_unit_test_setup(how_an_endpoint_may_be_written, clear_env),
        cmocka_unit_test_setup(a_bucket_of_a_tenant_is_in_the_path, clear_env),
        cmocka_unit_test_setup(text_that_is_no_url_is_refused, clear_env),
        cmocka_unit_test_setup(text_that_is_no_region_is_refused, clear_env),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
