/* The values of all options of decon-s3; each command has rows for those that it takes.
 *
 * What:    one struct, filled by base/options.
 * Owner:   options_deinit of the command's rows frees the strings and lists.
 * Threads: constant once options are parsed.
 * Fails:   -
 */
#ifndef S3_CLI_SESSION_CONFIG_H
#define S3_CLI_SESSION_CONFIG_H

#include "base/util.h"
#include "s3/cli/session/connection.h"
#include "s3/cli/session/metadata_options.h"

typedef struct cli_config {
    /* all commands */
    bool help, json;
    int log_level;
    /* commands that use a store */
    char *endpoint_url, *region, *profile;
    int addressing_style;
    uint64_t part_size;
    int64_t workers;
    bool no_sign_request;
    connection_options connection;
    /* several commands */
    bool recursive, raw, dry_run, yes, quiet, progress, human_readable, summarize;
    char **include, **exclude;
    char *newer_than, *older_than, *shard;
    int64_t page_size; /* 0: default */
    char *range, *version_id;
    bool all_versions;
    /* ls */
    bool show_etag, show_class, show_fullpath;
    /* cp, mv, sync */
    bool flatten, no_clobber, if_size_differ, if_source_newer, follow_symlinks;
    bool preserve_times;
    int verify; /* 0: none; else a level of cli_verifier */
    char *source_endpoint_url, *source_profile, *source_region;
    uint64_t expected_size;
    described_options described;
    char *storage_class, *sse_kms_key_id, *sse_c_copy_source_key_file;
    int sse;
    bool delete_extra, size_only, exact_timestamps, compare_checksums;
    /* rb, du, presign, abort-uploads, versioning */
    bool force, by_class;
    uint64_t expires_in_ms, older_than_ms;
    int method;
    char *versioning; /* s5cmd's bucket-version --set */
    bool ask_sts;     /* whoami */
    /* serve */
    char *root, *address, *port_file, *access_key, *secret_key, *log;
    bool adopt;
    int64_t port, threads;
    int anonymous;
    char **fault;
} cli_config;

#endif
