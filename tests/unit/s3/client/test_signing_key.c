/* s3/client: the signing key is kept for a day, a region and a secret. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/util.h"
#include "decon/base/digest.h"
#include "decon/s3/sign.h"
#include "s3/client/client.h"

#define MORNING "20261201T000000Z"
#define EVENING "20261201T235959Z"

static const s3_keys one = {.access_key_id = "id", .secret_access_key = "one"};
static const s3_keys two = {.access_key_id = "id", .secret_access_key = "two"};

static void release(s3_client *c)
{
    free(c->signing.secret);
    free(c->signing.region);
}
DEFINE_AUTO(s3_client, release)

static void expect_key(s3_client *c, const s3_keys *keys, const char *date, const char *region)
{
    uint8_t derived[SHA256_BYTES];
    s3_sign_key(keys->secret_access_key, date, region, "s3", derived);
    assert_memory_equal(s3_client_signing_key(c, keys, date, region), derived, sizeof derived);
}

static void it_follows_day_region_and_secret(void **state)
{
    UNUSED(state);
    AUTO(s3_client) c = {0};
    expect_key(&c, &one, MORNING, "eu-west-1");
    expect_key(&c, &one, EVENING, "eu-west-1");
    expect_key(&c, &one, "20261202T000000Z", "eu-west-1");
    expect_key(&c, &one, "20261202T000000Z", "eu-west-2");
    expect_key(&c, &two, "20261202T000000Z", "eu-west-2");
    expect_key(&c, &one, MORNING, "eu-west-1");
}

/* A request is signed with the key that was derived before. */
static void it_is_not_derived_again(void **state)
{
    UNUSED(state);
    AUTO(s3_client) c = {0};
    expect_key(&c, &one, MORNING, "eu-west-1");
    c.signing.key[0] ^= 1;
    uint8_t changed = c.signing.key[0];
    assert_int_equal(s3_client_signing_key(&c, &one, EVENING, "eu-west-1")[0], changed);
}

static void a_given_key_signs_as_the_derived_one(void **state)
{
    UNUSED(state);
    AUTO(s3_client) c = {0};
    err e = ERR_INIT;
    char with[S3_HASH_SIZE], without[S3_HASH_SIZE];
    http_header header = {"host", "example.com"};
    s3_sign_request r = {.method = "GET",
                         .path = SLICE_LIT("/bucket/key"),
                         .headers = &header,
                         .header_count = 1,
                         .payload_hash = S3_EMPTY_SHA256,
                         .amz_date = EVENING,
                         .region = "eu-west-1",
                         .service = "s3"};
    assert_true(s3_sign_signature(&r, one.secret_access_key, without, &e));
    r.key = s3_client_signing_key(&c, &one, EVENING, "eu-west-1");
    assert_true(s3_sign_signature(&r, "another", with, &e));
    assert_string_equal(with, without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_day_region_and_secret),
        cmocka_unit_test(it_is_not_derived_again),
        cmocka_unit_test(a_given_key_signs_as_the_derived_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
