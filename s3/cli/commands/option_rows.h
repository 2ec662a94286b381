/* Rows of options that several commands share.
 *
 * What:    macros, for the initialisers of option tables; each command's own table is at the
 *          end of its file.
 * Owner:   rows are static.
 * Threads: -
 * Fails:   -
 */
#ifndef S3_CLI_COMMANDS_OPTION_ROWS_H
#define S3_CLI_COMMANDS_OPTION_ROWS_H

#include "base/util.h"
#include "s3/cli/session/context.h"

extern const char *const cli_addressing_styles[], *const cli_log_levels[];

#define AT(member) offsetof(cli_config, member)

/* clang-format off */
#define ROWS_OF_ALL                                                                                \
    {.key = "log_level", .type = OPTION_ENUM, .offset = AT(log_level), .fallback = "warn",         \
     .choices = cli_log_levels, .metavar = "LEVEL", .section = "All commands",                     \
     .help = "Level of messages on standard error."},                                              \
    {.key = "json", .type = OPTION_BOOL, .offset = AT(json),                                       \
     .help = "Print results and errors as JSON, one object per line."},                            \
    {.key = "help", .type = OPTION_BOOL, .offset = AT(help), .letter = 'h', .help = "Print this help."}

#define ROWS_OF_CLIENTS                                                                            \
    {.key = "endpoint_url", .type = OPTION_STRING, .offset = AT(endpoint_url), .metavar = "URL",   \
     .section = "The store",                                                                       \
     .help = "Address of the store, such as http://127.0.0.1:9000; else AWS_ENDPOINT_URL_S3, "     \
             "AWS_ENDPOINT_URL, the profile, AWS."},                                               \
    {.key = "region", .type = OPTION_STRING, .offset = AT(region), .metavar = "NAME",              \
     .help = "Region; else AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1."},              \
    {.key = "profile", .type = OPTION_STRING, .offset = AT(profile), .metavar = "NAME",            \
     .help = "Section of ~/.aws/credentials and ~/.aws/config; else AWS_DEFAULT_PROFILE, "         \
             "AWS_PROFILE, default."},                                                             \
    {.key = "addressing_style", .type = OPTION_ENUM, .offset = AT(addressing_style),               \
     .fallback = "auto", .choices = cli_addressing_styles, .metavar = "STYLE",                     \
     .help = "Bucket in the path or in the host name; auto: in the path for a custom "             \
             "endpoint."},                                                                         \
    {.key = "part_size", .type = OPTION_SIZE, .offset = AT(part_size),                             \
     .min = 5 * 1024 * 1024, .max = 5.0 * 1024 * 1024 * 1024, .metavar = "SIZE",                   \
     .help = "Size of ranges and parts of larger objects; else 16 MiB, for standard "              \
             "input 8 MiB."},                                                                      \
    {.key = "workers", .type = OPTION_INT, .offset = AT(workers), .fallback = "50", .min = 1,      \
     .max = 1000, .metavar = "N", .alias = "numworkers", .help = "Requests in flight at once."},   \
    {.key = "no_sign_request", .type = OPTION_BOOL, .offset = AT(no_sign_request),                 \
     .help = "Send requests without a signature, for public buckets."},                            \
    ROWS_OF_CONNECTIONS

/* Filters. filter_init reads their order from the arguments. */
#define ROWS_OF_FILTERS                                                                            \
    {.key = "exclude", .type = OPTION_LIST, .offset = AT(exclude), .metavar = "PATTERN",           \
     .section = "Filters",                                                                         \
     .help = "Skip matching paths below SOURCE: * any characters (including /), ? one, "           \
             "[a-z] one of these."},                                                               \
    {.key = "include", .type = OPTION_LIST, .offset = AT(include), .metavar = "PATTERN",           \
     .help = "Include again. The last matching --include or --exclude applies; by default "        \
             "everything is included."}

#define ROWS_OF_AGES                                                                               \
    {.key = "newer_than", .type = OPTION_STRING, .offset = AT(newer_than), .metavar = "TIME",      \
     .help = "Only entries modified since: an age (7d, 36h), a date or a time (UTC)."},            \
    {.key = "older_than", .type = OPTION_STRING, .offset = AT(older_than), .metavar = "TIME",      \
     .help = "Only entries modified before: an age, a date or a time."}

#define ROW_SHARD                                                                                  \
    {.key = "shard", .type = OPTION_STRING, .offset = AT(shard), .metavar = "I/N",                 \
     .help = "Only share I (0 to N - 1) of N, by MD5 of the key, as hosts of the orchestrator."}

#define ROW_VERSION_ID                                                                             \
    {.key = "version_id", .type = OPTION_STRING, .offset = AT(version_id), .metavar = "ID",        \
     .help = "This version of the object, in a bucket with versioning."}

#define ROW_ALL_VERSIONS                                                                           \
    {.key = "all_versions", .type = OPTION_BOOL, .offset = AT(all_versions),                       \
     .help = "All versions of the objects, and delete markers."}

#define ROW_PAGE_SIZE                                                                              \
    {.key = "page_size", .type = OPTION_INT, .offset = AT(page_size), .min = 1, .max = 1000,       \
     .metavar = "N", .help = "Keys per page of listings; else 1,000."}

#define ROW_RAW                                                                                    \
    {.key = "raw", .type = OPTION_BOOL, .offset = AT(raw),                                         \
     .help = "Treat * and ? in keys literally."}

#define ROW_DRY_RUN                                                                                \
    {.key = "dry_run", .type = OPTION_BOOL, .offset = AT(dry_run), .alias = "dryrun",              \
     .help = "Print what would be done, and do nothing."}

#define ROW_YES                                                                                    \
    {.key = "yes", .type = OPTION_BOOL, .offset = AT(yes), .letter = 'y',                          \
     .help = "Remove many objects, or all of a bucket, without confirmation."}

#define ROW_QUIET                                                                                  \
    {.key = "quiet", .type = OPTION_BOOL, .offset = AT(quiet), .letter = 'q',                      \
     .alias = "only_show_errors", .help = "Print errors only."}

#define ROW_PROGRESS                                                                               \
    {.key = "progress", .type = OPTION_BOOL, .offset = AT(progress), .fallback = "true",           \
     .help = "Show a progress line on a terminal."}

#define ROW_HUMAN_READABLE                                                                         \
    {.key = "human_readable", .type = OPTION_BOOL, .offset = AT(human_readable), .letter = 'H',    \
     .alias = "humanize", .help = "Print sizes as 1.5 GiB."}

#define SET(array, name, usage_line, intro_text, more)                                             \
    {.rows = (array), .row_count = ARRAY_LEN(array), .program = "decon-s3 " name,                  \
     .usage = usage_line, .intro = intro_text, .epilogue = more}
/* clang-format on */

#endif
