/* The address of requests: region, host, path-style or virtual-hosted-style.
 *
 * What:    builds a URL from endpoint, region, bucket, key and query.
 * Owner:   s3_endpoint and s3_target own their strings; _deinit frees them.
 * Threads: any; constant after s3_endpoint_init.
 * Fails:   ERR_CONFIG for an endpoint that is not an http(s) URL, and for a section of services
 *          that does not exist.
 * Sources: Amazon S3 User Guide, "Virtual hosting of buckets", "Bucket naming rules"; AWS SDKs and
 *          Tools Reference Guide, "Service-specific endpoints".
 */
#ifndef S3_CONFIG_ENDPOINT_H
#define S3_CONFIG_ENDPOINT_H

#include "s3/config/profile.h"
#include "decon/s3/s3.h"
#include "base/util.h"

/* Services other than S3 that the client uses. */
typedef enum s3_service {
    S3_SERVICE_STS,
    S3_SERVICE_SSO,
    S3_SERVICE_SSO_OIDC,
    S3_SERVICE_COUNT
} s3_service;

typedef struct s3_endpoint {
    bool custom;             /* not AWS: one host for all regions */
    int64_t clock_offset_s;  /* its clock minus ours, as reported by a refusal; else 0 */
    char *scheme;            /* custom: "http" or "https" */
    char *host;              /* custom: host[:port] */
    char *path;              /* custom: "" or "/prefix", without a trailing slash */
    char *region;            /* default for buckets whose region is unknown */
    const char *region_from; /* for messages: "AWS_REGION"; static */
    s3_addressing addressing;
    bool fips, dualstack;
    char *service_urls[S3_SERVICE_COUNT]; /* configured endpoints of the other services; or NULL */
} s3_endpoint;

bool s3_endpoint_init(s3_endpoint *out, const s3_config *config, const s3_profile *profile, err *e)
    MUST_USE;
void s3_endpoint_deinit(s3_endpoint *ep);
DEFINE_AUTO(s3_endpoint, s3_endpoint_deinit)

typedef struct s3_target {
    char *url;  /* complete, percent-encoded */
    char *host; /* value of the Host header */
    slice path; /* in url, as signed */
    slice query;
} s3_target;

/* `bucket` may be NULL (the service), `key` NULL (the bucket), `query` NULL or encoded. */
void s3_endpoint_target(const s3_endpoint *ep, const char *region, const char *bucket,
                        const char *key, const char *query, s3_target *out);
void s3_target_deinit(s3_target *target);
DEFINE_AUTO(s3_target, s3_target_deinit)

/* Whether the bucket can be the first label of a host name, also with TLS: 3 to 63 of
 * a-z 0-9 and '-'. */
bool s3_bucket_is_dns_label(const char *bucket);

/* Whether the text is a valid region name: 1 to 47 letters, digits, '-', '_' and '.'. */
bool s3_region_is_name(const char *region);

/* The address of another AWS service in the region, without a trailing slash; a configured
 * endpoint overrides it. */
char *s3_endpoint_service_url(const s3_endpoint *ep, s3_service service, const char *region)
    MUST_USE;

#endif
