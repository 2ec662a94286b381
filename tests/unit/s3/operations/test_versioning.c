#include "decon/s3/buckets.h"
#include "base/util.h"
#include "tests/unit/s3/site.h"

#define URL    "http://store/b?versioning="
#define OF(x)  "<VersioningConfiguration>" x "</VersioningConfiguration>"
#define STATUS "<Status>Enabled</Status>"

typedef struct reading {
    site s;
    s3_versioning state;
} reading;

static void on_state(void *ctx, s3_versioning state, const err *error)
{
    reading *r = ctx;
    r->state = state;
    site_done(&r->s, error);
}

static err_code get(reading *r, const char *reply)
{
    site_expect(&r->s, "GET", URL, 200, reply);
    s3_get_versioning(r->s.c, "b", on_state, r);
    return site_end(&r->s);
}

static void the_state_of_a_bucket(void **state)
{
    static const struct {
        const char *reply;
        s3_versioning expected;
    } rows[] = {
        {OF(STATUS), S3_VERSIONING_ENABLED},
        {OF("<MfaDelete>Disabled</MfaDelete><Status>Suspended</Status>"), S3_VERSIONING_SUSPENDED},
        {OF(STATUS "<ExcludeFolders>false</ExcludeFolders>"), S3_VERSIONING_ENABLED},
        {"<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
         S3_VERSIONING_OFF},
    };
    reading r;
    (void)state;
    site_open(&r.s, (s3_config){0});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(get(&r, rows[i].reply), ERR_NONE);
        assert_int_equal(r.state, rows[i].expected);
    }
    site_close(&r.s);
}

static void other_replies_are_errors(void **state)
{
    static const char *const replies[] = {
        OF("<Status>On</Status>"), OF(STATUS "<Status>Suspended</Status>"),
        OF("<status>Enabled</status>"), "<Other/>", "<html>sign in</html>"};
    reading r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        site_open(&r.s, (s3_config){.max_attempts = 1});
        assert_int_equal(get(&r, replies[i]), ERR_S3_REPLY);
        site_close(&r.s);
    }
}

static void it_is_enabled_and_suspended_but_never_off(void **state)
{
    site s;
    (void)state;
    site_open(&s, (s3_config){0});
    fake_expect(s.f, &(fake_rule){.method = "PUT", .url = URL, .body_has = STATUS});
    s3_set_versioning(s.c, "b", S3_VERSIONING_ENABLED, site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    assert_non_null(site_sent_header(&s, 0, "Content-MD5"));
    fake_expect(
        s.f, &(fake_rule){.method = "PUT", .url = URL, .body_has = "<Status>Suspended</Status>"});
    s3_set_versioning(s.c, "b", S3_VERSIONING_SUSPENDED, site_done, &s);
    assert_int_equal(site_end(&s), ERR_NONE);
    s3_set_versioning(s.c, "b", S3_VERSIONING_OFF, site_done, &s); /* nothing is sent */
    assert_int_equal(site_end(&s), ERR_USAGE);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_of_a_bucket),
        cmocka_unit_test(other_replies_are_errors),
        cmocka_unit_test(it_is_enabled_and_suspended_but_never_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
