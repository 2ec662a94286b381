/* A sample of each setting, and what shows that it is used. */
#ifndef TESTS_UNIT_S3_CONFIG_SETTINGS_SAMPLES_H
#define TESTS_UNIT_S3_CONFIG_SETTINGS_SAMPLES_H

#include "decon/base/digest.h"
#include "base/util.h"
#include "tests/unit/s3/auth/keys_site.h"

#define SSO_ACCOUNT "sso_account_id = 1\nsso_role_name = R\n"
#define SSO_START   "sso_start_url = https://x\n"
#define SSO_REGION  "sso_region = us-east-1\n"
#define KEYS_OF(id) "aws_access_key_id = " id "\naws_secret_access_key = SECRET\n"
#define SECTION_X   "[profile x]\n" KEYS_OF("ID-X")
#define SOURCE      "source_profile = x\n"
#define SOURCE_X    SOURCE "@end" SECTION_X
#define ENV_KEYS    "AWS_ACCESS_KEY_ID", "ID-E", "AWS_SECRET_ACCESS_KEY", "SECRET"
#define WEB         "AWS_WEB_IDENTITY_TOKEN_FILE", "@web"
#define SERVICES    "[services x]\ns3 =\n  endpoint_url = http://of-services\n"

typedef enum flags {
    AT_AWS = 1 << 0,      /* no endpoint is given */
    PUT = 1 << 1,         /* an upload instead of a removal */
    GET = 1 << 2,         /* a download */
    STORE_FAILS = 1 << 3, /* it answers 500 */
    IMDS_DEAD = 1 << 4,
    IMDS_V1 = 1 << 5, /* it does not support tokens */
    PROGRAM = 1 << 6, /* with the setting, a program runs */
    AS_IS = 1 << 7,   /* the value requests the default behaviour */
} flags;

/* How to test a row: a value, and the required surroundings. */
typedef struct sample {
    const char *name; /* key of the row, else its variable */
    const char *value;
    const char *config;      /* lines of [default]; after "@end" other sections */
    const char *key_config;  /* the same, when the setting is tested */
    const char *env[7];      /* variables */
    const char *more_env[7]; /* the same, when the variable is tested */
    unsigned flags;
} sample;

static const sample samples[] = {
    {.name = "AWS_CONFIG_FILE", .value = "@other", .flags = AT_AWS},
    {.name = "AWS_SHARED_CREDENTIALS_FILE", .value = "@other"},
    {.name = "AWS_CREDENTIAL_PROFILES_FILE", .value = "@other"},
    {.name = "AWS_PROFILE", .value = "x", .config = "@end" SECTION_X},
    {.name = "AWS_DEFAULT_PROFILE", .value = "x", .config = "@end" SECTION_X},
    {.name = "AWS_SDK_LOAD_CONFIG", .value = "false"},
    {.name = "aws_access_key_id",
     .value = "ID-K",
     .key_config = "aws_secret_access_key = SECRET\n",
     .more_env = {"AWS_SECRET_ACCESS_KEY", "SECRET"}},
    {.name = "aws_secret_access_key",
     .value = "SECRET",
     .key_config = "aws_access_key_id = ID-K\n",
     .more_env = {"AWS_ACCESS_KEY_ID", "ID-K"}},
    {.name = "aws_session_token",
     .value = "TOKEN",
     .key_config = KEYS_OF("ID-K"),
     .more_env = {ENV_KEYS}},
    {.name = "aws_security_token",
     .value = "TOKEN",
     .key_config = KEYS_OF("ID-K"),
     .more_env = {ENV_KEYS}},
    {.name = "AWS_CREDENTIAL_EXPIRATION", .value = "2001-01-01T00:00:00Z"},
    {.name = "AWS_ACCESS_KEY", .value = "ID-K"},
    {.name = "AWS_SECRET_KEY", .value = "SECRET"},
    {.name = "aws_account_id", .value = "123456789012"},
    {.name = "account_id_endpoint_mode", .value = "required"},
    {.name = "disable_host_prefix_injection", .value = "true"},
    {.name = "role_arn", .value = "arn:r", .key_config = SOURCE_X, .more_env = {WEB}},
    {.name = "role_session_name",
     .value = "name",
     .key_config = "role_arn = r\n" SOURCE_X,
     .more_env = {WEB, "AWS_ROLE_ARN", "r"}},
    {.name = "web_identity_token_file",
     .value = "@web",
     .key_config = "role_arn = r\n",
     .more_env = {"AWS_ROLE_ARN", "r"}},
    {.name = "source_profile", .value = "x", .config = "role_arn = r\n@end" SECTION_X},
    {.name = "credential_source", .value = "Ec2InstanceMetadata", .config = "role_arn = r\n"},
    {.name = "external_id", .value = "e", .config = "role_arn = r\n" SOURCE_X},
    {.name = "duration_seconds", .value = "1800", .config = "role_arn = r\n" SOURCE_X},
    {.name = "mfa_serial", .value = "arn:mfa", .config = "role_arn = r\n" SOURCE_X},
    {.name = "credential_process", .value = "keys", .flags = PROGRAM},
    {.name = "sso_session",
     .value = "x",
     .config = SSO_ACCOUNT "@end[sso-session x]\n" SSO_START SSO_REGION},
    {.name = "sso_start_url", .value = "https://x", .config = SSO_ACCOUNT SSO_REGION},
    {.name = "sso_region", .value = "us-east-1", .config = SSO_ACCOUNT SSO_START},
    {.name = "sso_account_id", .value = "1", .config = "sso_role_name = R\n" SSO_START SSO_REGION},
    {.name = "sso_role_name", .value = "R", .config = "sso_account_id = 1\n" SSO_START SSO_REGION},
    {.name = "sso_registration_scopes",
     .value = "sso:account:access",
     .config = SSO_ACCOUNT SSO_START SSO_REGION},
    {.name = "login_session", .value = "arn:aws:iam::1:user/x"},
    {.name = "AWS_LOGIN_CACHE_DIRECTORY", .value = "/nowhere"},
    {.name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", .value = "/v2/x"},
    {.name = "AWS_CONTAINER_CREDENTIALS_FULL_URI", .value = "http://127.0.0.1:1/x"},
    {.name = "AWS_CONTAINER_AUTHORIZATION_TOKEN",
     .value = "TOKEN",
     .env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"}},
    {.name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
     .value = "@web",
     .env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x"}},
    {.name = "AWS_EC2_METADATA_DISABLED", .value = "true"},
    {.name = "ec2_metadata_v1_disabled", .value = "true", .flags = IMDS_V1},
    {.name = "ec2_metadata_service_endpoint", .value = "http://127.0.0.1:2"},
    {.name = "ec2_metadata_service_endpoint_mode", .value = "IPv6"},
    {.name = "ec2_instance_profile_name", .value = "another"},
    {.name = "metadata_service_timeout", .value = "7"},
    {.name = "metadata_service_num_attempts", .value = "5", .flags = IMDS_DEAD},
    {.name = "region", .value = "eu-west-9", .flags = AT_AWS},
    {.name = "AWS_DEFAULT_REGION", .value = "eu-west-9", .flags = AT_AWS},
    {.name = "endpoint_url", .value = "http://of-all", .flags = AT_AWS},
    {.name = "AWS_ENDPOINT_URL_S3", .value = "http://of-s3", .flags = AT_AWS},
    {.name = "AWS_ENDPOINT_URL_STS", .value = "http://of-sts", .config = "role_arn = r\n" SOURCE_X},
    {.name = "AWS_ENDPOINT_URL_SSO",
     .value = "http://of-sso",
     .config = SSO_ACCOUNT SSO_START SSO_REGION},
    {.name = "AWS_ENDPOINT_URL_SSO_OIDC",
     .value = "http://of-oidc",
     .config = SSO_ACCOUNT "sso_session = y\n@end[sso-session y]\n" SSO_START SSO_REGION},
    {.name = "services", .value = "x", .config = "@end" SERVICES, .flags = AT_AWS},
    {.name = "ignore_configured_endpoint_urls",
     .value = "true",
     .config = "endpoint_url = http://p\n",
     .flags = AT_AWS},
    {.name = "s3.endpoint_url", .value = "http://plugin"},
    {.name = "use_fips_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "use_dualstack_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "s3.use_dualstack_endpoint", .value = "true", .flags = AT_AWS},
    {.name = "s3.addressing_style", .value = "path", .flags = AT_AWS},
    {.name = "s3.use_accelerate_endpoint", .value = "true"},
    {.name = "s3_us_east_1_regional_endpoint", .value = "legacy", .flags = AT_AWS},
    {.name = "s3.us_east_1_regional_endpoint", .value = "legacy", .flags = AT_AWS},
    {.name = "s3_use_arn_region", .value = "true", .flags = AT_AWS},
    {.name = "s3.use_arn_region", .value = "true", .flags = AT_AWS},
    {.name = "s3_disable_multiregion_access_points", .value = "true", .flags = AT_AWS},
    {.name = "s3_disable_express_session_auth", .value = "true", .flags = AT_AWS},
    {.name = "sts_regional_endpoints", .value = "legacy", .config = "role_arn = r\n" SOURCE_X},
    {.name = "endpoint_discovery_enabled", .value = "true", .flags = AT_AWS},
    {.name = "s3.signature_version", .value = "s3"},
    {.name = "s3.payload_signing_enabled", .value = "true", .flags = AT_AWS | PUT},
    {.name = "sigv4a_signing_region_set", .value = "*", .flags = AT_AWS},
    {.name = "auth_scheme_preference", .value = "sigv4a", .flags = AT_AWS},
    {.name = "request_checksum_calculation", .value = "when_required", .flags = PUT},
    {.name = "response_checksum_validation", .value = "when_required", .flags = GET},
    {.name = "disable_request_compression", .value = "true", .flags = PUT},
    {.name = "request_min_compression_size_bytes", .value = "1", .flags = PUT},
    {.name = "max_attempts", .value = "2", .flags = STORE_FAILS},
    {.name = "retry_mode", .value = "adaptive", .flags = STORE_FAILS | AS_IS},
    {.name = "defaults_mode", .value = "legacy"},
    {.name = "ca_bundle", .value = "/bundle"},
    {.name = "tcp_keepalive", .value = "true"},
    {.name = "sdk_ua_app_id", .value = "app"},
    {.name = "s3.max_concurrent_requests", .value = "1"},
    {.name = "s3.max_queue_size", .value = "1"},
    {.name = "s3.multipart_threshold", .value = "1", .flags = PUT},
    {.name = "s3.multipart_chunksize", .value = "1", .flags = PUT},
    {.name = "s3.io_chunksize", .value = "1"},
    {.name = "s3.max_bandwidth", .value = "1B/s"},
    {.name = "s3.preferred_transfer_client", .value = "crt"},
    {.name = "s3.target_bandwidth", .value = "1B/s"},
    {.name = "output", .value = "text"},
    {.name = "parameter_validation", .value = "false"},
    {.name = "api_versions", .value = "x"},
};
#define ENV_MAX 40

static const char *env[ENV_MAX];

#endif
