/* The orchestrator's configuration: one flat struct, one table of options.
 *
 * What:    options.h rows over this struct; lowest first: default, YAML file, environment, command
 *          line. Then values derived from several options: the host's share, the remote paths.
 * Owner:   config_deinit frees the strings. Threads: constant after config_load.
 * Fails:   ERR_CONFIG / ERR_USAGE (exit 2), before anything is contacted.
 */
#ifndef ORCHESTRATOR_CONFIG_CONFIG_H
#define ORCHESTRATOR_CONFIG_CONFIG_H

#include "base/options/options.h"
#include "decon/compression/codec.h"
#include "decon/compression/jsonl.h"
#include "base/util.h"
#include "orchestrator/config/failure_limit.h"
#include "orchestrator/config/remote_paths.h"

/* What to do with results of other detection settings than the server's current ones. */
typedef enum settings_change {
    SETTINGS_CHANGE_REFUSE,
    SETTINGS_CHANGE_REDO,
    SETTINGS_CHANGE_KEEP
} settings_change;

/* How hosts share the input. */
typedef enum distribution {
    DISTRIBUTION_HASH, /* each has a number */
    DISTRIBUTION_CLAIM /* they claim slices */
} distribution;

typedef struct config {
    /* what to do */
    char *remote_file_input, *remote_report_output_dir, *remote_cleaned_output_dir;
    char **input_suffixes;
    char **input_list; /* empty: the store is listed */
    char *input_list_columns;
    bool redo, copy_uncontaminated, allow_empty, dry_run;
    int64_t file_attempts;
    bool retry_failed, spot_notices;
    char *max_failures;      /* see failure_limit.h */
    int on_settings_change;  /* settings_change */
    int64_t max_files_debug; /* 0: no debug run */

    /* detection server */
    char *server_url;
    int64_t max_concurrent_jobs; /* 0: 4 x worker_threads of /health */
    uint64_t poll_interval_ms, server_wait_ms;
    uint64_t job_limit_ms;     /* 0: none; and 1 s for each MB of text */
    char **server_result_dirs; /* empty: those of /health */
    char *server_user;         /* NULL: found by the listening socket */

    /* this machine */
    char *local_work_dir, *share_group;
    uint64_t cleanup_delay_ms, drain_limit_ms;
    uint64_t disk_budget_bytes; /* 0: most of the free space */
    uint64_t memory_budget_bytes, codec_memory_bytes;
    int gzip_decoder;      /* codec_gzip_decoder */
    int64_t codec_threads; /* as given; see config_codec */
    int64_t codec_levels[CODEC_FORMAT_COUNT];
    int verify; /* verify_level */
    bool ledger_sha256;
    char *content_key;
    uint64_t max_line_bytes;
    int64_t max_json_depth;
    bool refuse_lone_surrogates, refuse_duplicate_keys;

    /* store */
    char *endpoint_url, *region, *profile, *ca_bundle;
    char *storage_class, *sse_kms_key_id, *sse_c_key_file, *expected_bucket_owner;
    int request_payer, sse; /* indexes of store_payers, store_encryptions */
    int addressing_style;   /* s3_addressing */
    int64_t s3_workers;
    uint64_t part_size_bytes;
    int64_t download_retry_attempts;
    uint64_t download_retry_base_delay_ms;
    uint64_t connect_timeout_ms, stall_timeout_ms, outage_wait_ms, start_wait_ms,
        bandwidth_limit_bytes;
    bool no_sign_request, verify_ssl, use_fips_endpoint, use_dualstack_endpoint;
    int request_checksums, response_checksums; /* s3_checksum_use */
    bool check_md5_etag, unsigned_payload;
    int listing_order; /* s3_listing_order */

    /* share */
    int64_t host_index, host_count; /* once loaded: also those of the environment */
    bool single;
    int distribution;
    uint64_t claim_lease_ms;

    /* log and information */
    int log_level; /* log_level */
    bool log_json;
    char *metrics_listen; /* NULL: no metrics */
    char *config_file;
    bool help, version, print_reference, print_config;

    /* derived */
    int64_t claim_hosts; /* distribution: claim: as many hosts as are known of, at least 1 */
    char *share_source;  /* options or variables that determine this host's number, or that
                          * of hosts that claim; NULL: none */
    failure_limit failure_limit;
    places places;
} config;

extern const option_set config_options;

/* Reads the file named by --config, the environment, the command line, and checks the whole. With
 * --help and similar flags nothing else is read or checked. */
bool config_load(int argc, char **argv, const char *(*getenv_fn)(const char *name), config *out,
                 err *e) MUST_USE;
void config_deinit(config *c);
DEFINE_AUTO(config, config_deinit)

jsonl_options config_jsonl(const config *c); /* requirements of verify: jsonl for a line; borrows */
codec_options config_codec(const config *c, codec_format format); /* threads, level; no memory */
bool config_wants_information(const config *c); /* --help, --version, --print-... */
/* This run claims slices; dry runs and debug runs do not. */
bool config_claims(const config *c);
/* The number of hosts; 0: unknown, since hosts claim slices and none was given. */
uint64_t config_hosts(const config *c);

/* The choices of the options `addressing_style`, `request_payer`, `sse` and the two checksum
 * options. */
extern const char *const store_addressing_styles[];
extern const char *const store_payers[];
extern const char *const store_encryptions[];
extern const char *const store_checksum_uses[];
extern const char *const store_listing_orders[];

#endif
