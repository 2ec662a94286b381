#include "s3/client/client.h"

#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "base/array.h"
#include "base/util.h"
#include "s3/config/settings_check.h"

#define DEFAULT_IN_FLIGHT          50
#define DEFAULT_RETRY_BASE_MS      50
#define DEFAULT_PART_BYTES         ((uint64_t)16 * 1024 * 1024)
#define DEFAULT_CONNECT_TIMEOUT_MS 10000
#define DEFAULT_STALL_TIMEOUT_MS   30000
#define DEFAULT_OUTAGE_WAIT_MS     600000
#define DEFAULT_START_WAIT_MS      60000
#define DAY_CHARS                  8

static void credentials_changed(void *ctx)
{
    s3_client_wake(ctx);
}

static void take_numbers(s3_client *c, const s3_config *config)
{
    c->no_sign_request = config->no_sign_request;
    c->max_in_flight = config->max_in_flight ? config->max_in_flight : DEFAULT_IN_FLIGHT;
    c->retry_base_ms = config->retry_base_ms ? config->retry_base_ms : DEFAULT_RETRY_BASE_MS;
    c->outage.limit_ms = config->outage_wait_ms ? config->outage_wait_ms : DEFAULT_OUTAGE_WAIT_MS;
    c->outage.start_limit_ms =
        config->start_wait_ms ? config->start_wait_ms : DEFAULT_START_WAIT_MS;
    c->listing_order = config->listing_order;
    c->part_size_bytes = config->part_size_bytes ? config->part_size_bytes : DEFAULT_PART_BYTES;
    c->connect_timeout_ms =
        config->connect_timeout_ms > 0 ? config->connect_timeout_ms : DEFAULT_CONNECT_TIMEOUT_MS;
    c->stall_timeout_ms =
        config->stall_timeout_ms > 0 ? config->stall_timeout_ms : DEFAULT_STALL_TIMEOUT_MS;
}

s3_client *s3_client_new(transport *t, const s3_config *config, err *e)
{
    AUTO(s3_profile) profile = {0};
    AUTO(s3_endpoint) endpoint = {0};
    unsigned attempts = 0;
    if (!s3_profile_load(config->getenv_fn, config->profile, &profile, e) ||
        !s3_settings_check(config, &profile, e) ||
        !s3_settings_attempts(config, &profile, &attempts, e) ||
        !s3_endpoint_init(&endpoint, config, &profile, e))
        return NULL;
    s3_integrity integrity;
    bool plain_http = endpoint.custom && str_equal(endpoint.scheme, "http");
    AUTO_PTR(s3_headers) headers = s3_headers_new(&config->headers, e);
    if (!headers || !s3_integrity_init(&integrity, config, &profile, plain_http, e))
        return NULL;
    s3_client *c = xcalloc(1, sizeof *c);
    c->t = t;
    c->headers = move(headers);
    c->integrity = integrity;
    c->pool = config->pool;
    c->endpoint = endpoint;
    endpoint = (s3_endpoint){0}; /* owned by the client */
    c->max_attempts = attempts;
    take_numbers(c, config);
    s3_credentials_init(&c->credentials, t, &c->endpoint, config->getenv_fn, config->profile,
                        credentials_changed, c);
    c->credentials.outage_wait_ms = c->outage.limit_ms;
    c->credentials.start_wait_ms = c->outage.start_limit_ms;
    s3_throttle_init(&c->throttle, c->max_in_flight);
    return c;
}

void s3_client_free(s3_client *c)
{
    if (!c)
        return;
    op_list_end(&c->ops);
    s3_work_leave(c);
    timer_stop(c->t, c->pump_timer);
    s3_credentials_deinit(&c->credentials);
    s3_headers_free(c->headers);
    s3_endpoint_deinit(&c->endpoint);
    for (size_t i = 0; i < c->region_count; i++) {
        free(c->regions[i].bucket);
        free(c->regions[i].region);
    }
    free(c->regions);
    free(c->signing.secret);
    free(c->signing.region);
    free(c);
}

static const char *either(const char *own, const char *otherwise)
{
    return own && *own ? own : otherwise;
}

s3_headers *s3_client_headers(const s3_client *c, const s3_headers_options *own, err *e)
{
    const s3_headers *h = c->headers;
    return s3_headers_new(
        &(s3_headers_options){
            .request_payer = own->request_payer || h->request_payer,
            .sse = either(own->sse, h->sse),
            .sse_kms_key_id = either(own->sse_kms_key_id, h->sse_kms_key_id),
            .sse_customer_key = either(own->sse_customer_key, h->customer_key),
            .sse_customer_key_of_source = either(own->sse_customer_key_of_source, h->source_key),
            .storage_class = either(own->storage_class, h->storage_class),
            .expected_bucket_owner = either(own->expected_bucket_owner, h->bucket_owner),
            .expected_source_bucket_owner =
                either(own->expected_source_bucket_owner, h->source_owner)},
        e);
}

static pthread_once_t home_once = PTHREAD_ONCE_INIT;
static char home_path[PATH_MAX]; /* from the user database; "": not set */

static void find_home(void)
{
    struct passwd entry, *found = NULL;
    char text[4096];
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
        snprintf(home_path, sizeof home_path, "%s", found->pw_dir);
}

/* Services may have no HOME: like the AWS CLI, use the user database then. */
const char *s3_environment(const char *name)
{
    const char *value = getenv(name);
    if (value || strcmp(name, "HOME") != 0)
        return value;
    pthread_once(&home_once, find_home);
    return home_path[0] ? home_path : NULL;
}

char *s3_config_ca_bundle(const s3_config *config)
{
    AUTO(s3_profile) profile = {0};
    const char *path = s3_env(config->getenv_fn, "AWS_CA_BUNDLE");
    if (path)
        return xstrdup(path);
    err e = ERR_INIT; /* s3_client_new reports a profile that does not exist */
    if (s3_profile_load(config->getenv_fn, config->profile, &profile, &e))
        path = s3_profile_get(&profile, "ca_bundle");
    return path && *path ? xstrdup(path) : NULL;
}

s3_stats s3_client_stats(const s3_client *c)
{
    return c->stats;
}

bool s3_client_idle(const s3_client *c)
{
    return !op_list_first(&c->ops) && !c->works.first;
}

/* --- operations --- */

void *s3_op_new(s3_client *c, const op_kind *kind, size_t size_bytes)
{
    s3_op_base *o = op_new(kind, size_bytes, &c->ops, c->t);
    o->client = c;
    return o;
}

void s3_op_cancel(s3_op *o)
{
    op_cancel(o);
}

/* --- regions --- */

const char *s3_client_region(const s3_client *c, const char *bucket)
{
    for (size_t i = 0; i < c->region_count; i++)
        if (strcmp(c->regions[i].bucket, bucket ? bucket : "") == 0)
            return c->regions[i].region;
    return c->endpoint.region;
}

void s3_client_learn_region(s3_client *c, const char *bucket, const char *region)
{
    if (strcmp(s3_client_region(c, bucket), region) == 0)
        return;
    if (bucket)
        log_info("bucket '%s' is in region %s", bucket, region);
    else
        log_info("the store is in region %s", region);
    bucket = bucket ? bucket : "";
    s3_bucket_region *row = NULL;
    for (size_t i = 0; i < c->region_count; i++)
        if (strcmp(c->regions[i].bucket, bucket) == 0)
            row = &c->regions[i];
    if (!row) {
        row = ARRAY_ADD(c->regions, c->region_count);
        *row = (s3_bucket_region){.bucket = xstrdup(bucket)};
    }
    free(row->region);
    row->region = xstrdup(region);
}

/* --- signing --- */

const uint8_t *s3_client_signing_key(s3_client *c, const s3_keys *keys, const char *amz_date,
                                     const char *region)
{
    bool same = c->signing.secret && str_equal(c->signing.secret, keys->secret_access_key) &&
                str_equal(c->signing.region, region) &&
                strncmp(c->signing.date, amz_date, DAY_CHARS) == 0;
    if (same)
        return c->signing.key;
    free(c->signing.secret);
    free(c->signing.region);
    c->signing.secret = xstrdup(keys->secret_access_key);
    c->signing.region = xstrdup(region);
    snprintf(c->signing.date, sizeof c->signing.date, "%s", amz_date);
    s3_sign_key(keys->secret_access_key, amz_date, region, "s3", c->signing.key);
    return c->signing.key;
}

/* --- the queue --- */

/* Ends all queued requests with the error, but not those that are added meanwhile. */
static void fail_queue(s3_client *c, const err *e)
{
    uint64_t last = c->queue_sequence;
    s3_request *r = LIST_FIRST(&c->queue, s3_request, link);
    while (r) {
        if (r->sequence <= last) {
            s3_request_fail(r, e);
            r = LIST_FIRST(&c->queue, s3_request, link); /* its operation may remove others */
        } else {
            r = LIST_NEXT(r, s3_request, link);
        }
    }
}

void s3_client_pump(s3_client *c)
{
    while (c->queue.first && c->stats.in_flight < c->throttle.limit) {
        s3_keys keys = {0};
        err e = ERR_INIT;
        s3_credentials_state state = S3_CREDENTIALS_READY;
        if (!c->no_sign_request)
            state = s3_credentials_get(&c->credentials, &keys, &e);
        if (state == S3_CREDENTIALS_PENDING)
            return; /* credentials_changed continues */
        if (state == S3_CREDENTIALS_FAILED) {
            fail_queue(c, &e);
            return;
        }
        s3_request_send(LIST_FIRST(&c->queue, s3_request, link), c->no_sign_request ? NULL : &keys);
    }
}

static void pump_now(void *ctx)
{
    s3_client *c = ctx;
    c->pump_timer = NULL;
    op_list_wake(&c->ops);
    s3_client_pump(c);
}

void s3_client_wake(s3_client *c)
{
    if (!c->pump_timer)
        c->pump_timer = timer_start(c->t, 0, pump_now, c);
}
