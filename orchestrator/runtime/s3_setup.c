#include "orchestrator/runtime/s3_setup.h"

#include <unistd.h>

#include "decon/base/log.h"
#include "base/util.h"

#define TERMINAL_START_WAIT_MS 5000

loop *store_loop_new(const config *c, const char *(*getenv_fn)(const char *name),
                     unsigned connections, size_t receive_buffer_bytes, err *e)
{
    AUTO_FREE char *found =
        s3_config_ca_bundle(&(s3_config){.profile = c->profile, .getenv_fn = getenv_fn});
    if (!c->verify_ssl)
        log_warn("certificates are not checked (verify_ssl: false): others on the network can read "
                 "and change the data");
    return loop_new(&(loop_options){.max_connections = connections,
                                    .verify_tls = c->verify_ssl,
                                    .ca_bundle = c->ca_bundle ? c->ca_bundle : found,
                                    .receive_buffer_bytes = receive_buffer_bytes,
                                    .bandwidth_bytes_per_s = c->bandwidth_limit_bytes},
                    e);
}

/* Shorter at a terminal, where a wrong address is more likely than a store that is starting. */
static uint64_t start_wait_ms(const config *c)
{
    uint64_t otherwise_ms = isatty(STDERR_FILENO) ? TERMINAL_START_WAIT_MS : 0;
    return c->start_wait_ms ? c->start_wait_ms : otherwise_ms;
}

static s3_config settings(const config *c)
{
    return (s3_config){.endpoint = c->endpoint_url,
                       .region = c->region,
                       .profile = c->profile,
                       .addressing = (s3_addressing)c->addressing_style,
                       .use_fips_endpoint = c->use_fips_endpoint,
                       .use_dualstack_endpoint = c->use_dualstack_endpoint,
                       .no_sign_request = c->no_sign_request,
                       .part_size_bytes = c->part_size_bytes,
                       .max_attempts = (unsigned)MIN(c->download_retry_attempts, INT32_MAX),
                       .retry_base_ms = (unsigned)c->download_retry_base_delay_ms,
                       .connect_timeout_ms = (int)c->connect_timeout_ms,
                       .stall_timeout_ms = (int)c->stall_timeout_ms,
                       .outage_wait_ms = c->outage_wait_ms,
                       .start_wait_ms = start_wait_ms(c),
                       .request_checksums = (s3_checksum_use)c->request_checksums,
                       .response_checksums = (s3_checksum_use)c->response_checksums,
                       .check_md5_etag = c->check_md5_etag,
                       .unsigned_payload = c->unsigned_payload,
                       .listing_order = (s3_listing_order)c->listing_order,
                       .headers = {.request_payer = c->request_payer == 1,
                                   .sse = c->sse ? store_encryptions[c->sse] : NULL,
                                   .sse_kms_key_id = c->sse_kms_key_id,
                                   .storage_class = c->storage_class,
                                   .expected_bucket_owner = c->expected_bucket_owner}};
}

s3_client *store_client_new(const config *c, const store_env *env, err *e)
{
    s3_config s3 = settings(c);
    AUTO_FREE char *key = c->sse_c_key_file ? s3_customer_key_read(c->sse_c_key_file, e) : NULL;
    if (c->sse_c_key_file && !key)
        return NULL;
    s3.headers.sse_customer_key = s3.headers.sse_customer_key_of_source = key;
    s3.max_in_flight = env->requests;
    s3.pool = env->pool;
    s3.getenv_fn = env->getenv_fn;
    return s3_client_new(env->transport, &s3, e);
}
