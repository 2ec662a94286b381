/* Options of the connection to the store, beyond its address.
 *
 * What:    a member of cli_config, its rows, and the event loop and client created from it.
 * Owner:   options_deinit frees the strings; loop and client belong to the session.
 * Threads: the main thread.
 * Fails:   ERR_CONFIG for invalid settings.
 */
#ifndef S3_CLI_SESSION_CONNECTION_H
#define S3_CLI_SESSION_CONNECTION_H

#include "decon/base/loop.h"
#include "decon/s3/s3.h"
#include "base/util.h"

typedef struct connection_options {
    int request_payer;
    char *sse_c_key_file, *expected_bucket_owner, *expected_source_bucket_owner;
    uint64_t bandwidth_limit;
    int64_t max_attempts;
    uint64_t retry_base_delay_ms, connect_timeout_ms, stall_timeout_ms, outage_wait_ms;
    uint64_t start_wait_ms; /* 0: default */
    bool use_fips_endpoint, use_dualstack_endpoint, verify_ssl;
    char *ca_bundle;
    int request_checksums, response_checksums; /* s3_checksum_use */
    bool check_md5_etag, unsigned_payload;
    int listing_order; /* s3_listing_order */
} connection_options;

extern const char *const connection_payers[], *const connection_encryptions[];
extern const char *const connection_checksum_uses[], *const connection_listing_orders[];

struct cli_config;

/* The number of concurrent requests and open files: --workers, or less if the limit of open
 * files requires it. */
unsigned connection_workers(const struct cli_config *config);

/* The receive buffer of a connection: smaller if there are many, which limits their total. */
size_t connection_receive_bytes(unsigned connections);

/* Creates loop, workers and client from the command's options; freed in the order
 * client, loop, pool. */
bool connection_open(const struct cli_config *config, loop **l, pool **workers, s3_client **client,
                     err *e) MUST_USE;

/* A client for sources in another store (--source-endpoint-url and the like); *client stays NULL
 * without these options. */
bool connection_open_source(const struct cli_config *config, loop *l, pool *workers,
                            s3_client **client, err *e) MUST_USE;

/* The client's headers with the command's own options (--storage-class, --sse ...); NULL without an
 * error: no own options. */
s3_headers *connection_headers(const struct cli_config *config, const s3_client *client, err *e)
    MUST_USE;

/* clang-format off */
#define ROWS_OF_CONNECTIONS                                                                              \
    {.key = "request_payer", .type = OPTION_ENUM, .offset = AT(connection.request_payer),          \
     .fallback = "owner", .choices = connection_payers, .metavar = "WHO",                          \
     .help = "Who pays for requests and traffic: the bucket's owner or the requester."},           \
    {.key = "expected_bucket_owner", .type = OPTION_STRING,                                        \
     .offset = AT(connection.expected_bucket_owner), .metavar = "ACCOUNT",                         \
     .help = "Account that must own the buckets, else requests are refused (403)."},               \
    {.key = "expected_source_bucket_owner", .type = OPTION_STRING,                                 \
     .offset = AT(connection.expected_source_bucket_owner), .metavar = "ACCOUNT",                  \
     .help = "The same for the source of copies; default: expected_bucket_owner."},                \
    {.key = "sse_c_key_file", .type = OPTION_STRING, .offset = AT(connection.sse_c_key_file),      \
     .metavar = "FILE",                                                                            \
     .help = "File with a customer's key (SSE-C) for reading and writing objects: 32 bytes or "    \
             "their base64; https only."},                                                         \
    {.key = "bandwidth_limit", .type = OPTION_SIZE, .offset = AT(connection.bandwidth_limit),      \
     .fallback = "0", .metavar = "SIZE",                                                           \
     .help = "Limit of bytes per second in each direction; 0: none."},                             \
    {.key = "max_attempts", .type = OPTION_INT, .offset = AT(connection.max_attempts),             \
     .min = 1, .metavar = "N",                                                                     \
     .help = "Attempts per request, at most 1,000; else AWS_MAX_ATTEMPTS, the profile, 8."},       \
    {.key = "retry_base_delay", .type = OPTION_DURATION,                                           \
     .offset = AT(connection.retry_base_delay_ms), .fallback = "50ms", .min = 0.001, .max = 3600,  \
     .help = "Upper bound of the first pause before a retry; it doubles, up to 20 s."},            \
    {.key = "connect_timeout", .type = OPTION_DURATION, .offset = AT(connection.connect_timeout_ms), \
     .fallback = "10s", .min = 0.1, .max = 3600,                                                   \
     .help = "Time limit for connecting."},                                                        \
    {.key = "stall_timeout", .type = OPTION_DURATION, .offset = AT(connection.stall_timeout_ms),   \
     .fallback = "30s", .min = 0.1, .max = 3600,                                                   \
     .help = "Time without data after which a connection is replaced."},                           \
    {.key = "outage_wait", .type = OPTION_DURATION, .offset = AT(connection.outage_wait_ms),       \
     .fallback = "10m", .min = 1, .max = 86400 * 30.0,                                             \
     .help = "How long to wait for a store or credential source that stopped answering or is "     \
             "busy (429, 503), before objects fail."},                                             \
    {.key = "start_wait", .type = OPTION_DURATION, .offset = AT(connection.start_wait_ms),         \
     .min = 0.001, .max = 86400 * 30.0,                                                            \
     .help = "How long to retry a store or credential source that cannot be reached at the "       \
             "start; else 60 seconds, 5 on a terminal."},                                          \
    {.key = "use_fips_endpoint", .type = OPTION_BOOL, .offset = AT(connection.use_fips_endpoint),  \
     .help = "Use AWS's FIPS endpoints; else AWS_USE_FIPS_ENDPOINT, the profile."},                \
    {.key = "use_dualstack_endpoint", .type = OPTION_BOOL,                                         \
     .offset = AT(connection.use_dualstack_endpoint),                                                   \
     .help = "Use AWS's dual-stack endpoints (IPv6); else AWS_USE_DUALSTACK_ENDPOINT, the profile."}, \
    {.key = "verify_ssl", .type = OPTION_BOOL, .offset = AT(connection.verify_ssl),                \
     .fallback = "true",                                                                           \
     .help = "Check certificates; --no-verify-ssl disables this, with a warning."},                \
    {.key = "ca_bundle", .type = OPTION_STRING, .offset = AT(connection.ca_bundle), .metavar = "FILE", \
     .help = "Certificates to trust instead of the system's; else AWS_CA_BUNDLE, the profile."},   \
    {.key = "request_checksum_calculation", .type = OPTION_ENUM,                                   \
     .offset = AT(connection.request_checksums), .fallback = "default",                            \
     .choices = connection_checksum_uses, .metavar = "WHEN",                                       \
     .help = "Whether uploads have a checksum; else AWS_REQUEST_CHECKSUM_CALCULATION, the "        \
             "profile, when_supported."},                                                          \
    {.key = "response_checksum_validation", .type = OPTION_ENUM,                                   \
     .offset = AT(connection.response_checksums), .fallback = "default",                           \
     .choices = connection_checksum_uses, .metavar = "WHEN",                                       \
     .help = "Whether downloads are compared with the object's checksum; else "                    \
             "AWS_RESPONSE_CHECKSUM_VALIDATION, the profile, when_supported."},                    \
    {.key = "check_md5_etag", .type = OPTION_BOOL, .offset = AT(connection.check_md5_etag),        \
     .help = "Compare downloads without a checksum with an ETag that is the MD5 of the "           \
             "bytes."},                                                                            \
    {.key = "unsigned_payload", .type = OPTION_BOOL, .offset = AT(connection.unsigned_payload),    \
     .help = "Do not hash files for the signature of uploads over http either: for networks that " \
             "are trusted. Checksums are still sent."},                                            \
    {.key = "listing_order", .type = OPTION_ENUM, .offset = AT(connection.listing_order),          \
     .fallback = "bytes", .choices = connection_listing_orders, .metavar = "ORDER",                \
     .help = "Required order of listings: bytes, as in Amazon S3, or any, for stores that do not " \
             "sort."}

#define ROWS_OF_WRITES                                                                             \
    {.key = "storage_class", .type = OPTION_STRING, .offset = AT(storage_class),                   \
     .metavar = "CLASS", .section = "Objects in the store",                                        \
     .help = "Storage class of written objects, such as STANDARD_IA or GLACIER_IR."},              \
    {.key = "sse", .type = OPTION_ENUM, .offset = AT(sse), .fallback = "bucket",                   \
     .choices = connection_encryptions, .metavar = "KIND",                                         \
     .help = "Server-side encryption; bucket: the bucket's default."},                             \
    {.key = "sse_kms_key_id", .type = OPTION_STRING, .offset = AT(sse_kms_key_id),                 \
     .metavar = "ID", .help = "KMS key for --sse aws:kms; else the AWS managed key."},             \
    {.key = "sse_c_copy_source_key_file", .type = OPTION_STRING,                                   \
     .offset = AT(sse_c_copy_source_key_file), .metavar = "FILE",                                  \
     .help = "File with the customer's key (SSE-C) of the source of copies inside the store."}
/* clang-format on */

#endif
