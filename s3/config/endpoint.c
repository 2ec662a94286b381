#include "s3/config/endpoint.h"

#include <strings.h>

#include "decon/s3/uri.h"
#include "base/util.h"

#define URL_MAX_BYTES   ((size_t)64 * 1024)
#define DEFAULT_REGION  "us-east-1"
#define S3_ENDPOINT_KEY "s3.endpoint_url" /* in a section of services */

/* Partitions of AWS: the first row whose prefix matches the region. */
static const struct partition {
    const char *region_prefix;
    const char *name;
    const char *dns_suffix;
    const char *dualstack_suffix; /* of services other than S3; NULL: not available */
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

/* By s3_service. */
static const struct {
    const char *variable, *key; /* of the endpoint; the key in a section of services */
    const char *host;
} services[S3_SERVICE_COUNT] = {
    {"AWS_ENDPOINT_URL_STS", "sts.endpoint_url", "sts"},
    {"AWS_ENDPOINT_URL_SSO", "sso.endpoint_url", "portal.sso"},
    {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc.endpoint_url", "oidc"},
};

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

/* The index of the first one that is set, else `count`. */
static size_t first_of(const char *const *candidates, size_t count)
{
    size_t i = 0;
    while (i < count && (!candidates[i] || !*candidates[i]))
        i++;
    return i;
}

/* The length of "http://" or "https://"; 0: neither. */
static size_t scheme_len(const char *url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts_with(url, schemes[i]))
            return strlen(schemes[i]);
    return 0;
}

static bool take_url(s3_endpoint *ep, const char *given, err *e)
{
    AUTO_FREE char *url = url_clean(given);
    size_t scheme = scheme_len(url);
    const char *rest = url + scheme;
    size_t host_len = scheme ? strcspn(rest, "/?#") : 0;
    AUTO_FREE char *shown = url_shown(url);
    if (memchr(rest, '@', host_len))
        return err_set(e, ERR_CONFIG,
                       "the endpoint '%s' contains a user; put keys into AWS_ACCESS_KEY_ID "
                       "and AWS_SECRET_ACCESS_KEY",
                       shown);
    if (host_len == 0 || rest[host_len - 1] == ':' || strpbrk(rest, "?# \t\r\n"))
        return err_set(e, ERR_CONFIG,
                       "the endpoint '%s' is not a URL such as http://127.0.0.1:9000", shown);
    size_t path_len = strlen(rest + host_len);
    while (path_len > 0 && rest[host_len + path_len - 1] == '/')
        path_len--;
    ep->custom = true;
    ep->scheme = xstrndup(url, scheme - strlen("://"));
    ep->host = xstrndup(rest, host_len);
    ep->path = xstrndup(rest + host_len, path_len);
    return true;
}

static bool is_true(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

/* The variable overrides the profile, also with the value "false". */
static bool switched_on(const s3_config *config, const s3_profile *profile, bool configured,
                        const char *variable, const char *key)
{
    return configured || is_true(s3_profile_setting(profile, config->getenv_fn, variable, key));
}

static bool check_region(const s3_endpoint *ep, err *e)
{
    return s3_region_is_name(ep->region) ||
           err_set(e, ERR_CONFIG, "the region '%s' (%s) is not a region name such as us-east-1",
                   ep->region, ep->region_from);
}

static bool check_variants(const s3_endpoint *ep, err *e)
{
    const struct partition *p = partition_of(ep->region);
    if (!ep->fips && !ep->dualstack)
        return true;
    const char *what = ep->fips ? "FIPS" : "DUALSTACK";
    if (ep->custom)
        return err_set(e, ERR_CONFIG,
                       "AWS_USE_%s_ENDPOINT (or its option, or the profile's key) applies to AWS's "
                       "own endpoints, but the endpoint %s://%s is set: remove one of them",
                       what, ep->scheme, ep->host);
    if (ep->fips && !p->fips)
        return err_set(e, ERR_CONFIG, "region %s (partition %s) has no FIPS endpoints", ep->region,
                       p->name);
    return true;
}

/* As set by `aws configure set s3.addressing_style path`. */
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

/* --- configured endpoints --- */

typedef struct url_sources {
    s3_getenv getenv_fn;
    const s3_profile *profile;
    s3_profile services; /* the section that the profile's `services` names */
    bool ignored;        /* all endpoints except those of options */
} url_sources;

/* For a service in use: "s3.endpoint_url" is the only valid setting. */
static bool is_of_service(const char *name, const char *endpoint_key)
{
    size_t len = strcspn(endpoint_key, ".");
    return strncmp(name, endpoint_key, len) == 0 && name[len] == '.';
}

static bool check_setting(const s3_profile_pair *pair, err *e)
{
    static const char *const keys[] = {S3_ENDPOINT_KEY, "sts.endpoint_url", "sso.endpoint_url",
                                       "sso_oidc.endpoint_url"};
    const char *what = NULL;
    if (!strchr(pair->name, '.') && pair->value[0])
        what = "belongs to no service; indent it below one, such as 's3 ='";
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (is_of_service(pair->name, keys[i]) && strcmp(pair->name, keys[i]) != 0)
            what = "is unknown here; is endpoint_url meant? Correct or remove it";
        else if (strcmp(pair->name, keys[i]) == 0 && !pair->value[0])
            what = "is empty; set or remove it";
    return !what ||
           err_set(e, ERR_CONFIG, "%s:%u: %.60s %s", pair->path, pair->line, pair->name, what);
}

/* An ignored setting would send requests to another store. */
static bool check_section(const s3_profile *section, err *e)
{
    for (size_t i = 0; i < section->pair_count; i++)
        if (!check_setting(&section->pairs[i], e))
            return false;
    return true;
}

static bool load_sources(url_sources *s, err *e)
{
    s->ignored =
        is_true(s3_profile_setting(s->profile, s->getenv_fn, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                   "ignore_configured_endpoint_urls"));
    const char *name = s3_profile_get(s->profile, "services");
    return s->ignored || !name || !*name ||
           (s3_profile_load_section(s->getenv_fn, "services", name, &s->services, e) &&
            check_section(&s->services, e));
}

/* NULL: the default address of the service. */
static const char *configured_url(const url_sources *s, const char *variable, const char *key)
{
    const char *urls[] = {s3_env(s->getenv_fn, variable), s3_env(s->getenv_fn, "AWS_ENDPOINT_URL"),
                          s3_profile_get(&s->services, key),
                          s3_profile_get(s->profile, "endpoint_url"), NULL};
    return s->ignored ? NULL : urls[first_of(urls, ARRAY_LEN(urls) - 1)];
}

static bool take_service_urls(s3_endpoint *ep, const url_sources *s, err *e)
{
    for (size_t i = 0; i < S3_SERVICE_COUNT; i++) {
        AUTO(s3_endpoint) own = {0};
        const char *url = configured_url(s, services[i].variable, services[i].key);
        if (url && !take_url(&own, url, e))
            return err_context(e, "%s", services[i].variable);
        if (url)
            ep->service_urls[i] = xasprintf("%s://%s%s", own.scheme, own.host, own.path);
    }
    return true;
}

static bool take_urls(s3_endpoint *ep, const s3_config *config, const s3_profile *profile, err *e)
{
    url_sources sources = {.getenv_fn = config->getenv_fn, .profile = profile};
    bool ok = load_sources(&sources, e);
    const char *url = config->endpoint && *config->endpoint
                          ? config->endpoint
                          : configured_url(&sources, "AWS_ENDPOINT_URL_S3", S3_ENDPOINT_KEY);
    ok = ok && (!url || take_url(ep, url, e)) && take_service_urls(ep, &sources, e);
    s3_profile_deinit(&sources.services);
    return ok;
}

static void take_region(s3_endpoint *ep, const s3_config *config, const s3_profile *profile)
{
    const char *regions[] = {config->region, s3_env(config->getenv_fn, "AWS_REGION"),
                             s3_env(config->getenv_fn, "AWS_DEFAULT_REGION"),
                             s3_profile_get(profile, "region"), DEFAULT_REGION};
    static const char *const sources[] = {"by option", "AWS_REGION", "AWS_DEFAULT_REGION",
                                          "of the profile", "by default"};
    size_t at = first_of(regions, ARRAY_LEN(regions));
    ep->region = xstrdup(regions[at]);
    ep->region_from = sources[at];
}

bool s3_endpoint_init(s3_endpoint *out, const s3_config *config, const s3_profile *profile, err *e)
{
    *out = (s3_endpoint){.addressing = config->addressing};
    take_region(out, config, profile);
    out->fips = switched_on(config, profile, config->use_fips_endpoint, "AWS_USE_FIPS_ENDPOINT",
                            "use_fips_endpoint");
    out->dualstack = switched_on(config, profile, config->use_dualstack_endpoint,
                                 "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    if (!out->dualstack && !s3_env(config->getenv_fn, "AWS_USE_DUALSTACK_ENDPOINT"))
        out->dualstack = is_true(s3_profile_get(profile, "s3.use_dualstack_endpoint"));
    take_addressing(out, profile);
    if (check_region(out, e) && take_urls(out, config, profile, e) && check_variants(out, e))
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
    for (size_t i = 0; i < S3_SERVICE_COUNT; i++)
        free(ep->service_urls[i]);
    *ep = (s3_endpoint){0};
}

static bool path_style(const s3_endpoint *ep, const char *bucket)
{
    if (strchr(bucket, ':')) /* Ceph's tenant:bucket, which cannot be part of a host name */
        return true;
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

char *s3_endpoint_service_url(const s3_endpoint *ep, s3_service service, const char *region)
{
    if (ep->service_urls[service])
        return xstrdup(ep->service_urls[service]);
    const struct partition *p = partition_of(region);
    /* GovCloud's plain endpoints of these services are FIPS endpoints. */
    bool marked = ep->fips && !str_starts_with(region, "us-gov-");
    return xasprintf("https://%s%s.%s.%s", services[service].host, marked ? "-fips" : "", region,
                     ep->dualstack && p->dualstack_suffix ? p->dualstack_suffix : p->dns_suffix);
}

void s3_target_deinit(s3_target *target)
{
    free(target->url);
    free(target->host);
    *target = (s3_target){0};
}
