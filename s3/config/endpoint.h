/* Where requests go: region, host, path style or virtual-hosted style.
 *
 * What:    the rules that make a URL out of endpoint, region, bucket, key and query.
 * Owner:   s3_endpoint and s3_target own their strings; _deinit frees them.
 * Threads: any; constant after s3_endpoint_init.
 * Fails:   ERR_CONFIG for an endpoint that is no http(s) URL, and for a section of services that
 *          does not exist.
 * Sources: Amazon S3 User Guide, "Virtual hosting of buckets", "Bucket naming rules"; AWS SDKs and
 *          Tools Reference Guide, "Service-specific endpoints".
 */
#ifndef S3_CONFIG_ENDPOINT_H
#define S3_CONFIG_ENDPOINT_H

#include "s3/config/profile.h"
#include "decon/s3/s3.h"
#include "base/util.h"

/* The services beside S3 that are asked. */
typedef enum s3_service {
    S3_SERVICE_STS,
    S3_SERVICE_SSO,
    S3_SERVICE_SSO_OIDC,
    S3_SERVICE_COUNT
} s3_service;

typedef struct s3_endpoint {
    bool custom;             /* not AWS itself: one host for all regions */
    int64_t clock_offset_s;  /* its clock minus ours, as a refusal told; else 0 */
    char *scheme;            /* custom: "http" or "https" */
    char *host;              /* custom: host[:port] */
    char *path;              /* custom: "" or "/prefix", without a slash at its end */
    char *region;            /* where nothing else is known of a bucket */
    const char *region_from; /* for people: "AWS_REGION"; static */
    s3_addressing addressing;
    bool fips, dualstack;
    char *service_urls[S3_SERVICE_COUNT]; /* configured for the services beside S3; or NULL */
} s3_endpoint;

bool s3_endpoint_init(s3_endpoint *out, const s3_config *config, const s3_profile *profile, err *e)
    MUST_USE;
void s3_endpoint_deinit(s3_endpoint *ep);

typedef struct s3_target {
    char *url;  /* whole, percent-encoded */
    char *host; /* value of the Host header */
    slice path; /* in url, as it is signed */
    slice query;
} s3_target;

/* `bucket` may be NULL (the service itself), `key` NULL (the bucket), `query` NULL or encoded. */
void s3_endpoint_target(const s3_endpoint *ep, const char *region, const char *bucket,
                        const char *key, const char *query, s3_target *out);
void s3_target_deinit(s3_target *target);

/* May the name be the first label of a host name, with TLS too: 3 to 63 of a-z 0-9 and '-'. */
bool s3_bucket_is_dns_label(const char *bucket);

/* May it stand in a host's name and in a signature: 1 to 47 letters, digits, '-', '_' and '.'. */
bool s3_region_is_name(const char *region);

/* The address of another service of AWS in the region, without a slash at its end; a configured
 * endpoint wins. */
char *s3_endpoint_service_url(const s3_endpoint *ep, s3_service service, const char *region)
    MUST_USE;

#endif
