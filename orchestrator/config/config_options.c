/* The table of options. */
#include "orchestrator/config/config.h"

#include "decon/s3/uri.h"
#include "base/util.h"
#include "orchestrator/config/config_checks.h"
#include "orchestrator/config/file_names.h"

const char *const store_addressing_styles[] = {"auto", "path", "virtual", NULL};
const char *const store_payers[] = {"owner", "requester", NULL};
/* In the order of s3_checksum_use. */
const char *const store_checksum_uses[] = {"default", "when_supported", "when_required", NULL};
/* In the order of s3_listing_order. */
const char *const store_listing_orders[] = {"bytes", "any", NULL};
/* In the order of settings_change. */
static const char *const settings_change_choices[] = {"refuse", "redo", "keep", NULL};
const char *const store_encryptions[] = {"bucket", "AES256", "aws:kms", "aws:kms:dsse", NULL};

/* In the order of distribution. */
static const char *const distribution_choices[] = {"hash", "claim", NULL};
static const char *const verify_names[] = {"none", "stream", "jsonl", NULL};
static const char *const gzip_decoder_names[] = {"auto", "zlib", "native", NULL};
static const char *const log_level_names[] = {"error", "warn", "info", "debug", NULL};

#define AT(member) .offset = offsetof(config, member)
/* clang-format off */
#define ACCEPTED(name, kind)                                                                       \
    {                                                                                              \
        .key = name, .type = kind, .flags = OPTION_ACCEPTED,                                       \
        .help =                                                                                    \
            "Key of older files; `s5cmd_workers` and the budgets control transfers now."           \
    }
/* clang-format on */

static const option rows[] = {
    {.key = "remote_file_input",
     .type = OPTION_STRING,
     AT(remote_file_input),
     .flags = OPTION_REQUIRED,
     .metavar = "URI",
     .check = s3_uri_check,
     .section = "Job",
     .help = "Folder of the training files, or one file: s3://bucket/folder."},
    {.key = "remote_report_output_dir",
     .type = OPTION_STRING,
     AT(remote_report_output_dir),
     .flags = OPTION_REQUIRED,
     .metavar = "URI",
     .check = s3_uri_check,
     .help = "Folder for reports and markers; they determine which files are done."},
    {.key = "remote_cleaned_output_dir",
     .type = OPTION_STRING,
     AT(remote_cleaned_output_dir),
     .metavar = "URI",
     .check = s3_uri_check,
     .help = "Folder for cleaned files; default: the report folder."},
    {.key = "input_suffixes",
     .type = OPTION_LIST,
     AT(input_suffixes),
     .metavar = "SUFFIX",
     .check = names_check_suffix,
     .help = "Suffixes of training files besides .jsonl and .json, such as .ndjson; also with .gz, "
             ".zst, ..."},
    {.key = "input_list",
     .type = OPTION_LIST,
     AT(input_list),
     .metavar = "FILE|URI",
     .check = config_check_input_list,
     .help = "List of the inputs (from `plan`, or CSV of S3 Inventory), read instead of listing "
             "the store."},
    {.key = "input_list_columns",
     .type = OPTION_STRING,
     AT(input_list_columns),
     .fallback = "Bucket,Key,Size,LastModifiedDate,ETag",
     .metavar = "NAMES",
     .help = "Columns of an input list without a header; Key, Size and ETag are required."},
    {.key = "redo",
     .type = OPTION_BOOL,
     AT(redo),
     .fallback = "false",
     .help = "Process all files again, including those that are done."},
    {.key = "on_settings_change",
     .type = OPTION_ENUM,
     AT(on_settings_change),
     .fallback = "refuse",
     .choices = settings_change_choices,
     .help = "Results of other detection settings or evaluation records: refuse to run, redo or "
             "keep them."},
    {.key = "copy_uncontaminated",
     .type = OPTION_BOOL,
     AT(copy_uncontaminated),
     .fallback = "false",
     .help = "With a server that purifies: copy files without a match to the cleaned folder, "
             "within the store."},
    {.key = "allow_empty",
     .type = OPTION_BOOL,
     AT(allow_empty),
     .fallback = "false",
     .help = "Exit with status 0 if there are no training files; otherwise that is an error."},
    {.key = "dry_run",
     .type = OPTION_BOOL,
     AT(dry_run),
     .fallback = "false",
     .flags = OPTION_FLAG_ONLY,
     .help = "Print the plan and the reasons for skipped files, then exit; nothing is written."},
    {.key = "max_files_debug",
     .type = OPTION_INT,
     AT(max_files_debug),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .flags = OPTION_FLAG_ONLY,
     .environment = "MAX_FILES_DEBUG",
     .unit = "files",
     .help = "Debug run of this many files, without uploads and removals; 0: a normal run."},

    {.key = "server_url",
     .type = OPTION_STRING,
     AT(server_url),
     .fallback = "http://localhost:8080",
     .metavar = "URL",
     .check = config_check_url,
     .section = "Detection server",
     .help = "URL of the detection server, which must be able to read this host's files."},
    {.key = "max_concurrent_jobs",
     .type = OPTION_INT,
     AT(max_concurrent_jobs),
     .fallback = "0",
     .min = 0,
     .max = 100000,
     .unit = "jobs",
     .help = "Concurrent jobs at the server; 0: 4 x its worker_threads, or 10."},
    {.key = "poll_interval",
     .type = OPTION_DURATION,
     AT(poll_interval_ms),
     .fallback = "5",
     .min = 0.001,
     .max = 86400,
     .unit = "seconds",
     .help = "Longest pause between two polls of a job; the first poll is after 1 to 5 ms."},
    {.key = "server_wait",
     .type = OPTION_DURATION,
     AT(server_wait_ms),
     .fallback = "300",
     .min = 0,
     .max = 864000,
     .unit = "seconds",
     .help = "How long to wait for a server that does not answer, at the start and later."},
    {.key = "job_limit",
     .type = OPTION_DURATION,
     AT(job_limit_ms),
     .fallback = "10m",
     .min = 0,
     .max = 864000,
     .unit = "seconds",
     .help = "Time limit of a job at the server, plus 1 second per MB of its text; 0: no limit."},
    {.key = "server_result_dirs",
     .type = OPTION_LIST,
     AT(server_result_dirs),
     .metavar = "DIR",
     .check = config_check_folder,
     .environment = "DECON_SERVER_RESULT_DIRS",
     .help = "Folders that may contain the server's results; default: the folders that its /health "
             "names."},
    {.key = "server_user",
     .type = OPTION_STRING,
     AT(server_user),
     .metavar = "USER",
     .help = "Server's user, whose result folders are accepted too; default: owner of the "
             "listening socket."},

    {.key = "local_work_dir",
     .type = OPTION_STRING,
     AT(local_work_dir),
     .fallback = "/tmp/decon-work",
     .metavar = "DIR",
     .check = config_check_folder,
     .section = "This host",
     .help = "Folder for downloads; a cache that may be removed between runs."},
    {.key = "share_group",
     .type = OPTION_STRING,
     AT(share_group),
     .metavar = "GROUP",
     .help = "Group (name or number) for a server under another user: modes 2770 and 0640, not "
             "0700 and 0600."},
    {.key = "cleanup_delay",
     .type = OPTION_DURATION,
     AT(cleanup_delay_ms),
     .fallback = "10",
     .min = 0,
     .max = 864000,
     .unit = "seconds",
     .help = "Pause between the confirmed upload and the removal of local files."},
    {.key = "drain_limit",
     .type = OPTION_DURATION,
     AT(drain_limit_ms),
     .fallback = "25",
     .min = 0,
     .max = 864000,
     .environment = "DECON_DRAIN_LIMIT",
     .unit = "seconds",
     .help = "Time after SIGTERM or SIGINT for files that the server has begun; then all is "
             "cancelled."},
    {.key = "disk_budget",
     .type = OPTION_SIZE,
     AT(disk_budget_bytes),
     .fallback = "0",
     .unit = "bytes",
     .help = "Downloads and their line hashes on disk at once; 0: four fifths of the free space at "
             "the start."},
    {.key = "memory_budget",
     .type = OPTION_SIZE,
     AT(memory_budget_bytes),
     .fallback = "64MiB",
     .min = 1048576,
     .max = 1099511627776.0,
     .unit = "bytes",
     .help =
         "Memory of all transfer buffers; a small budget also reduces the number of transfers."},

#include "orchestrator/config/content_options.def"
#include "orchestrator/config/store_options.def"
#include "orchestrator/config/failure_options.def"

    {.key = "host_index",
     .type = OPTION_INT,
     AT(host_index),
     .fallback = "0",
     .min = 0,
     .max = 999999,
     .flags = OPTION_FLAG_ONLY,
     .section = "Share",
     .help = "Number of this host, from 0; else PMR_HOST_INDEX, the scheduler's variables."},
    {.key = "host_count",
     .type = OPTION_INT,
     AT(host_count),
     .fallback = "1",
     .min = 1,
     .max = 1000000,
     .flags = OPTION_FLAG_ONLY,
     .unit = "hosts",
     .help =
         "Number of hosts that share the files; else PMR_HOST_COUNT, the scheduler's variables."},
    {.key = "single",
     .type = OPTION_BOOL,
     AT(single),
     .fallback = "false",
     .flags = OPTION_FLAG_ONLY,
     .help = "Process all files on this host; ignore PMR_* and the scheduler's variables."},

    {.key = "distribution",
     .type = OPTION_ENUM,
     AT(distribution),
     .fallback = "hash",
     .choices = distribution_choices,
     .help =
         "hash: each host has a number and a fixed share; claim: hosts claim slices in the store."},
    {.key = "claim_lease",
     .type = OPTION_DURATION,
     AT(claim_lease_ms),
     .fallback = "5m",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .help = "With claim: time after which a claim that was not renewed may be taken over."},

    {.key = "log_level",
     .type = OPTION_ENUM,
     AT(log_level),
     .fallback = "info",
     .choices = log_level_names,
     .section = "Log and information",
     .help = "Least important level that is logged."},
    {.key = "log_json",
     .type = OPTION_BOOL,
     AT(log_json),
     .fallback = "false",
     .help = "Write log lines as JSON objects."},
    {.key = "metrics_listen",
     .type = OPTION_STRING,
     AT(metrics_listen),
     .metavar = "[ADDRESS:]PORT",
     .check = config_check_address,
     .environment = "DECON_METRICS_LISTEN",
     .help = "Serve /metrics (Prometheus), /healthz, /readyz on this port of 127.0.0.1 or ADDRESS; "
             "default: off."},
    {.key = "config",
     .type = OPTION_STRING,
     AT(config_file),
     .flags = OPTION_FLAG_ONLY,
     .letter = 'c',
     .metavar = "FILE",
     .help = "YAML file with the keys of this list."},
    {.key = "help",
     .type = OPTION_BOOL,
     AT(help),
     .flags = OPTION_FLAG_ONLY,
     .letter = 'h',
     .help = "Show this help and exit."},
    {.key = "version",
     .type = OPTION_BOOL,
     AT(version),
     .flags = OPTION_FLAG_ONLY,
     .help = "Show the version and exit."},
    {.key = "print_reference",
     .type = OPTION_BOOL,
     AT(print_reference),
     .flags = OPTION_FLAG_ONLY,
     .help = "Print all options as Markdown tables."},
    {.key = "print_config",
     .type = OPTION_BOOL,
     AT(print_config),
     .flags = OPTION_FLAG_ONLY,
     .help = "Print a configuration file with every key, its default and a comment."},

    ACCEPTED("download_batch_size", OPTION_INT),
    ACCEPTED("download_queue_max", OPTION_INT),
    ACCEPTED("upload_queue_max", OPTION_INT),
    ACCEPTED("upload_batch_size", OPTION_INT),
    ACCEPTED("upload_batch_timeout", OPTION_DURATION),
    ACCEPTED("download_retry_jitter_max", OPTION_DURATION),
};

const option_set config_options = {
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
    .program = "decon-orchestrator",
    .usage = "decon-orchestrator --config FILE [options]\n"
             "       decon-orchestrator --remote-file-input URI --remote-report-output-dir URI "
             "[options]"
             "\n       decon-orchestrator plan --config FILE [options]    (see plan --help)"
             "\n       decon-orchestrator verify FILE|s3://BUCKET/KEY...    (see verify --help)",
    .intro = "Downloads training files from an S3 store, verifies them, has the detection server "
             "check them for contamination, and uploads reports and cleaned files. It can be "
             "stopped at any time: all results are in the store, and the next run resumes.",
    .epilogue = "Exit status:\n"
                "  0    all files of this share are done\n"
                "  1    the run could not start, or stopped early\n"
                "  2    usage or configuration\n"
                "  3    finished, but some files failed\n"
                "  130  interrupted (SIGINT), 143 (SIGTERM): run it again to resume\n",
};
