#include "s3/config/settings.h"

#include <ctype.h>
#include <strings.h>

#include "decon/base/buf.h"
#include "base/util.h"

#define YES_NO          "true|false"
#define NAME_MAX_BYTES  64
#define LONG_NAME_BYTES 10 /* from this length two typing errors are tolerated, else one */
#define SHORTEST_BYTES  5

/* clang-format off */
#define USED(key, variable)                 {key, variable, S3_SETTING_SUPPORTED, NULL, NULL, true}
#define ONE_OF(key, variable, list)         {key, variable, S3_SETTING_SUPPORTED, list, NULL, false}
#define IGNORED(key, variable)              {key, variable, S3_SETTING_IGNORED, NULL, NULL, false}
#define REFUSED(key, variable, but, advice) {key, variable, S3_SETTING_REFUSED, but, advice, false}
#define REFUSED_ELSEWHERE(key, variable)    {key, variable, S3_SETTING_REFUSED, NULL, NULL, true}
/* clang-format on */

const s3_setting s3_settings[] = {
    /* files and profiles */
    USED(NULL, "AWS_CONFIG_FILE"),
    USED(NULL, "AWS_SHARED_CREDENTIALS_FILE"),
    REFUSED(NULL, "AWS_CREDENTIAL_PROFILES_FILE", NULL, "set AWS_SHARED_CREDENTIALS_FILE instead"),
    USED(NULL, "AWS_PROFILE"),
    USED(NULL, "AWS_DEFAULT_PROFILE"),
    IGNORED(NULL, "AWS_SDK_LOAD_CONFIG"),
    /* keys */
    USED("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
    USED("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    USED("aws_session_token", "AWS_SESSION_TOKEN"),
    USED("aws_security_token", "AWS_SECURITY_TOKEN"),
    IGNORED(NULL, "AWS_CREDENTIAL_EXPIRATION"),
    REFUSED_ELSEWHERE(NULL, "AWS_ACCESS_KEY"),
    REFUSED_ELSEWHERE(NULL, "AWS_SECRET_KEY"),
    IGNORED("aws_account_id", "AWS_ACCOUNT_ID"),
    IGNORED("account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE"),
    IGNORED("disable_host_prefix_injection", "AWS_DISABLE_HOST_PREFIX_INJECTION"),
    /* roles */
    USED("role_arn", "AWS_ROLE_ARN"),
    USED("role_session_name", "AWS_ROLE_SESSION_NAME"),
    USED("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    USED("source_profile", NULL),
    USED("credential_source", NULL),
    USED("external_id", NULL),
    USED("duration_seconds", NULL),
    REFUSED_ELSEWHERE("mfa_serial", NULL),
    /* programs, SSO, console sign-in */
    USED("credential_process", NULL),
    USED("sso_session", NULL),
    USED("sso_start_url", NULL),
    USED("sso_region", NULL),
    USED("sso_account_id", NULL),
    USED("sso_role_name", NULL),
    IGNORED("sso_registration_scopes", NULL),
    REFUSED_ELSEWHERE("login_session", NULL),
    IGNORED(NULL, "AWS_LOGIN_CACHE_DIRECTORY"),
    /* container and instance */
    USED(NULL, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    USED(NULL, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    USED(NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    USED(NULL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ONE_OF(NULL, "AWS_EC2_METADATA_DISABLED", YES_NO),
    ONE_OF("ec2_metadata_v1_disabled", "AWS_EC2_METADATA_V1_DISABLED", YES_NO),
    USED("ec2_metadata_service_endpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
    ONE_OF("ec2_metadata_service_endpoint_mode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
           "IPv4|IPv6"),
    USED("ec2_instance_profile_name", "AWS_EC2_INSTANCE_PROFILE_NAME"),
    USED("metadata_service_timeout", "AWS_METADATA_SERVICE_TIMEOUT"),
    USED("metadata_service_num_attempts", "AWS_METADATA_SERVICE_NUM_ATTEMPTS"),
    /* region and endpoints */
    USED("region", "AWS_REGION"),
    USED(NULL, "AWS_DEFAULT_REGION"),
    USED("endpoint_url", "AWS_ENDPOINT_URL"),
    USED(NULL, "AWS_ENDPOINT_URL_S3"),
    USED(NULL, "AWS_ENDPOINT_URL_STS"),
    USED(NULL, "AWS_ENDPOINT_URL_SSO"),
    USED(NULL, "AWS_ENDPOINT_URL_SSO_OIDC"),
    USED("services", NULL),
    ONE_OF("ignore_configured_endpoint_urls", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", YES_NO),
    REFUSED("s3.endpoint_url", NULL, NULL,
            "name the endpoint in a section [services NAME], under 's3 =', and set services = NAME "
            "in the profile"),
    ONE_OF("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", YES_NO),
    ONE_OF("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", YES_NO),
    ONE_OF("s3.use_dualstack_endpoint", NULL, YES_NO),
    ONE_OF("s3.addressing_style", NULL, "auto|path|virtual"),
    REFUSED("s3.use_accelerate_endpoint", NULL, "false",
            "S3 Transfer Acceleration is not supported: set it to false"),
    IGNORED("s3_us_east_1_regional_endpoint", "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"),
    IGNORED("s3.us_east_1_regional_endpoint", NULL),
    IGNORED("s3_use_arn_region", "AWS_S3_USE_ARN_REGION"),
    IGNORED("s3.use_arn_region", NULL),
    IGNORED("s3_disable_multiregion_access_points", "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"),
    IGNORED("s3_disable_express_session_auth", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"),
    IGNORED("sts_regional_endpoints", "AWS_STS_REGIONAL_ENDPOINTS"),
    IGNORED("endpoint_discovery_enabled", "AWS_ENABLE_ENDPOINT_DISCOVERY"),
    /* signatures and checksums */
    REFUSED("s3.signature_version", NULL, "s3v4", "only s3v4 is supported: leave it out"),
    ONE_OF("s3.payload_signing_enabled", NULL, YES_NO),
    IGNORED("sigv4a_signing_region_set", "AWS_SIGV4A_SIGNING_REGION_SET"),
    IGNORED("auth_scheme_preference", "AWS_AUTH_SCHEME_PREFERENCE"),
    ONE_OF("request_checksum_calculation", "AWS_REQUEST_CHECKSUM_CALCULATION",
           "when_supported|when_required"),
    ONE_OF("response_checksum_validation", "AWS_RESPONSE_CHECKSUM_VALIDATION",
           "when_supported|when_required"),
    IGNORED("disable_request_compression", "AWS_DISABLE_REQUEST_COMPRESSION"),
    IGNORED("request_min_compression_size_bytes", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"),
    /* retries, connection */
    USED("max_attempts", "AWS_MAX_ATTEMPTS"),
    ONE_OF("retry_mode", "AWS_RETRY_MODE", "standard|adaptive"),
    IGNORED("defaults_mode", "AWS_DEFAULTS_MODE"),
    USED("ca_bundle", "AWS_CA_BUNDLE"),
    IGNORED("tcp_keepalive", NULL),
    IGNORED("sdk_ua_app_id", "AWS_SDK_UA_APP_ID"),
    /* the AWS CLI's own */
    IGNORED("s3.max_concurrent_requests", NULL),
    IGNORED("s3.max_queue_size", NULL),
    IGNORED("s3.multipart_threshold", NULL),
    IGNORED("s3.multipart_chunksize", NULL),
    IGNORED("s3.io_chunksize", NULL),
    IGNORED("s3.max_bandwidth", NULL),
    IGNORED("s3.preferred_transfer_client", NULL),
    IGNORED("s3.target_bandwidth", NULL),
    IGNORED("output", "AWS_DEFAULT_OUTPUT"),
    IGNORED("parameter_validation", NULL),
    IGNORED("api_versions", NULL),
};
const size_t s3_setting_count = ARRAY_LEN(s3_settings);

/* Names that other tools give the keys of a pair. */
static const struct {
    const char *name, *key;
} aliases[] = {
    {"accesskey", "aws_access_key_id"},
    {"secretkey", "aws_secret_access_key"},
    {"secretaccess", "aws_secret_access_key"},
};

/* Parts of unknown names that begin with "aws": a key pair is meant. */
static const struct {
    const char *part, *key;
} key_parts[] = {
    {"secret", "aws_secret_access_key"},
    {"key", "aws_access_key_id"},
    {"accessid", "aws_access_key_id"},
};

const char *s3_env(s3_getenv getenv_fn, const char *name)
{
    const char *value = getenv_fn ? getenv_fn(name) : NULL;
    return value && *value ? value : NULL;
}

const s3_setting *s3_setting_find(const char *key)
{
    for (size_t i = 0; i < s3_setting_count; i++)
        if (s3_settings[i].key && strcmp(s3_settings[i].key, key) == 0)
            return &s3_settings[i];
    return NULL;
}

/* Letters and digits only, in lower case. */
static size_t letters(const char *key, char out[NAME_MAX_BYTES])
{
    size_t len = 0;
    for (; *key && len < NAME_MAX_BYTES - 1; key++)
        if (isalnum((unsigned char)*key))
            out[len++] = (char)tolower((unsigned char)*key);
    out[len] = '\0';
    return len;
}

/* The letters without a leading "aws". */
static size_t plain_name(const char *key, char out[NAME_MAX_BYTES])
{
    size_t len = letters(key, out);
    size_t skip = str_starts_with(out, "aws") ? 3 : 0;
    memmove(out, out + skip, len - skip + 1);
    return len - skip;
}

/* Letters that are missing, too many, wrong or swapped with their neighbour (optimal string
 * alignment). */
static unsigned typing_errors(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = MIN(MIN(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[b_len];
}

static bool is_like(const char *name, size_t len, const char *key)
{
    char plain[NAME_MAX_BYTES];
    size_t plain_len = plain_name(key, plain);
    size_t shorter = MIN(len, plain_len);
    if (shorter < SHORTEST_BYTES)
        return false;
    return typing_errors(name, len, plain, plain_len) <= (shorter >= LONG_NAME_BYTES ? 2U : 1U);
}

static const char *key_of_pair_meant(const char *key)
{
    char name[NAME_MAX_BYTES];
    letters(key, name);
    for (size_t i = 0; str_starts_with(name, "aws") && i < ARRAY_LEN(key_parts); i++)
        if (strstr(name, key_parts[i].part))
            return key_parts[i].key;
    size_t len = plain_name(key, name);
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (is_like(name, len, aliases[i].name))
            return aliases[i].key;
    return NULL;
}

const char *s3_setting_meant(const char *key)
{
    char name[NAME_MAX_BYTES];
    size_t len = plain_name(key, name);
    for (size_t i = 0; i < s3_setting_count; i++)
        if (s3_settings[i].key && s3_settings[i].use != S3_SETTING_IGNORED &&
            is_like(name, len, s3_settings[i].key))
            return s3_settings[i].key;
    return key_of_pair_meant(key);
}
