/* The table of options. */
#include "orchestrator/config/config.h"

#include "decon/base/buf.h"
#include "decon/s3/uri.h"
#include "base/util.h"
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

/* The URL after its scheme: [USER@]HOST[:PORT][/...]; HOST may be an IPv6 address in brackets. */
static bool has_host_and_port(const char *rest)
{
    AUTO_FREE char *authority = xstrndup(rest, strcspn(rest, "/?#"));
    const char *at = strrchr(authority, '@');
    const char *host = at ? at + 1 : authority;
    const char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end || end == host)
        return false;
    end += host[0] == '[';
    uint64_t port = 0;
    return *end == '\0' ||
           (*end == ':' && num_parse_u64(end + 1, &port) && port >= 1 && port <= 65535);
}

static bool has_blanks(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F)
            return true;
    return false;
}

static bool check_http_url(const char *text, err *e)
{
    static const char *const schemes[] = {"http://", "https://"};
    AUTO_FREE char *url = url_clean(text);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts_with(url, schemes[i]) && has_host_and_port(url + strlen(schemes[i])) &&
            !has_blanks(url))
            return true;
    AUTO_FREE char *shown = url_shown(text);
    return err_set(e, ERR_CONFIG, "'%s' is not a URL such as http://localhost:8080", shown);
}

static bool check_dir(const char *text, err *e)
{
    return text[0] || err_set(e, ERR_CONFIG, "is empty; name a folder such as /tmp/decon-work");
}

static bool check_list_name(const char *text, err *e)
{
    if (str_starts_with(text, "s3://"))
        return s3_uri_check(text, e);
    return text[0] || err_set(e, ERR_CONFIG, "is empty; name a file or s3://bucket/key");
}

/* [ADDRESS:]PORT; the address itself is looked up when it is listened on. */
static bool check_listen(const char *text, err *e)
{
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    bool has_port = num_parse_u64(colon ? colon + 1 : text, &port) && port <= 65535;
    return (has_port && colon != text) ||
           err_set(e, ERR_CONFIG, "'%s' is no address; right are 9464, 0.0.0.0:9464, [::1]:9464",
                   text);
}

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
     .check = check_list_name,
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
     .check = check_http_url,
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
     .help = "Longest pause between two polls of a job; the first poll is after 5 ms."},
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
     .check = check_dir,
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
     .check = check_dir,
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
    {.key = "codec_memory",
     .type = OPTION_SIZE,
     AT(codec_memory_bytes),
     .alias = "codec_memory_budget",
     .fallback = "256MiB",
     .min = 1048576,
     .max = 1099511627776.0,
     .unit = "bytes",
     .help =
         "Memory of all running decoders and encoders; files made by zstd --long=31 need 2049MiB."},
    {.key = "codec_threads",
     .type = OPTION_INT,
     AT(codec_threads),
     .fallback = "0",
     .min = 0,
     .max = 16,
     .unit = "threads",
     .help = "Threads per bzip2 or xz decoder and zstd or xz encoder; 0: one per core, 1: no extra "
             "threads."},
    {.key = "gzip_decoder",
     .type = OPTION_ENUM,
     AT(gzip_decoder),
     .fallback = "auto",
     .choices = gzip_decoder_names,
     .help = "gzip decoder: native (about twice as fast) or zlib, with the same results; auto: "
             "native if built in."},
    {.key = "gzip_level",
     .type = OPTION_INT,
     AT(codec_levels[CODEC_GZIP]),
     .fallback = "6",
     .min = 1,
     .max = 9,
     .help = "Compression level of cleaned files whose input is gzip."},
    {.key = "zstd_level",
     .type = OPTION_INT,
     AT(codec_levels[CODEC_ZSTD]),
     .fallback = "3",
     .min = 1,
     .max = 22,
     .help = "Compression level for zstd; from 20 on it needs more than the default codec_memory."},
    {.key = "bzip2_level",
     .type = OPTION_INT,
     AT(codec_levels[CODEC_BZIP2]),
     .fallback = "9",
     .min = 1,
     .max = 9,
     .help = "Compression level for bzip2."},
    {.key = "xz_level",
     .type = OPTION_INT,
     AT(codec_levels[CODEC_XZ]),
     .fallback = "6",
     .min = 1,
     .max = 9,
     .help = "Compression level for xz; 6 needs 95 MiB, 9 needs 675 MiB of codec_memory."},
    {.key = "verify",
     .type = OPTION_ENUM,
     AT(verify),
     .fallback = "jsonl",
     .choices = verify_names,
     .help = "Check before a file is submitted: none, decode it (stream), or each line is a JSON "
             "object (jsonl)."},
    {.key = "content_key",
     .type = OPTION_STRING,
     AT(content_key),
     .fallback = "text",
     .metavar = "KEY",
     .help = "Dotted path of a document's text, as at the detection server; lines without it are "
             "counted."},
    {.key = "max_line_size",
     .type = OPTION_SIZE,
     AT(max_line_bytes),
     .alias = "max_line",
     .fallback = "256MiB",
     .min = 1,
     .max = 1099511627776.0,
     .unit = "bytes",
     .help = "Longest line that is accepted; the detection server's max_line_size applies too."},
    {.key = "max_json_depth",
     .type = OPTION_INT,
     AT(max_json_depth),
     .fallback = "1024",
     .min = 1,
     .max = JSONL_DEPTH_MAX,
     .unit = "levels",
     .help = "Deepest nesting of objects and arrays, including the line's own object."},
    {.key = "refuse_lone_surrogates",
     .type = OPTION_BOOL,
     AT(refuse_lone_surrogates),
     .fallback = "false",
     .help = "Refuse lines with unpaired surrogates (\\ud83d), which JSON allows; otherwise they "
             "are counted."},
    {.key = "refuse_duplicate_keys",
     .type = OPTION_BOOL,
     AT(refuse_duplicate_keys),
     .fallback = "false",
     .help = "Refuse lines in which an object has a key twice; needs up to 26 MiB per file."},

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
     .check = check_listen,
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
