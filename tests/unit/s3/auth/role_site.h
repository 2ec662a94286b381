/* An instance with a role, and the requests for its keys. */
#ifndef TESTS_UNIT_S3_AUTH_ROLE_SITE_H
#define TESTS_UNIT_S3_AUTH_ROLE_SITE_H

#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define IMDS      "http://169.254.169.254"
#define ROLE_URL  IMDS "/latest/meta-data/iam/security-credentials/"
#define TOKEN_URL IMDS "/latest/api/token"

static const char *const no_env[] = {NULL};

static const http_header token_header = {"X-aws-ec2-metadata-token", "TOK"};
static const http_header ttl_header = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};

static inline void expect_role_keys(site *s, const char *id, const char *expiration)
{
    AUTO_FREE char *json =
        xasprintf("{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"SECRET-R\","
                  "\"Token\":\"ROLE-TOKEN\",\"Expiration\":\"%s\"}",
                  id, expiration);
    fake_expect(s->f, &(fake_rule){.method = "PUT",
                                   .url = TOKEN_URL,
                                   .headers = &ttl_header,
                                   .header_count = 1,
                                   .reply = {.body = SLICE_LIT("TOK\n")}});
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = ROLE_URL,
                                   .headers = &token_header,
                                   .header_count = 1,
                                   .reply = {.body = SLICE_LIT("my-role\n")}});
    fake_expect(s->f, &(fake_rule){.method = "GET",
                                   .url = ROLE_URL "my-role",
                                   .headers = &token_header,
                                   .header_count = 1,
                                   .reply = {.body = slice_from(json)}});
}

static inline void open_role(site *s)
{
    site_env = no_env;
    site_open(s, (s3_config){0});
}

#endif
