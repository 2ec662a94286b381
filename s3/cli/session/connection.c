#include "s3/cli/session/connection.h"

#include <unistd.h>

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/session/context.h"

#define WORKERS_MAX 4 /* they hash files, which is faster than the network */

const char *const connection_payers[] = {"owner", "requester", NULL};
const char *const connection_encryptions[] = {"bucket", "AES256", "aws:kms", "aws:kms:dsse", NULL};

/* In the order of s3_checksum_use. */
const char *const connection_checksum_uses[] = {"default", "when_supported", "when_required", NULL};

/* In the order of s3_listing_order. */
const char *const connection_listing_orders[] = {"bytes", "any", NULL};

#define TERMINAL_START_WAIT_MS 5000

#define SPARE_CONNECTIONS  8
#define FILES_FOR_THE_REST 24
#define FILES_OF_A_WORKER  2 /* a connection and a file */

#define RECEIVE_ALL_BYTES ((size_t)32 * 1024 * 1024) /* half of the memory limit of downloads */
#define RECEIVE_MAX_BYTES ((size_t)512 * 1024)
#define RECEIVE_MIN_BYTES ((size_t)16 * 1024)

unsigned connection_workers(const cli_config *config)
{
    unsigned limit = fs_raise_file_limit();
    unsigned room =
        limit > FILES_FOR_THE_REST ? (limit - FILES_FOR_THE_REST) / FILES_OF_A_WORKER : 0;
    return MIN((unsigned)config->workers, MAX(room, 1U));
}

/* Shorter at a terminal, where a wrong address is more likely than a store that is starting. */
static uint64_t start_wait_ms(const connection_options *o)
{
    uint64_t otherwise_ms = isatty(STDERR_FILENO) ? TERMINAL_START_WAIT_MS : 0;
    return o->start_wait_ms ? o->start_wait_ms : otherwise_ms;
}

static s3_config settings(const cli_config *o)
{
    const connection_options *own = &o->connection;
    return (s3_config){
        .endpoint = o->endpoint_url,
        .region = o->region,
        .profile = o->profile,
        .addressing = (s3_addressing)o->addressing_style,
        .use_fips_endpoint = own->use_fips_endpoint,
        .use_dualstack_endpoint = own->use_dualstack_endpoint,
        .no_sign_request = o->no_sign_request,
        .max_in_flight = connection_workers(o),
        .part_size_bytes = o->part_size,
        .max_attempts = (unsigned)MIN(own->max_attempts, INT32_MAX),
        .retry_base_ms = (unsigned)own->retry_base_delay_ms,
        .connect_timeout_ms = (int)own->connect_timeout_ms,
        .stall_timeout_ms = (int)own->stall_timeout_ms,
        .outage_wait_ms = own->outage_wait_ms,
        .start_wait_ms = start_wait_ms(own),
        .request_checksums = (s3_checksum_use)own->request_checksums,
        .response_checksums = (s3_checksum_use)own->response_checksums,
        .check_md5_etag = own->check_md5_etag,
        .unsigned_payload = own->unsigned_payload,
        .listing_order = (s3_listing_order)own->listing_order,
        .headers = {.request_payer = own->request_payer == 1,
                    .expected_bucket_owner = own->expected_bucket_owner,
                    .expected_source_bucket_owner = own->expected_source_bucket_owner},
        .getenv_fn = s3_environment};
}

/* NULL if no file is configured. */
static bool read_key(const char *path, char **key, err *e)
{
    if (path)
        *key = s3_customer_key_read(path, e);
    return !path || *key;
}

s3_headers *connection_headers(const cli_config *config, const s3_client *client, err *e)
{
    AUTO_FREE char *source_key = NULL;
    if (!config->sse && !config->sse_kms_key_id && !config->storage_class &&
        !config->sse_c_copy_source_key_file)
        return NULL;
    if (!read_key(config->sse_c_copy_source_key_file, &source_key, e))
        return NULL;
    return s3_client_headers(
        client,
        &(s3_headers_options){.sse = config->sse ? connection_encryptions[config->sse] : NULL,
                              .sse_kms_key_id = config->sse_kms_key_id,
                              .sse_customer_key_of_source = source_key,
                              .storage_class = config->storage_class},
        e);
}

/* Once for all objects. */
static bool check_headers(const cli_config *config, const s3_client *client, err *e)
{
    s3_headers_free(connection_headers(config, client, e));
    return !err_is_set(e);
}

static unsigned worker_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (unsigned)MIN(cores, (long)WORKERS_MAX) : 1;
}

size_t connection_receive_bytes(unsigned connections)
{
    return MAX(RECEIVE_MIN_BYTES, MIN(RECEIVE_MAX_BYTES, RECEIVE_ALL_BYTES / connections));
}

bool connection_open(const cli_config *config, loop **l, pool **workers, s3_client **client, err *e)
{
    const connection_options *own = &config->connection;
    s3_config s3 = settings(config);
    AUTO_FREE char *found = s3_config_ca_bundle(&s3);
    AUTO_FREE char *key = NULL;
    if (connection_workers(config) < (unsigned)config->workers)
        log_info("%u workers instead of %lld: at most %u files may be open (ulimit -n)",
                 connection_workers(config), (long long)config->workers, fs_raise_file_limit());
    if (!own->verify_ssl)
        log_warn("certificates are not checked (--no-verify-ssl): others on the network can read "
                 "and change the data");
    unsigned connections = connection_workers(config) + SPARE_CONNECTIONS;
    loop_options net = {.max_connections = connections,
                        .receive_buffer_bytes = connection_receive_bytes(connections),
                        .verify_tls = own->verify_ssl,
                        .ca_bundle = own->ca_bundle ? own->ca_bundle : found,
                        .bandwidth_bytes_per_s = own->bandwidth_limit};
    if (!read_key(own->sse_c_key_file, &key, e))
        return false;
    s3.headers.sse_customer_key = key;
    *l = loop_new(&net, e);
    *workers = *l ? pool_new(worker_count(), e) : NULL;
    if (*workers)
        loop_attach_pool(*l, *workers);
    s3.pool = *workers;
    if (*workers)
        *client = s3_client_new(loop_transport(*l), &s3, e);
    return *l && *client && check_headers(config, *client, e);
}

bool connection_open_source(const cli_config *config, loop *l, pool *workers, s3_client **client,
                            err *e)
{
    const cli_config *o = config;
    s3_config s3 = settings(o);
    if (!o->source_endpoint_url && !o->source_profile && !o->source_region)
        return true;
    s3.endpoint = o->source_endpoint_url ? o->source_endpoint_url : o->endpoint_url;
    s3.profile = o->source_profile ? o->source_profile : o->profile;
    s3.region = o->source_region ? o->source_region : o->region;
    s3.headers.expected_bucket_owner = o->connection.expected_source_bucket_owner;
    s3.pool = workers;
    *client = s3_client_new(loop_transport(l), &s3, e);
    return *client != NULL || err_context(e, "source");
}
