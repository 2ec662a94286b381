/* What the tables of the commands share: the rows of options that more than one of them has.
 *
 * What:    macros, for the initializers of option tables; each command's own table stands at the
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
     .help = "What is logged to standard error."},                                                 \
    {.key = "json", .type = OPTION_BOOL, .offset = AT(json),                                       \
     .help = "Results and errors as JSON, one object a line."},                                    \
    {.key = "help", .type = OPTION_BOOL, .offset = AT(help), .letter = 'h', .help = "This text."}

#define ROWS_OF_CLIENTS                                                                            \
    {.key = "endpoint_url", .type = OPTION_STRING, .offset = AT(endpoint_url), .metavar = "URL",   \
     .section = "The store",                                                                       \
     .help = "The store's address, such as http://127.0.0.1:9000. Else AWS_ENDPOINT_URL_S3, "      \
             "AWS_ENDPOINT_URL, the profile, AWS itself."},                                        \
    {.key = "region", .type = OPTION_STRING, .offset = AT(region), .metavar = "NAME",              \
     .help = "Else AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1."},                      \
    {.key = "profile", .type = OPTION_STRING, .offset = AT(profile), .metavar = "NAME",            \
     .help = "Section of ~/.aws/credentials and ~/.aws/config. Else AWS_DEFAULT_PROFILE, "         \
             "AWS_PROFILE, default."},                                                             \
    {.key = "addressing_style", .type = OPTION_ENUM, .offset = AT(addressing_style),               \
     .fallback = "auto", .choices = cli_addressing_styles, .metavar = "STYLE",                     \
     .help = "Bucket in the path or in the host's name; auto: in the path for an endpoint of "     \
             "one's own."},                                                                        \
    {.key = "part_size", .type = OPTION_SIZE, .offset = AT(part_size),                             \
     .min = 5 * 1024 * 1024, .max = 5.0 * 1024 * 1024 * 1024, .metavar = "SIZE",                   \
     .help = "Larger objects go in ranges and parts of this size; else 16 MiB, and of standard "     \
             "input 8 MiB."},                                                                      \
    {.key = "workers", .type = OPTION_INT, .offset = AT(workers), .fallback = "50", .min = 1,      \
     .max = 1000, .metavar = "N", .alias = "numworkers", .help = "Requests in flight at once."},   \
    {.key = "no_sign_request", .type = OPTION_BOOL, .offset = AT(no_sign_request),                 \
     .help = "Send requests without a signature, for public buckets."},                            \
    ROWS_OF_CONNECTIONS

/* Which of many: filters. filter_init reads their order from the words themselves. */
#define ROWS_OF_FILTERS                                                                            \
    {.key = "exclude", .type = OPTION_LIST, .offset = AT(exclude), .metavar = "PATTERN",           \
     .section = "Which of many",                                                                   \
     .help = "Leave out what fits, by its path below SOURCE: * any characters (/ too), ? one, "    \
             "[a-z] one of these."},                                                               \
    {.key = "include", .type = OPTION_LIST, .offset = AT(include), .metavar = "PATTERN",           \
     .help = "Take it all the same. The last --include or --exclude that fits decides; at first "  \
             "everything is included."}

#define ROW_RAW                                                                                    \
    {.key = "raw", .type = OPTION_BOOL, .offset = AT(raw),                                         \
     .help = "* and ? in a key are no wildcards but themselves."}

#define ROW_DRY_RUN                                                                                \
    {.key = "dry_run", .type = OPTION_BOOL, .offset = AT(dry_run), .alias = "dryrun",              \
     .help = "Say what would be done, and do nothing."}

#define ROW_YES                                                                                    \
    {.key = "yes", .type = OPTION_BOOL, .offset = AT(yes), .letter = 'y',                          \
     .help = "Remove many, or all of a bucket, without asking."}

#define ROW_QUIET                                                                                  \
    {.key = "quiet", .type = OPTION_BOOL, .offset = AT(quiet), .letter = 'q',                      \
     .alias = "only_show_errors", .help = "Print errors only."}

#define ROW_PROGRESS                                                                               \
    {.key = "progress", .type = OPTION_BOOL, .offset = AT(progress), .fallback = "true",           \
     .help = "The line at the bottom of a terminal that says how far it is."}

#define ROW_HUMAN_READABLE                                                                         \
    {.key = "human_readable", .type = OPTION_BOOL, .offset = AT(human_readable), .letter = 'H',    \
     .alias = "humanize", .help = "Sizes as 1.5 GiB."}

#define SET(array, name, usage_line, intro_text, more)                                             \
    {.rows = (array), .row_count = ARRAY_LEN(array), .program = "decon-s3 " name,                  \
     .usage = usage_line, .intro = intro_text, .epilogue = more}
/* clang-format on */

#endif
