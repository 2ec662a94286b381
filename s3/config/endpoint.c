#include "s3/config/endpoint.h"

#include <strings.h>

#include "decon/s3/uri.h"

#define URL_MAX_BYTES  ((size_t)64 * 1024)
#define DEFAULT_REGION "us-east-1"

/* Partitions of AWS: the first row whose prefix fits the region. */
static const struct partition {
    const char *region_prefix;
    const char *name;
    const char *dns_suffix;
    const char *dualstack_suffix; /* of services other than S3; NULL: they have none */
    bool fips;
} partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws", true},
    {"us-iso-", "aws-iso", "c2s.ic.gov", NULL, true},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", NULL, true},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", NULL, true},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", NULL, true},
    {"eusc-", "aws-eusc", "amazonaws.eu", NULL, true},
    {"", "aws", "amazonaws.com", "api.aws", true},
};

static const struct partition *partition_of(const char *region)
{
    size_t i = 0;
    while (!str_starts_with(region, partitions[i].region_prefix))
        i++;
    return &partitions[i];
}

/* The services beside S3 that are asked. */
static const struct {
    const char *name; /* AWS_ENDPOINT_URL_<name> */
    const char *host;
} services[] = {{"STS", "sts"}, {"SSO", "portal.sso"}, {"SSO_OIDC", "oidc"}};

bool s3_bucket_is_dns_label(const char *bucket)
{
    size_t len = strlen(bucket);
    if (len < 3 || len > 63 || bucket[0] == '-' || bucket[len - 1] == '-')
        return false;
    return strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool s3_region_is_name(const char *region)
{
    size_t len = strlen(region);
    return len > 0 && len < 48 &&
           strspn(region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
               len;
}

/* The index of the first that is set, else `count`. */
static size_t first_of(const char *const *candidates, size_t count)
{
    size_t i = 0;
    while (i < count && (!candidates[i] || !*candidates[i]))
        i++;
    return i;
}

static bool take_url(s3_endpoint *ep, const char *url, err *e)
{
    const char *rest = NULL;
    if (str_starts_with(url, "http://"))
        rest = url + strlen("http://");
    else if (str_starts_with(url, "https://"))
        rest = url + strlen("https://");
    size_t host_len = rest ? strcspn(rest, "/?#") : 0;
    AUTO_FREE char *shown = url_shown(url);
    if (rest && memchr(rest, '@', host_len))
        return err_set(e, ERR_CONFIG,
                       "the endpoint '%s' is given with a user: keys belong into AWS_ACCESS_KEY_ID "
                       "and AWS_SECRET_ACCESS_KEY",
                       shown);
    if (host_len == 0 || rest[host_len - 1] == ':' || strpbrk(rest + host_len, "?# "))
        return err_set(e, ERR_CONFIG, "the endpoint '%s' is no URL such as http://127.0.0.1:9000",
                       shown);
    size_t path_len = strlen(rest + host_len);
    while (path_len > 0 && rest[host_len + path_len - 1] == '/')
        path_len--;
    ep->custom = true;
    ep->scheme = xstrndup(url, (size_t)(rest - url) - strlen("://"));
    ep->host = xstrndup(rest, host_len);
    ep->path = xstrndup(rest + host_len, path_len);
    return true;
}

/* The variable wins over the profile, where it says "false" too. */
static bool switched_on(const s3_config *config, const s3_profile *profile, bool configured,
                        const char *variable, const char *key)
{
    const char *text = s3_env(config->getenv_fn, variable);
    if (!text)
        text = s3_profile_get(profile, key);
    return configured || (text && strcasecmp(text, "true") == 0);
}

static bool check_region(const s3_endpoint *ep, err *e)
{
    return s3_region_is_name(ep->region) ||
           err_set(e, ERR_CONFIG, "the region '%s' (%s) is no name such as us-east-1", ep->region,
                   ep->region_from);
}

static bool check_variants(const s3_endpoint *ep, err *e)
{
    const struct partition *p = partition_of(ep->region);
    if (!ep->fips && !ep->dualstack)
        return true;
    const char *what = ep->fips ? "FIPS" : "DUALSTACK";
    if (ep->custom)
        return err_set(e, ERR_CONFIG,
                       "AWS_USE_%s_ENDPOINT (or its option, or the profile's key) speaks of AWS's "
                       "own endpoints, and the endpoint %s://%s is given: leave one of both out",
                       what, ep->scheme, ep->host);
    if (ep->fips && !p->fips)
        return err_set(e, ERR_CONFIG, "region %s (partition %s) has no FIPS endpoints", ep->region,
                       p->name);
    return true;
}

/* As `aws configure set s3.addressing_style path` has it. */
static void take_addressing(s3_endpoint *ep, const s3_profile *profile)
{
    const char *style = s3_profile_get(profile, "s3.addressing_style");
    if (ep->addressing != S3_ADDRESSING_AUTO || !style)
        return;
    if (strcasecmp(style, "path") == 0)
        ep->addressing = S3_ADDRESSING_PATH;
    else if (strcasecmp(style, "virtual") == 0)
        ep->addressing = S3_ADDRESSING_VIRTUAL;
}

/* `services = x` in the profile, and there "s3 =" with an endpoint_url. */
static const char *service_url(const s3_config *config, const s3_profile *profile,
                               s3_profile *section)
{
    const char *name = s3_profile_get(profile, "services");
    if (!name || !s3_profile_load_section(config->getenv_fn, "services", name, section))
        return NULL;
    return s3_profile_get(section, "s3.endpoint_url");
}

bool s3_endpoint_init(s3_endpoint *out, const s3_config *config, const s3_profile *profile, err *e)
{
    *out = (s3_endpoint){.addressing = config->addressing};
    const char *regions[] = {config->region, s3_env(config->getenv_fn, "AWS_REGION"),
                             s3_env(config->getenv_fn, "AWS_DEFAULT_REGION"),
                             s3_profile_get(profile, "region"), DEFAULT_REGION};
    static const char *const sources[] = {"by option", "AWS_REGION", "AWS_DEFAULT_REGION",
                                          "of the profile", "by default"};
    AUTO(s3_profile) services_section = {0};
    const char *urls[] = {config->endpoint,
                          s3_env(config->getenv_fn, "AWS_ENDPOINT_URL_S3"),
                          s3_env(config->getenv_fn, "AWS_ENDPOINT_URL"),
                          service_url(config, profile, &services_section),
                          s3_profile_get(profile, "endpoint_url"),
                          NULL};
    size_t at = first_of(regions, ARRAY_LEN(regions));
    out->region = xstrdup(regions[at]);
    out->region_from = sources[at];
    out->fips = switched_on(config, profile, config->use_fips_endpoint, "AWS_USE_FIPS_ENDPOINT",
                            "use_fips_endpoint");
    out->dualstack = switched_on(config, profile, config->use_dualstack_endpoint,
                                 "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    const char *url = urls[first_of(urls, ARRAY_LEN(urls) - 1)];
    take_addressing(out, profile);
    if (check_region(out, e) && (!url || take_url(out, url, e)) && check_variants(out, e))
        return true;
    s3_endpoint_deinit(out);
    return false;
}

void s3_endpoint_deinit(s3_endpoint *ep)
{
    free(ep->scheme);
    free(ep->host);
    free(ep->path);
    free(ep->region);
    *ep = (s3_endpoint){0};
}

static bool path_style(const s3_endpoint *ep, const char *bucket)
{
    if (ep->addressing == S3_ADDRESSING_AUTO)
        return ep->custom || !s3_bucket_is_dns_label(bucket);
    return ep->addressing == S3_ADDRESSING_PATH;
}

static char *target_host(const s3_endpoint *ep, const char *region, const char *bucket_label)
{
    const char *dot = *bucket_label ? "." : "";
    if (ep->custom)
        return xasprintf("%s%s%s", bucket_label, dot, ep->host);
    return xasprintf("%s%ss3%s.%s%s.%s", bucket_label, dot, ep->fips ? "-fips" : "",
                     ep->dualstack ? "dualstack." : "", region, partition_of(region)->dns_suffix);
}

void s3_endpoint_target(const s3_endpoint *ep, const char *region, const char *bucket,
                        const char *key, const char *query, s3_target *out)
{
    bool in_path = bucket && path_style(ep, bucket);
    out->host = target_host(ep, region, bucket && !in_path ? bucket : "");
    AUTO(buf) url = BUF(URL_MAX_BYTES);
    buf_printf(&url, "%s://%s", ep->custom ? ep->scheme : "https", out->host);
    size_t path_at = url.len;
    buf_append_str(&url, ep->custom ? ep->path : "");
    if (in_path) {
        buf_append_char(&url, '/');
        s3_uri_encode(slice_from(bucket), false, &url);
    }
    if (key || !in_path)
        buf_append_char(&url, '/');
    s3_uri_encode(slice_from(key), true, &url);
    size_t path_len = url.len - path_at;
    if (query && *query)
        buf_printf(&url, "?%s", query);
    size_t query_len = query ? strlen(query) : 0;
    out->url = buf_give(&url);
    out->path = (slice){.data = out->url + path_at, .len = path_len};
    out->query = (slice){.data = query_len ? out->path.data + path_len + 1 : "", .len = query_len};
}

static char *custom_service_url(const char *url, err *e)
{
    s3_endpoint own = {0};
    if (!take_url(&own, url, e))
        return NULL;
    char *whole = xasprintf("%s://%s%s", own.scheme, own.host, own.path);
    s3_endpoint_deinit(&own);
    return whole;
}

char *s3_endpoint_service_url(const s3_endpoint *ep, s3_getenv getenv_fn, const char *service,
                              const char *region, err *e)
{
    AUTO_FREE char *variable = xasprintf("AWS_ENDPOINT_URL_%s", service);
    const char *custom = s3_env(getenv_fn, variable);
    if (!custom)
        custom = s3_env(getenv_fn, "AWS_ENDPOINT_URL");
    if (custom)
        return custom_service_url(custom, e);
    size_t i = 0;
    while (strcmp(services[i].name, service) != 0)
        i++;
    const struct partition *p = partition_of(region);
    /* GovCloud's plain endpoints of these services are FIPS endpoints. */
    bool marked = ep->fips && !str_starts_with(region, "us-gov-");
    return xasprintf("https://%s%s.%s.%s", services[i].host, marked ? "-fips" : "", region,
                     ep->dualstack && p->dualstack_suffix ? p->dualstack_suffix : p->dns_suffix);
}

void s3_target_deinit(s3_target *target)
{
    free(target->url);
    free(target->host);
    *target = (s3_target){0};
}
